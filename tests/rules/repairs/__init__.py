"""Tests of tuneset/rules/repairs."""
