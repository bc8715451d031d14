"""A command of the list as typer runs it: its module imported, `-h` beside `--help`, its examples below."""

from __future__ import annotations

from typing import Any

import typer
from typer.main import get_command, get_group

from tuneset.cli.commands import Command
from tuneset.cli.help_examples import examples

HELP_NAMES = {"help_option_names": ["-h", "--help"]}
"""Both are asked for."""


def loaded(command: Command) -> Any:  # noqa: ANN401  typer's own copy of click is private
    """The command, or the group of commands with each of its own in `commands`."""
    from tuneset.execution.process_setup import set_up_command  # noqa: PLC0415  0.01 s that `--help` does without

    set_up_command()  # a command loads polars, which reads then what was set
    found = command.load()
    if isinstance(found, typer.Typer):
        group = get_group(found)
        for name, one in [("", group), *group.commands.items()]:
            one.context_settings = {**one.context_settings, **HELP_NAMES}
            one.epilog = examples(f"{command.name} {name}".strip())
        return group
    alone = typer.Typer(add_completion=False)
    alone.command(command.name, help=command.help, epilog=examples(command.name), context_settings=HELP_NAMES)(found)
    return get_command(alone)
