"""Commands that speak with an endpoint, or are about one."""
