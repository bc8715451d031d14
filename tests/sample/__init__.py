"""Tests of tuneset/sample."""
