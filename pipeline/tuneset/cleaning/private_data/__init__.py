"""Finding and replacing personal data and secrets: a pattern plus a validator for each kind."""
