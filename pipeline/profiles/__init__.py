"""Provider profiles: data only."""
