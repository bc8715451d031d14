"""What `prepare` says last: the command that comes next, by how the gates stand and by the endpoint of params."""

from __future__ import annotations

import os
import shlex
from pathlib import Path

from tuneset.cli.commands import commands
from tuneset.errors import UsageError
from tuneset.execution.stores.location import RemotePath
from tuneset.params import Params
from tuneset.profile import load_profile


def next_step(out: Path | RemotePath, params: Params, *, passed: bool) -> str:
    """One line with commands that can be typed as they stand; what lies in a store is to be copied first."""
    if not isinstance(out, Path):
        return f"next: copy {out} into a folder here: `tuneset view` and `tuneset upload` take local files"
    folder = shlex.quote(str(out))
    look = f"tuneset view {folder}" if any(command.name == "view" for command in commands()) else ""
    if not passed:
        again = "then change the data or the limits and prepare again"
        return f"next: {look or f'look at {out}/report.html'}, {again}; an upload stops at a failed gate"
    lacking = _lacking(params)
    step = f"tuneset doctor {folder}   ({lacking})" if lacking else f"tuneset upload {folder}"
    return f"next: {f'{look}, ' if look else ''}{step}"


def _lacking(params: Params) -> str:
    """What an upload or a job would stop at, in a few words; nothing where nothing is known to be missing."""
    own = params.endpoint
    try:
        endpoint = load_profile(own.profile).endpoint
    except UsageError:
        return f"no profile is called {own.profile}"
    variable = own.api_key_env or endpoint.api_key_env
    if variable is not None and not os.environ.get(variable):
        return f"{variable} is not set"
    if endpoint.paid and own.spend_limit_usd is None:
        return "endpoint.spend_limit_usd is not set"
    return ""
