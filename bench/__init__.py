"""How fast the bot is, beside its peers: `make bench`. Nothing here is part of the bot."""
