"""Texts that are nearly the same: near duplicates within a set, and overlap with evaluation texts."""
