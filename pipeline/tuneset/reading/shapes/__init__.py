"""The raw shapes of a record, one file each, and the choice between them."""
