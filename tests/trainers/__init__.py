"""Trainers that need PyTorch, as `make trainers` runs them; left out of every other run."""
