"""Every command with its arguments, options, help and examples, as data. Nothing is run."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, get_args, get_origin

from tuneset.cli.commands import commands
from tuneset.cli.help_examples import EXAMPLES
from tuneset.cli.loaded import loaded

_TYPES = {bool: "boolean", int: "integer", float: "number", Path: "path"}


def described() -> list[dict[str, Any]]:
    """All commands, in the order of `--help`; those of a group one by one, such as `files list`."""
    found = []
    for one in commands():
        command = loaded(one)
        below = getattr(command, "commands", None) or {"": command}
        for name, single in below.items():
            path = f"{one.name} {name}".strip()
            found.append({"name": path, "panel": one.panel, "help": single.help, **_call(path, single)})
    return found


def _call(path: str, command: Any) -> dict[str, Any]:  # noqa: ANN401  typer's own copy of click is private
    named = list(_parameters(command.params))
    output = next((one for one in named if one["name"] == "output"), None)
    return {
        "arguments": [one for one in named if "options" not in one],
        "options": [one for one in named if "options" in one],
        "examples": list(EXAMPLES.get(path, ())),
        "document": path.replace(" ", "-") if output is not None or path == "schema" else None,
    }


def _parameters(params: Sequence[Any]) -> Iterator[dict[str, Any]]:
    """Yield arguments and options; an argument has no `options`."""
    for one in params:
        if one.hidden:
            continue
        annotation, many = _element(one.type_descriptor.annotation)
        choices = one.type_descriptor.choices if one.type_descriptor.is_choice else None
        yield {
            "name": one.name if one.opts[0] == one.name else one.opts[0].lstrip("-"),
            **({"options": [*one.opts, *one.secondary_opts]} if one.opts[0].startswith("-") else {}),
            "help": one.help or "",
            "type": _TYPES.get(annotation, "string"),
            "metavar": one.metavar,
            "choices": [str(choice) for choice in choices] if choices is not None else None,
            "minimum": one.min,
            "maximum": one.max,
            "required": one.required,
            "repeatable": many,
            "default": _plain(one.default),
            "environment": one.envvar,
        }


def _element(annotation: Any) -> tuple[Any, bool]:  # noqa: ANN401  any annotation
    """The type of one value, and whether there may be many.

    >>> _element(list[str]), _element(int)
    ((<class 'str'>, True), (<class 'int'>, False))
    """
    return (get_args(annotation)[0], True) if get_origin(annotation) is list else (annotation, False)


def _plain(default: object) -> Any:  # noqa: ANN401  any JSON value
    """A default as JSON has it.

    >>> _plain(Path("data")), _plain(8321), _plain(None)
    ('data', 8321, None)
    """
    return default if default is None or isinstance(default, (bool, int, float)) else str(default)
