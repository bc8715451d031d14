"""Tests of pipeline/text/redaction."""
