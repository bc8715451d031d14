"""Tuneset: compiles raw conversations into fine-tuning datasets and takes them through a fine-tuning job."""

__version__ = "0.1.0"
