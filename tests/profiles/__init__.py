"""Tests of tuneset/profiles."""
