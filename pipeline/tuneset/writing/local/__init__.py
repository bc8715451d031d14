"""Export formats for trainers that run on machines of the user's own, each one file."""
