"""What is seen to before anything is sent: key, endpoint, model, cost, files, and what must not leave.

Each check is a row of its own; `tuneset doctor` shows them all, `upload` and `tune` stop at the first that failed.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import functools
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Literal

from tuneset.artifacts import read_json
from tuneset.errors import CheckFailedError, InputError, RemoteError, TunesetError
from tuneset.execution.executor import open_executor
from tuneset.execution.progress import no_progress
from tuneset.params import Params
from tuneset.profile import load_profile
from tuneset.providers import remote_models
from tuneset.providers.endpoint import Endpoint
from tuneset.providers.jobs.job_cost import check_spending
from tuneset.providers.jobs.jobs import check_model
from tuneset.providers.places import Places
from tuneset.providers.protocol_probe import require_protocol
from tuneset.providers.remote_stages import report
from tuneset.rules.engine.check_context import Settings
from tuneset.rules.engine.file_check import FileReport, Source, check_files
from tuneset.rules.families.private_data import OPTIONAL_CODES
from tuneset.rules.registry import BY_CODE
from tuneset.terms import METHOD_FORMAT, Format

SHOWN = 3
"""Findings named in a message; `tuneset check` shows all."""
SHOWN_PLACES = 20
"""The same where they come from rows that `tuneset check` does not read."""
EGRESS = "EGR"
"""The codes of rules on what must not leave begin so."""

COURTESIES = frozenset({"permission_denied", "server_error", "rate_limited", "bad_request"})
"""Refusals of the list of models that say nothing of files and jobs; keys may lack the scope for it."""

Outcome = Literal["ok", "warning", "failed", "skipped"]


@dataclasses.dataclass(frozen=True)
class Check:
    """One thing that was seen to: what was found, and the error to stop with where it failed."""

    name: str
    outcome: Outcome
    found: str
    error: TunesetError | None = None


def require(checks: Iterator[Check], say: Callable[[str], None]) -> None:
    """Do the checks one by one, telling of warnings; raises the error of the first that failed."""
    for check in checks:
        if check.error is not None:
            raise check.error
        if check.outcome == "warning":
            say(f"{check.name}: {check.found}")


def everything(endpoint: Endpoint, params: Params, places: Places) -> Iterator[Check]:
    """What an upload and a job need, cheap checks first; nothing is sent but a question for the models."""
    yield from at_endpoint(endpoint, params)
    yield cost(endpoint, params, places)
    yield from files(params, places)


def before_upload(endpoint: Endpoint, params: Params, places: Places) -> Iterator[Check]:
    """What an upload needs, which costs nothing."""
    yield from at_endpoint(endpoint, params)
    yield from files(params, places)


def at_endpoint(endpoint: Endpoint, params: Params) -> Iterator[Check]:
    """That the key is taken, the endpoint answers, and the model can be trained there by the method."""
    today = dt.datetime.now(dt.UTC).date()
    name, method = params.tune.model, params.tune.method
    served = None
    try:
        served = remote_models.look_up(endpoint, name)
        if served.listed is None:
            require_protocol(endpoint)
    except RemoteError as error:
        yield _without_models(endpoint, error)
    else:
        yield Check("endpoint", "ok", f"{endpoint.profile.title} answers at {endpoint.base_url}")
    try:
        check_model(endpoint, params.tune, today)
        if served is not None:
            remote_models.require_served(endpoint, name, served, today)
    except TunesetError as error:
        yield Check("model", "failed", error.message, error)
        return
    if endpoint.profile.model(name) is None:
        yield Check("model", "skipped", f"nothing is known of {name} at this endpoint")
    elif served is not None and served.listed is False:
        yield Check("model", "warning", f"{name} is not among the models that the endpoint lists")
    else:
        known = endpoint.profile.model(name)
        shutdown = (served.shutdown if served else None) or (known.shutdown if known else None)
        until = f", until {shutdown}" if shutdown else ""
        yield Check("model", "ok", f"{name} can be trained by method {method}{until}")
    for notice in endpoint.profile.endpoint.notices:
        yield Check("notice", "warning", notice)


def _without_models(endpoint: Endpoint, error: RemoteError) -> Check:
    """The endpoint whose models cannot be listed: a courtesy, without which files and jobs may well go."""
    if error.code not in COURTESIES:
        return Check("endpoint", "failed", error.message, error)
    try:
        require_protocol(endpoint)
    except RemoteError as other:
        return Check("endpoint", "failed", other.message, other)
    return Check("endpoint", "warning", f"models cannot be listed, all else goes on: {error.message}")


def cost(endpoint: Endpoint, params: Params, places: Places) -> Check:
    """That the estimated cost is within the limit; where the provider says it, `tune` asks once the files are there."""
    limit, title = params.endpoint.spend_limit_usd, endpoint.profile.title
    if endpoint.profile.endpoint.paid and endpoint.provider.capabilities.estimates and limit is not None:
        later = f"{title} says what it costs once the files are there; a job above {limit:.2f} USD is not created"
        return Check("cost", "ok", later)
    try:
        found = check_spending(endpoint, params, report(places))
    except TunesetError as error:
        return Check("cost", "failed", error.message, error)
    if not endpoint.profile.endpoint.paid:
        return Check("cost", "ok", f"{endpoint.profile.title} costs nothing")
    if found.usd is None:
        return Check("cost", "warning", f"{found.missing}; endpoint.accept_unknown_cost takes that")
    return Check("cost", "ok", f"estimated at {found.usd:.2f} USD, the limit is {params.endpoint.spend_limit_usd:.2f}")


def files(params: Params, places: Places) -> Iterator[Check]:
    """That both sides of the dataset pass `check` for this profile, and that nothing leaves that must not.

    For that the optional rules on private data are on, whatever `check` does by default.
    """
    train, validation = places.dataset("train"), places.dataset("validation")
    if not train.is_file():
        missing = InputError(f"{train}: is missing", hint="run `tuneset prepare` first, or its stages")
        yield Check("files", "failed", missing.message, missing)
        return
    paths = [path for path in (train, validation) if path.is_file() and path.stat().st_size]
    if train not in paths:
        empty = InputError(f"{train}: is empty", hint="check what the split stage left for this side")
        yield Check("files", "failed", empty.message, empty)
        return
    try:
        reports = _reports(params, paths)
    except TunesetError as error:
        yield Check("files", "failed", error.message, error)
        return
    examples = " and ".join(f"{report.examples:,}" for report in reports)
    yield _verdict("files", reports, f"{examples} examples pass for {params.endpoint.profile}", egress=False)
    yield _verdict("egress", reports, "no secret and no payment card in them", egress=True)


def egress(
    params: Params, path: Path, line_format: Format | None = None, place_of: Callable[[int], str] | None = None
) -> Check:
    """That nothing leaves with a file that must not, whatever else `check` finds in it.

    Its lines are of `line_format`, else of that which is trained; `place_of` tells of the number of a line, from 1,
    where it comes from.
    """
    reports = _reports(params, [path], line_format)
    return _verdict("egress", reports, "no secret and no payment card in it", egress=True, place_of=place_of)


def _reports(params: Params, paths: Sequence[Path], line_format: Format | None = None) -> list[FileReport]:
    profile = load_profile(params.endpoint.profile)
    wanted = line_format or METHOD_FORMAT[params.tune.method]
    settings = Settings(
        format=wanted,
        profile=profile.name,
        model=params.tune.model,
        ignore=tuple(params.validation.ignore),
        severity=(*((code, BY_CODE[code].severity) for code in OPTIONAL_CODES), *params.validation.severity.items()),
    )
    grader = params.tune.reinforcement.grader if params.tune.method == "reinforcement" else None
    definition = read_json(Path(grader)) if isinstance(grader, str) else grader
    sources = [Source(path, str(path)) for path in paths]
    today = dt.datetime.now(dt.UTC).date()
    size = sum(path.stat().st_size for path in paths)
    with open_executor(params.workers, no_progress, brief=True) as executor:
        map_tasks = functools.partial(executor.map, label="check", size=size)
        return list(check_files(sources, wanted, settings, map_tasks, grader=definition, today=today))


def _verdict(
    name: str, reports: Sequence[FileReport], clean: str, *, egress: bool, place_of: Callable[[int], str] | None = None
) -> Check:
    """One row from the findings on what must not leave, or from all others."""
    found = [
        (report.path, one) for report in reports for one in report.findings if one.code.startswith(EGRESS) == egress
    ]
    errors = [(path, one) for path, one in found if one.severity == "error"]
    if not errors:
        warned = sum(one.severity == "warning" for _, one in found)
        return Check(name, "warning" if warned else "ok", f"{clean}; {warned} warnings" if warned else clean)
    most = SHOWN if place_of is None else SHOWN_PLACES
    at = [place_of(one.line) if place_of and one.line else f"{path}:{one.line}" for path, one in errors[:most]]
    told = [f"{place}: {one.code} {one.message}" for place, (_, one) in zip(at, errors, strict=False)]
    more = f"; and {len(errors) - most} more" if len(errors) > most else ""
    paths = " ".join(report.path for report in reports)
    asked = "".join(f" --severity {code}=error" for code in sorted({one.code for _, one in errors} & {*OPTIONAL_CODES}))
    error = CheckFailedError(
        f"{'what must not leave' if egress else 'the dataset would be rejected'}: {'; '.join(told)}{more}",
        hint=f"`tuneset check {paths}{asked}` shows all of it; nothing was sent"
        if place_of is None
        else "take it out of these rows, or leave the rows away; nothing was sent",
    )
    return Check(name, "failed", f"{len(errors)} errors, first {told[0]}", error)
