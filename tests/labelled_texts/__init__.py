"""Texts with one value of one kind of private data each, and near misses: made here, the same each time."""
