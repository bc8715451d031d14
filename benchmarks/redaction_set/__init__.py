"""The labelled set of the redaction benchmark: private data and near misses as people write them."""
