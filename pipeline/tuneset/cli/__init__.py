"""The command line: thin typer commands that parse, call, print and set the exit code."""
