"""Which route template a request matched, told by its framework."""
