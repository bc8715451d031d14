"""The files that `tuneset init` writes: data only."""
