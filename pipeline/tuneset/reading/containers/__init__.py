"""Readers of raw files, one file a container: from bytes to raw records."""
