"""Writing to many: compose, see whom it reaches, set its hour, have it approved, watch it, stop it, take it back."""
