"""Trains models that are at hand with TRL: adapters or all weights, supervised, by preferences, by a grader."""
