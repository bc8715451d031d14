"""`tuneset spend`: what the jobs of this project were billed for."""

from __future__ import annotations

import dataclasses

from tuneset.cli.common import DATA, DataOption, OutputOption, print_result
from tuneset.providers import remote_stages
from tuneset.providers import spend_ledger as ledger
from tuneset.providers.places import Places
from tuneset.providers.spend_ledger import Spent


def spend(data: DataOption = DATA, output: OutputOption = "text") -> None:
    """Show the ledger of billed tokens and cost; no request is made."""
    entries = ledger.entries(Places(data).receipts)
    total = round(sum(entry.usd or 0.0 for entry in entries), 4)
    unknown = sum(entry.usd is None for entry in entries)
    document = {
        "schema_version": remote_stages.SCHEMA_VERSION,
        "jobs": [dataclasses.asdict(entry) for entry in entries],
    }
    lines = [_line(entry) for entry in entries] or ["no job of this project has ended yet"]
    if entries:
        more = f", and {unknown} of unknown cost" if unknown else ""
        lines.append(f"{len(entries)} job{'s' if len(entries) > 1 else ''}, {total:.2f} USD{more}")
    print_result(output, {**document, "total_usd": total, "jobs_of_unknown_cost": unknown}, lines)


def _line(entry: Spent) -> str:
    tokens = "?" if entry.trained_tokens is None else f"{entry.trained_tokens:,}"
    usd = "?" if entry.usd is None else f"{entry.usd:.2f}"
    line = f"{entry.job_id}  {entry.status:<10}  {tokens:>14} tokens  {usd:>9} USD  {entry.model}  {entry.endpoint}"
    if entry.estimated_tokens is None:
        return line
    kind = {True: "exact", False: "an estimate", None: "of unknown precision"}[entry.estimate_exact]
    return f"{line}  (counted before: {entry.estimated_tokens:,} tokens, {kind})"
