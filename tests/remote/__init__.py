"""Tests of the remote side."""
