"""Two versions of a dataset held against each other: what was added, went, moved between sides and changed."""
