"""Tests of tuneset/reading/grouping."""
