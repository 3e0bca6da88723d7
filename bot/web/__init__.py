"""HTTP of the bot's own: the health check."""
