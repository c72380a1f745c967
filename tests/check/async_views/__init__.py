"""Small projects with async views, what the checker says of them, and what a running Django answers."""
