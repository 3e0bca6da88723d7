"""What can be wrong around the bot, looked at without changing anything."""
