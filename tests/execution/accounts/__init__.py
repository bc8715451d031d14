"""Tests of tuneset/execution/accounts."""
