"""Filters: which examples a user does not want, by measures of their text."""
