"""Repairs that are certain: one table for `prepare` and for `check --fix`."""
