"""A command of the list as typer runs it: its module imported, `-h` beside `--help`, its examples below.

One that reads and writes files of this machine alone refuses those that lie in a store, by their names.
"""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Any

import typer
from typer.main import get_command, get_group

from tuneset.cli.commands import Command
from tuneset.cli.help_examples import examples
from tuneset.errors import UsageError
from tuneset.execution.stores.location import RemotePath, location

HELP_NAMES = {"help_option_names": ["-h", "--help"]}
"""Both are asked for."""


def loaded(command: Command) -> Any:  # noqa: ANN401  typer's own copy of click is private
    """The command, or the group of commands with each of its own in `commands`."""
    from tuneset.execution.executors.process_setup import set_up_command  # noqa: PLC0415  0.01 s that `--help` does without

    set_up_command()  # a command loads polars, which reads then what was set
    found = command.load()
    if isinstance(found, typer.Typer):
        group = get_group(found)
        for name, one in [("", group), *group.commands.items()]:
            one.context_settings = {**one.context_settings, **HELP_NAMES}
            one.epilog = examples(f"{command.name} {name}".strip())
            _have_local_files(one, f"{command.name} {name}".strip())
        return group
    alone = typer.Typer(add_completion=False)
    alone.command(command.name, help=command.help, epilog=examples(command.name), context_settings=HELP_NAMES)(found)
    made = get_command(alone)
    if not command.stores:
        _have_local_files(made, command.name)
    return made


def _have_local_files(command: Any, name: str) -> None:  # noqa: ANN401  as above
    """Have a command refuse locations in a store where it takes files: as arguments, and as options that are paths."""
    inner = command.callback
    if inner is None:
        return
    arguments = {param.name for param in command.params if param.param_type_name == "argument"}

    def checked(**given: Any) -> Any:  # noqa: ANN401  whatever the command takes and gives
        for key, value in given.items():
            for one in value if isinstance(value, list | tuple) else [value]:
                if not isinstance(one, Path) and not (key in arguments and isinstance(one, str)):
                    continue
                if isinstance(at := location(one), RemotePath):
                    raise UsageError(
                        f"{at}: lies in a store, and `tuneset {name}` takes files of this machine",
                        hint="copy it into a folder here",
                    )
        return inner(**given)

    command.callback = functools.update_wrapper(checked, inner)
