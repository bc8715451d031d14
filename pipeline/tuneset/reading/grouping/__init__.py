"""Several raw records that are one conversation: the kinds of files that hold such, and how they are gathered."""
