"""The command `tuneset`: puts the commands together and turns expected faults into messages and exit codes."""

from __future__ import annotations

import errno
import gc
import logging
import platform
import sys
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperCommand, TyperGroup

from tuneset import __version__, artifacts
from tuneset.cli import error_log, exit_codes, streams
from tuneset.cli.commands import commands
from tuneset.cli.common import broken
from tuneset.cli.loaded import HELP_NAMES, loaded
from tuneset.errors import InputError, TunesetError, frames, panics_told

_log = logging.getLogger(__name__)


class LazyGroup(TyperGroup):
    """The group of all commands. Only the one that is called is imported, so that `--help` loads no library."""

    def __init__(self, **settings: Any) -> None:  # noqa: ANN401  whatever typer passes on
        super().__init__(**settings)
        self._places = {command.name: command for command in commands()}
        self.commands = {
            name: TyperCommand(name, help=command.help, rich_help_panel=command.panel)
            for name, command in self._places.items()
        }

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:  # noqa: ANN401  typer's own copy of click is private
        """Load the command that the first argument names, then have typer find it."""
        if args and args[0] in self._places:
            self.commands[args[0]] = loaded(self._places.pop(args[0]))
            _look_for_cycles()
        return super().resolve_command(ctx, args)


app = typer.Typer(
    name="tuneset",
    cls=LazyGroup,
    help="Compile raw conversations into fine-tuning datasets and take them through a fine-tuning job.",
    epilog=exit_codes.told(),
    context_settings=HELP_NAMES,
    no_args_is_help=True,
    add_completion=True,
    pretty_exceptions_enable=False,
)


def _print_version(wanted: bool) -> None:
    if wanted:
        print(f"tuneset {__version__}")
        raise typer.Exit


def _debug(wanted: bool) -> None:
    if wanted:
        error_log.show_log()
        _log.debug("tuneset %s, Python %s on %s", __version__, platform.python_version(), sys.platform)


@app.callback()
def _tuneset(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version and exit.")
    ] = False,
    debug: Annotated[
        bool, typer.Option("--debug", callback=_debug, help="Show a log, and a traceback for any error; no values.")
    ] = False,
) -> None:
    """Options that stand before any command."""


def run() -> None:
    """Run the command line and exit. Expected faults are printed without a traceback."""
    streams.prepare()
    gc.disable()  # until the command is loaded: the collector would go through its modules again and again
    try:
        with panics_told("tuneset"), streams.delivered():
            app()
    except TunesetError as error:
        error_log.show(error)
        print(broken(f"error: {error}", sys.stderr), file=sys.stderr)
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        exit_codes.interrupted()
    except SystemExit as end:
        # Ctrl-C inside of a command comes from typer as this exit.
        if end.code == exit_codes.INTERRUPTED:
            exit_codes.interrupted()
        raise
    except BrokenPipeError:
        # The reader of what we print has gone (`| head`): neither fine nor findings, and nobody is there to be told.
        streams.lead_nowhere()
        sys.exit(exit_codes.UNREAD)
    except OSError as error:
        error_log.show(error)
        print(f"error: {_told(error)}", file=sys.stderr)
        sys.exit(InputError.exit_code)
    except Exception as error:  # noqa: BLE001  a defect: Python would show its message, which may hold values of rows
        print(frames(error), file=sys.stderr)
        print("error: this is a defect of Tuneset; report the lines above", file=sys.stderr)
        sys.exit(1)
    finally:
        gc.enable()


def _look_for_cycles() -> None:
    """Let the collector work again, and leave out what was loaded, which stays to the end: 0.06 s of each command.

    Where it has worked all the time, somebody calls a command in a process of their own, and nothing changes.
    """
    if not gc.isenabled():
        gc.freeze()
        gc.enable()


def _told(error: OSError) -> TunesetError:
    """What was not told where the file was opened; whether it was to be read or written cannot be seen here.

    >>> print(_told(FileNotFoundError(errno.ENOENT, "No such file or directory", "data/train.jsonl")))
    data/train.jsonl: cannot be used: No such file or directory
    """
    file = Path(error.filename or "output")
    if error.errno == errno.ENOSPC:
        return artifacts.write_error(file, error)
    return InputError(f"{file}: cannot be used: {error.strerror or error}")
