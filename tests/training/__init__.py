"""Tests of tuneset/training."""
