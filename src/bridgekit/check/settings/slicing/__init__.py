"""Which statements can matter for a setting, told from syntax alone."""
