"""Tuning jobs of Vertex AI, through google-genai (extra `vertex`); files lie in the user's own bucket of GCS."""
