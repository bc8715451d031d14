"""Tests of tuneset/cleaning/private_data."""
