"""What the rules look at, what they find, and which of it is reported."""
