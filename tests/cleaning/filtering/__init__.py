"""Tests of tuneset/cleaning/filtering."""
