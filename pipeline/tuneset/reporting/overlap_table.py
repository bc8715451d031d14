"""What two sets have in common, as a table for a terminal or a pull request."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tuneset.stages.gate import LEAKS

HEADER = ("measure", "of the first in the second", "of the second in the first", "for example")


def _rows(document: Mapping[str, Any]) -> list[tuple[str, str, str, str]]:
    rows: list[tuple[str, str, str, str]] = []
    for leak in LEAKS:
        shares = [document[way][leak.name] for way in ("first_in_second", "second_in_first")]
        forth, back = ("-" if share is None else f"{share:.2%}" for share in shares)
        pair = next(iter(document["sample"].get(leak.name, ())), None)
        rows.append((leak.name, forth, back, f"{pair['first']} = {pair['second']}" if pair else ""))
    soft = document["soft"]
    for least, share in soft["share_from_cosine"].items():
        pair = next((pair for pair in soft["sample"] if pair["cosine"] >= float(least)), None)
        place = f"{pair['first']} ~ {pair['second']} ({pair['cosine']})" if pair else ""
        rows.append((f"soft neighbour, cosine {least}", f"{share:.2%}", "-", place))
    return rows


def lines(document: Mapping[str, Any], *, markdown: bool = False) -> list[str]:
    """The table line by line, with what each set is above it and what the measures mean below it."""
    sets = [
        f"{name}: {document[name]['name']}, {document[name]['examples']:,} examples" for name in ("first", "second")
    ]
    rows = _rows(document)
    meanings = [f"{leak.name}: {leak.meaning.replace('training', 'the other set')}" for leak in LEAKS]
    meanings.append(
        f"soft neighbours by TF-IDF are looked for of {document['soft']['rows']:,} examples of the first set"
    )
    if markdown:
        return [
            *(f"- {one}" for one in sets), "", f"| {' | '.join(HEADER)} |", "|---|---:|---:|---|",
            *(f"| {' | '.join(row)} |" for row in rows), "", *(f"- {meaning}" for meaning in meanings),
        ]  # fmt: skip
    table = [f"{HEADER[0]:28} {'first in second':>17} {'second in first':>17}"]
    for name, one, other, place in rows:
        table += [f"{name:28} {one:>17} {other:>17}", *([f"    {place}"] if place else [])]
    return [*sets, "", *table, "", *meanings]
