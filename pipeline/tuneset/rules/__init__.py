"""The rules of `tuneset check`: pure functions from an example or a file to findings."""
