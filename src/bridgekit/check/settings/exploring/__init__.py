"""Which variants the settings have: runs under assumptions, until no question is left open."""
