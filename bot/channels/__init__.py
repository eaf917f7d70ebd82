"""One module per messaging platform: parse in, send out, name errors."""
