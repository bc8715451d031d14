"""What only a whole file tells of its rows: shards that are read again with it, and files read so in one process."""
