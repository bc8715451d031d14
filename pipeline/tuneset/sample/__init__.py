"""Real demo input, made from the documentation that comes with Python itself."""
