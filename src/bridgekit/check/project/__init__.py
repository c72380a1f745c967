"""What the project is: its settings, its options, its views and its entry points."""
