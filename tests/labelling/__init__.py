"""Tests of `tuneset/labelling/`."""
