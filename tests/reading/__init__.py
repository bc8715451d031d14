"""Tests of tuneset/reading."""
