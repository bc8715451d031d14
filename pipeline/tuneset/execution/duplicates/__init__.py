"""Which examples are duplicates of others, over all shards: exact, near, and beginnings of longer conversations."""
