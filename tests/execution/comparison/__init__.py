"""Two versions of a dataset held against each other."""
