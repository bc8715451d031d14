"""The job protocol of Fireworks AI, in plain HTTP."""
