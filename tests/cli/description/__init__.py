"""Tests of the command line as it is described to machines."""
