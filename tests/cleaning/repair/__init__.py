"""Tests of tuneset/cleaning/repair."""
