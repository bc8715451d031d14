"""The kinds of private data that are off by default: one file each, and `detectors`, which names them all.

Loaded only where one of them is on.
"""
