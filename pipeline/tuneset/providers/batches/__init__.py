"""Batches: many requests in files, answered within a day, and joined to the rows that they came from."""
