"""Tests of tuneset/cli."""
