"""Tests of tuneset/providers."""
