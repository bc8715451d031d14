"""Tests of tuneset/rules/passes."""
