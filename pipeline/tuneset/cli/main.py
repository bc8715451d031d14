"""The command `tuneset`: puts the commands together and turns expected faults into messages and exit codes."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from tuneset import __version__, artifacts
from tuneset.cli import (
    check,
    doctor,
    explain,
    files,
    init,
    jobs,
    prepare,
    purposes,
    remote,
    rules,
    sample,
    serve,
    spend,
    stages,
    summary,
    tokens,
)
from tuneset.errors import TunesetError, panics_told

EXIT_INTERRUPTED = 130  # what shells report for a process that was ended by Ctrl-C

app = typer.Typer(
    name="tuneset",
    help="Compile raw conversations into fine-tuning datasets and take them through a fine-tuning job.",
    epilog="Exit codes: 0 fine, 1 findings or a failed gate, 2 wrong usage, 3 unreadable input, 4 the remote side.",
    no_args_is_help=True,
    add_completion=True,
    pretty_exceptions_enable=False,
)

DATASET, REMOTE, TOOLS = "Datasets", "Jobs", "Helpers"

app.command(rich_help_panel=DATASET)(prepare.prepare)
app.command("check", rich_help_panel=DATASET)(check.check)
app.command("tokens", rich_help_panel=DATASET)(tokens.tokens)
app.command(rich_help_panel=DATASET)(explain.explain)
app.command("rules", rich_help_panel=DATASET)(rules.rules)
for command in (
    stages.ingest,
    stages.clean,
    stages.validate,
    stages.dedup,
    stages.tokenize,
    stages.split,
    stages.report,
    stages.gate,
):
    app.command(rich_help_panel="Single stages")(command)
app.command(rich_help_panel=REMOTE)(remote.upload)
app.command(rich_help_panel=REMOTE)(remote.tune)
app.command(rich_help_panel=REMOTE)(remote.results)
app.add_typer(files.app, name="files", rich_help_panel=REMOTE)
app.add_typer(jobs.app, name="jobs", rich_help_panel=REMOTE)
app.command(rich_help_panel=REMOTE)(doctor.doctor)
app.command(rich_help_panel=REMOTE)(spend.spend)
app.command(rich_help_panel=REMOTE)(purposes.purposes)
app.command(rich_help_panel=REMOTE)(serve.serve)
app.command(rich_help_panel=TOOLS)(init.init)
app.command("sample", rich_help_panel=TOOLS)(sample.sample)
app.command(rich_help_panel=TOOLS)(summary.summary)


def _print_version(wanted: bool) -> None:
    if wanted:
        print(f"tuneset {__version__}")
        raise typer.Exit


@app.callback()
def _tuneset(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    """Options that stand before any command."""


def run() -> None:
    """Run the command line and exit. Expected faults are printed without a traceback."""
    try:
        with panics_told("tuneset"):
            app()
    except TunesetError as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        print("interrupted; what was finished is kept, run the same command again to go on", file=sys.stderr)
        sys.exit(EXIT_INTERRUPTED)
    except BrokenPipeError:
        # The reader of our stdout has gone (`| head`); Python would complain again when it flushes at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)
    except OSError as error:
        print(f"error: {artifacts.write_error(Path(error.filename or 'output'), error)}", file=sys.stderr)
        sys.exit(3)
