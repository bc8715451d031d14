"""Training of models at hand."""
