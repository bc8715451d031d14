"""Tests of batches at the endpoint."""
