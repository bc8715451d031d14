"""Where files lie that are not local: objects in a store, copies of them here, and a lock without a file."""
