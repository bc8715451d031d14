"""What commands at an endpoint share: their options, the endpoint open for as long as they run, one printed result.

Such a command is a function of `Remote` and of its own arguments; it gives its result as a JSON document and as lines.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import functools
import inspect
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, NamedTuple

import typer

from tuneset.api.remote.opening import open_endpoint
from tuneset.cli.common import DATA, DataOption, DatasetArgument, OutputOption, ParamsOption, SetOption, print_result
from tuneset.params import EndpointParams, Params, load_params
from tuneset.providers.endpoint import Endpoint
from tuneset.providers.places import Places, find_places
from tuneset.providers.remote_stages import SCHEMA_VERSION

InPartsOption = Annotated[
    bool, typer.Option("--in-parts", help="Send by the Uploads API though the file is small enough to be sent whole.")
]
_LAST_SECOND = 253_402_300_799
"""The last Unix second that a date can be made of."""
Result = tuple[dict[str, Any], list[str]] | tuple[dict[str, Any], list[str], int]
"""The JSON document without its `schema_version`, the lines for a person, and the exit code where it may not be 0."""


class Remote(NamedTuple):
    """What a command at an endpoint works with."""

    endpoint: Endpoint
    params: Params
    places: Places


def at_endpoint(
    *,
    data: bool = False,
    dataset: bool = False,
    endpoint_of: Callable[[Params], EndpointParams] = lambda params: params.endpoint,
) -> Callable[[Callable[..., Result | None]], Callable[..., None]]:
    """Make a command of a function: its own arguments, and after them the options that all such commands share.

    `--data` is among them where the function reads or writes there, and before all others a folder with a dataset where
    it is about one. A function that gives None has printed itself.
    """

    def decorate(function: Callable[..., Result | None]) -> Callable[..., None]:
        @functools.wraps(function)
        def run(
            params: Path | None,
            set_: list[str] | None,
            output: str,
            data: Path = DATA,
            dataset: Path | None = None,
            **own: object,
        ) -> None:
            settings, places = load_params(params, set_ or []), find_places(dataset, data)
            settings = settings.model_copy(update={"endpoint": endpoint_of(settings)})
            with open_endpoint(settings.endpoint) as opened:
                endpoint = dataclasses.replace(opened, say=functools.partial(print, file=sys.stderr))
                result = function(Remote(endpoint, settings, places), **own)
            if result is not None:
                document, lines, *code = result
                print_result(output, {"schema_version": SCHEMA_VERSION} | document, lines)
                if any(code):
                    raise typer.Exit(code[0])

        _, *own = inspect.signature(function, eval_str=True).parameters.values()
        first, *shared = inspect.signature(_shared, eval_str=True).parameters.values()
        options = [*([first] if dataset else []), *own, *(one for one in shared if data or one.name != "data")]
        # What typer reads: the options as they are on the command line.
        vars(run)["__signature__"] = inspect.Signature(options)
        run.__annotations__ = {one.name: one.annotation for one in options}
        return run

    return decorate


def _shared(
    dataset: DatasetArgument = None,
    params: ParamsOption = None,
    set_: SetOption = None,
    data: DataOption = DATA,
    output: OutputOption = "text",
) -> None:
    """The options that commands at an endpoint share, in the order of `--help`."""


def moment(seconds: int | None) -> str:
    """A time of an endpoint, in UTC; nothing where it says none.

    >>> moment(1800000000), moment(None), moment(10**15)
    ('2027-01-15T08:00:00Z', '', '')
    """
    if seconds is None or not 0 < seconds <= _LAST_SECOND:
        return ""
    return f"{dt.datetime.fromtimestamp(seconds, dt.UTC):%Y-%m-%dT%H:%M:%SZ}"


def say(line: str) -> None:
    """One line of progress, on stderr."""
    print(line, file=sys.stderr, flush=True)
