"""What the main commands show on a terminal of 80 columns, a file each. Written anew: python -m tests.cli.screens."""
