"""Tests of tuneset/targets."""
