"""The tiny trainer: a small language model in numpy, trained on the processor."""
