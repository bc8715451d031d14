"""The rules as data, one file a family or a few small ones."""
