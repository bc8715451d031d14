"""Commands that set a user's own repository up, or tell how it stands."""
