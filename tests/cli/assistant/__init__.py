"""Tests of the tools of an assistant."""
