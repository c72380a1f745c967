"""A loop that belongs to somebody else's server, for work in threads of bridgekit's."""
