"""What a request pays on its way through one middleware."""
