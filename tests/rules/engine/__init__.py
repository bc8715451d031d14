"""Tests of tuneset/rules/engine."""
