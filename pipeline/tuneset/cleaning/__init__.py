"""Cleaning: repairs of text, filters, and private data. Pure functions over columns and texts."""
