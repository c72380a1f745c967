"""Where a module is, whose it is, and its tree."""
