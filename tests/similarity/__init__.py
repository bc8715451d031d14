"""Tests of tuneset/similarity."""
