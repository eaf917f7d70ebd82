"""The running program: settings, wiring, channels in and out."""
