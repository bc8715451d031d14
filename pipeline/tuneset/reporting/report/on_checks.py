"""Sections on what was checked: gates, what validation has in common with training, and whether it looks like it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tuneset.figures import figure
from tuneset.reporting.report.blocks import Block, Cell, Column, Table, Text
from tuneset.reporting.report.facts import RunFacts
from tuneset.stages.gate import LEAKS

_ROWS_OF = {
    "max_drop_rate": "drops",
    "min_examples": "sources",
    "min_validation_examples": "sources",
    "max_cost_usd": "cost",
    **{leak.gate: "leaks" for leak in LEAKS},
}
"""The section that has the rows of a gate; the others are about lengths."""
_FIELDS = {
    "messages": "messages an example",
    "roles": "roles",
    "tokens": "tokens an example",
    "answer_characters": "characters an answer",
    "languages": "languages",
    "sources": "raw files",
}
_WORDING = {"words": "words that training has", "pairs": "pairs of neighbouring words that training has"}


def gates(known: RunFacts) -> list[Block]:
    """Each gate with what was observed, its limit, and where its rows are."""
    rows: list[tuple[Cell | str, ...]] = [
        (
            Cell(name, to=_ROWS_OF.get(name, "lengths"), code=True),
            "unknown" if gate["value"] is None else figure(gate["value"]),
            f"{gate.get('kind', '')} {figure(gate['limit'])}".strip(),
            Cell("holds", "good") if gate["passed"] else Cell("fails", "bad"),
            "" if gate["passed"] else gate.get("remedy", ""),
        )
        for name, gate in sorted(known.gate.get("gates", {}).items(), key=lambda item: (item[1]["passed"], item[0]))
    ]
    columns = [Column("gate"), Column("observed", True), Column("limit"), Column("verdict"), Column("what to do")]
    if not any(row[-1] for row in rows):
        columns, rows = columns[:-1], [row[:-1] for row in rows]
    return [Table(columns, rows)] if rows else []


def leaks(known: RunFacts) -> list[Block]:
    """Each measure with its share and limit, and lines of both files to look at; no text of a row."""
    if not known.gate:
        return []
    limits = {name: gate["limit"] for name, gate in known.gate["gates"].items()}
    rows = []
    for leak in LEAKS:
        share = known.gate.get("leaks", {}).get(leak.name)
        limit = f"at most {figure(limits[leak.gate])}" if leak.gate in limits else "no limit"
        places = ", ".join(
            f"validation.jsonl:{place['validation']} and train.jsonl:{place['train']}"
            for place in known.gate.get("sample", {}).get(leak.name, ())
        )
        said = "not looked for" if share is None else f"{share:.2%}"
        rows.append((leak.meaning, said, f"{limit} ({leak.gate})", places))
    columns = (Column("of validation examples"), Column("share", True), Column("limit"), Column("for example"))
    return [Table(columns, rows)]


def shift(known: RunFacts) -> list[Block]:
    """By side the distances to training and what chance makes of them, and how much of the wording is known."""
    return [block for side, found in known.distributions.get("against_training", {}).items()
            for block in _of_side(side, found)]  # fmt: skip


def _of_side(side: str, found: dict[str, Any]) -> Iterator[Block]:
    rows: list[tuple[Cell | str, ...]] = []
    for field, one in found["distances"].items():
        differs = one["distance"] > one["by_chance"]
        verdict = Cell("more than chance", "bad") if differs else Cell("as chance has it", "good")
        rows.append((_FIELDS.get(field, field), f"{one['distance']:.3f}", f"{one['by_chance']:.3f}", verdict))
    columns = (Column(f"{side} beside train"), Column("distance", True), Column("by chance", True), Column("verdict"))
    yield Table(columns, rows)
    yield Text(
        "Jensen-Shannon distance of the shares, from 0 (equal) to 1 (nothing in common); of 100 random divisions 95 "
        "stay below the number by chance. A split by groups moves more at once, where a little more is usual."
    )
    coverage, like = found["coverage"], found["coverage"]["training"]
    if coverage["words"] is None or like["words"] is None:
        return
    yield Table(
        (Column("of the wording"), Column(side, True), Column("a part of train", True)),
        [
            (name, f"{coverage[what]:.1%}", f"{like[what]:.1%}" if like[what] is not None else "")
            for what, name in _WORDING.items()
            if coverage[what] is not None
        ],
    )
    yield Text(
        f"{coverage['examples']:,} {side} examples held against training; beside them {like['examples']:,} training "
        "examples held against the rest of it, which is how much is known of an example like those that are trained."
    )
