"""A model's own vocabulary and chat template, from files that are at hand."""
