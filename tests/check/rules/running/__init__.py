"""Small projects that are broken, or right, on a running Django, and what answers so."""
