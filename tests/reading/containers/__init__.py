"""Tests of tuneset/reading/containers."""
