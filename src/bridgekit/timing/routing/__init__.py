"""Which route template a request matched, as its framework reports it."""
