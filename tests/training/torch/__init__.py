"""The trainer `torch`, as far as it needs no PyTorch."""
