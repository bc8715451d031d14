"""Tests of tuneset/stages."""
