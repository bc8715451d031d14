"""Which tokens of an example are trained, by trainer."""
