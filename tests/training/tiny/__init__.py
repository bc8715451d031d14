"""Tests of tuneset/training/tiny."""
