"""What a piece of source evaluates to: names, calls, classes and attributes, read backward on demand."""
