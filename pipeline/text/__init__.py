"""Normalising text."""
