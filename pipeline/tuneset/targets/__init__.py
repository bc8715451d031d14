"""Encodings, token counts and cost."""
