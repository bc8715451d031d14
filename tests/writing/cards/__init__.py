"""Tests of tuneset/writing/cards."""
