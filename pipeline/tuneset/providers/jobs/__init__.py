"""Jobs at an endpoint: created once, found again, followed, and what they leave."""
