"""What both adapters need: headers, context variables, and how one finds the other behind middleware."""
