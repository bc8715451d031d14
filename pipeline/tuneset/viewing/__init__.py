"""The room of `tuneset view`: rows of datasets and files, to be looked at, found again, and marked."""
