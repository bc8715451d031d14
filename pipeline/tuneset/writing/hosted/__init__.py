"""Export formats for hosted services that have a line format of their own, each one file."""
