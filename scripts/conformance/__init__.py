"""Whether trainers learn from an export what it says: `make conformance`."""
