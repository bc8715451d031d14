"""Tests of tuneset/rules."""
