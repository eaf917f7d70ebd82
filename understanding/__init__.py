"""Reads a resident's or parent's sentence: intents, slots and how sure it is. No I/O after loading."""
