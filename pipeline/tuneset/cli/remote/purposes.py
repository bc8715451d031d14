"""`tuneset purposes`: which ways files of each purpose go at a provider, with sources and dates."""

from __future__ import annotations

import datetime as dt
from typing import Annotated

import typer

from tuneset.cli import completion
from tuneset.cli.common import OutputOption, print_result
from tuneset.cli.table import table
from tuneset.errors import UsageError
from tuneset.params import load_params
from tuneset.profile import PurposeFacts, load_profile, profile_names

_MB = 1 << 20


def purposes(
    profile: Annotated[
        str | None,
        typer.Option(
            "--profile",
            metavar="NAME",
            autocompletion=completion.profiles,
            help="The provider. Default: of params.yaml.",
        ),
    ] = None,
    output: OutputOption = "text",
) -> None:
    """Show what files can be for: up, down, formats, size, life, what takes it, until when. No request is made."""
    chosen = load_profile(profile or load_params(None).endpoint.profile)
    if not chosen.purposes:
        known = ", ".join(name for name in profile_names() if load_profile(name).purposes)
        raise UsageError(f"profile {chosen.name}: no purposes are known", allowed=known)
    today = dt.datetime.now(dt.UTC).date()
    found = {
        name: {**facts.model_dump(mode="json"), "lifecycle": facts.lifecycle(today)}
        for name, facts in chosen.purposes.items()
    }
    rows = [_row(name, facts, today) for name, facts in chosen.purposes.items()]
    lines = [*table(_HEAD, rows, first=6, right=(3, 4)), ""]
    lines += [_words(name, facts, today) for name, facts in chosen.purposes.items()]
    print_result(output, {"schema_version": 1, "profile": chosen.name, "purposes": found}, lines)


_HEAD = ("purpose", "upload", "download", "most", "life", "lifecycle", "formats", "taken by")


def _row(name: str, facts: PurposeFacts, today: dt.date) -> list[str]:
    most = "" if facts.max_bytes is None else f"{facts.max_bytes // _MB:,} MB"
    life = "" if not facts.upload else "no end" if facts.expires_days is None else f"{facts.expires_days} days"
    ways = [{True: "yes", False: "no", None: "unclear"}[way] for way in (facts.upload, facts.download)]
    return [name, *ways, most, life, _lifecycle(facts, today), facts.formats, ", ".join(facts.used_by)]


def _lifecycle(facts: PurposeFacts, today: dt.date) -> str:
    state = facts.lifecycle(today)
    return state if facts.ends is None else f"{'ends' if state == 'ending' else 'ended'} {facts.ends}"


def _words(name: str, facts: PurposeFacts, today: dt.date) -> str:
    """What a purpose is for, what comes after it, and where that is from."""
    after = f" {_lifecycle(facts, today).capitalize()}; instead: {facts.successor}." if facts.successor else ""
    note = f" {facts.note[:1].upper()}{facts.note[1:]}." if facts.note else ""
    return f"{name}: {facts.intended_use}.{after}{note} ({facts.source}, {facts.as_of})"
