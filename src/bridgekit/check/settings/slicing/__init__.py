"""Which statements can matter for a setting, by syntax alone."""
