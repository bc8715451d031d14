"""Findings and metrics for people and machines; no rules here."""
