"""Tests of texts of files and of the search in them."""
