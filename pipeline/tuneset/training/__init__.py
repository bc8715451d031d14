"""Trainers: what is read from a training file, planned and learned. No HTTP here."""
