"""Measures one request: the record in progress, who exports it, and how it is found from within."""
