"""Tests of tuneset/providers/openai."""
