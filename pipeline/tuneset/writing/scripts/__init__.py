"""Scripts that exports bring along: each runs by itself, beside the files of an export, and never in Tuneset."""
