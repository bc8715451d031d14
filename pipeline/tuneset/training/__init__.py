"""Trainers: the interface to them, what they read and report, and one folder for each. No HTTP here."""
