"""Tests of tuneset/reading/shapes."""
