"""What the bot says back: one file per conversation, one table of routes."""
