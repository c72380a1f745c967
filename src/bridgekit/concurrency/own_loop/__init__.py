"""A loop that bridgekit runs in a thread of its own, for threads that belong to somebody else's server."""
