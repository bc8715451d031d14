"""Tests of tuneset/execution."""
