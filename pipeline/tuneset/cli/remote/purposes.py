"""`tuneset purposes`: which ways files of each purpose go at a provider, with sources and dates."""

from __future__ import annotations

from typing import Annotated

import typer

from tuneset.cli.common import OutputOption, print_result
from tuneset.errors import UsageError
from tuneset.params import load_params
from tuneset.profile import PurposeFacts, load_profile, profile_names

_MB = 1 << 20


def purposes(
    profile: Annotated[
        str | None, typer.Option("--profile", metavar="NAME", help="The provider. Default: of params.yaml.")
    ] = None,
    output: OutputOption = "text",
) -> None:
    """Show what a file can be for: upload, download, formats, size, life, which APIs take it. No request is made."""
    chosen = load_profile(profile or load_params(None).endpoint.profile)
    if not chosen.purposes:
        known = ", ".join(name for name in profile_names() if load_profile(name).purposes)
        raise UsageError(f"profile {chosen.name}: no purposes are known", allowed=known)
    found = {name: facts.model_dump(mode="json") for name, facts in chosen.purposes.items()}
    lines = [_HEAD, *(_line(name, facts) for name, facts in chosen.purposes.items()), ""]
    for name, facts in chosen.purposes.items():
        note = f" {facts.note[:1].upper()}{facts.note[1:]}." if facts.note else ""
        lines.append(f"{name}: {facts.source} ({facts.as_of}).{note}")
    print_result(output, {"schema_version": 1, "profile": chosen.name, "purposes": found}, lines)


_HEAD = f"{'purpose':<18}  {'upload':<6}  {'download':<8}  {'most':>8}  {'life':>8}  {'formats':<28}  taken by"


def _line(name: str, facts: PurposeFacts) -> str:
    most = "" if facts.max_bytes is None else f"{facts.max_bytes // _MB:,} MB"
    life = "" if not facts.upload else "no end" if facts.expires_days is None else f"{facts.expires_days} days"
    ways = [{True: "yes", False: "no", None: "unclear"}[way] for way in (facts.upload, facts.download)]
    line = f"{name:<18}  {ways[0]:<6}  {ways[1]:<8}  {most:>8}  {life:>8}  {facts.formats:<28}  "
    return (line + ", ".join(facts.used_by)).rstrip()
