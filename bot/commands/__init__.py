"""The command line's commands, a file for each sort of work."""
