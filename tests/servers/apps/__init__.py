"""Applications that real servers import."""
