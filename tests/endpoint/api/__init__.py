"""Tests of tuneset/endpoint/api."""
