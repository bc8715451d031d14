"""Tests of tuneset/endpoint/state."""
