"""Files at an endpoint: uploaded once, listed, fetched, removed."""
