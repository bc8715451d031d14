"""Tests of tuneset/endpoint/jobs."""
