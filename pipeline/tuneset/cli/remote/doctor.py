"""`tuneset doctor`: the preflight as a table; nothing is uploaded and no job is created."""

from __future__ import annotations

import dataclasses

import typer

from tuneset.api.remote import gate_check, preflight
from tuneset.api.remote.opening import open_endpoint
from tuneset.api.remote.preflight import Check
from tuneset.cli.common import DATA, DataOption, DatasetArgument, OutputOption, ParamsOption, SetOption, print_result
from tuneset.errors import RemoteError, TunesetError
from tuneset.params import Params, load_params
from tuneset.providers.places import Places, find_places

ATTEMPTS = 2
"""Who asks what is wrong does not want to wait until it is right."""


def doctor(
    dataset: DatasetArgument = None,
    params: ParamsOption = None,
    set_: SetOption = None,
    data: DataOption = DATA,
    output: OutputOption = "text",
) -> None:
    """See to everything that an upload and a job need: key, endpoint, model, cost, files, egress."""
    checks = _checks(load_params(params, set_ or []), find_places(dataset, data))
    rows = [
        {"check": check.name, "outcome": check.outcome, "found": check.found}
        | ({"code": check.error.code} if isinstance(check.error, RemoteError) else {})
        | ({"hint": check.error.hint} if check.error is not None and check.error.hint else {})
        for check in checks
    ]
    lines = [line for check in checks for line in _lines(check)]
    print_result(output, {"schema_version": 1, "checks": rows}, lines)
    failed = [check.error for check in checks if check.error is not None]
    if failed:
        raise typer.Exit(failed[0].exit_code)


def _checks(params: Params, places: Places) -> list[Check]:
    """All checks; where the endpoint cannot even be named, those that need none."""
    try:
        with open_endpoint(params.endpoint) as endpoint:
            variable = endpoint.key_variable
            found = endpoint.profile.endpoint.credentials or "none is needed"
            found = found if variable is None else f"in {variable}"
            hasty = dataclasses.replace(endpoint, patience=dataclasses.replace(endpoint.patience, attempts=ATTEMPTS))
            checks = list(preflight.everything(hasty, params, places))
            return [Check("key", "ok", found), *_with_gate(checks, params, places)]
    except TunesetError as error:
        named = Check("key" if isinstance(error, RemoteError) else "endpoint", "failed", error.message, error)
        return [named, *_with_gate([*preflight.files(params, places)], params, places)]


def _with_gate(checks: list[Check], params: Params, places: Places) -> list[Check]:
    """The checks, and how the gates stand where the files could be read."""
    if any(check.name in ("files", "egress") and check.error is not None for check in checks):
        return [*checks, Check("gate", "skipped", "the files must pass first")]
    try:
        return [*checks, gate_check.gate(params, places, keep=False)]
    except TunesetError as error:
        return [*checks, Check("gate", "failed", error.message, error)]


def _lines(check: Check) -> list[str]:
    lines = [f"{check.outcome:<8} {check.name:<9} {check.found}"]
    if check.error is not None and check.error.allowed:
        lines.append(f"{'':<18} allowed: {check.error.allowed}")
    if check.error is not None and check.error.hint:
        lines.append(f"{'':<18} do: {check.error.hint}")
    return lines
