"""Tests of tuneset/reporting/report."""
