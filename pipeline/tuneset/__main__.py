"""`python -m tuneset`: the command line."""

from tuneset.cli.main import run

run()
