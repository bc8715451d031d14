"""Tests of tuneset/endpoint."""
