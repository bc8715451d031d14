"""Tests of tuneset/reporting."""
