"""What a tick does: one file, one function, one summary."""
