"""Tests of tuneset/cleaning."""
