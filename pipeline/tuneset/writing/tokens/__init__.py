"""Export formats that hold tokens of one model and which of them are learned, each one file."""
