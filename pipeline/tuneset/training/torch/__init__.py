"""The trainer `torch`: a small transformer in PyTorch, trained from nothing on a GPU or the processor."""
