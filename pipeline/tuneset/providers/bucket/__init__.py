"""Files in a bucket of the user's own, for providers that read them from there and not by calls of theirs."""
