"""Tests of tuneset/rules/families."""
