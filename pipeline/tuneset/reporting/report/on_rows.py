"""Sections on rows: which data it is, files, drops, duplicates, private data, stages, and examples of rows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import polars as pl

from tuneset import stage_table
from tuneset.reporting import source_table
from tuneset.reporting.report.blocks import Block, Cell, Column, Conversations, ShownConversation, Table, Text
from tuneset.reporting.report.changed_params import changed
from tuneset.reporting.report.facts import RunFacts
from tuneset.reporting.row_story import code_name
from tuneset.reporting.run_summary import unsearched

SHOWN_SOURCES = 100


def data(known: RunFacts) -> list[Block]:
    """Names, sizes and hashes of the files, the params that are not the defaults, and versions."""
    files = [
        (Cell(name, code=True), f"{file['examples']:,}", f"{file['tokens']:,}", f"{file['bytes']:,}",
         Cell(file["sha256"], code=True))
        for name, file in known.manifest.get("files", {}).items()
    ]  # fmt: skip
    if not files:
        return []
    heads = (Column("file"), *(Column(name, True) for name in ("examples", "tokens", "bytes")), Column("sha256"))
    params = [
        (Cell(key, code=True), Cell(ours, code=True), Cell(default, code=True))
        for key, ours, default in changed(known.manifest["params"])
    ]
    versions = [(Cell(name, code=True), version) for name, version in known.manifest["versions"].items()]
    told: Block = (
        Table((Column("param"), Column("here"), Column("default")), params)
        if params
        else Text("Every param is the default.")
    )
    return [Table(heads, files), told, Table((Column("made by"), Column("version")), versions)]


def sources(known: RunFacts) -> list[Block]:
    """The account of each raw file."""
    listed = known.metrics.get("sources", ())
    if not listed:
        return []
    numbers = range(*source_table.NUMBERS.indices(len(source_table.HEADER)))
    columns = [Column(name, place in numbers) for place, name in enumerate(source_table.HEADER)]
    rows: list[list[Cell | str]] = [
        [Cell(row[0], code=True), *row[1:]] for row in source_table.rows(listed, SHOWN_SOURCES)
    ]
    more = len(listed) - SHOWN_SOURCES
    table = Table(columns, rows, more=f"and {more:,} more: sources in metrics.json" if more > 0 else "")
    taught = source_table.taught(listed)
    return [table, *([Text(f"Answers of models, by rows that were read: {'; '.join(taught)}.")] if taught else [])]


def drops(known: RunFacts) -> list[Block]:
    """Each reason with its count, its share of all rows, and some rows of it."""
    by_code, read = known.metrics["rows"]["dropped_by_code"], known.metrics["rows"]["read"]
    if not by_code:
        return [Text("None was.")]
    ordered = sorted(by_code.items(), key=lambda item: (-item[1], item[0]))
    samples: dict[str, list[Mapping[str, Any]]] = {}
    for row in known.samples.get("dropped", ()):
        samples.setdefault(row["code"], []).append(row)
    rows = []
    for code, count in ordered:
        first = Cell(_at(samples[code][0]), code=True) if code in samples else ""
        rows.append((Cell(code, code=True), code_name(code), f"{count:,}", f"{count / read:.2%}", first))
    heads = (Column("code"), Column("reason"), Column("rows", True), Column("of all", True), Column("for example"))
    table = Table(heads, rows, [count / ordered[0][1] for _, count in ordered])
    return [table, *(_of_reason(code, samples[code]) for code, _ in ordered if code in samples)]


def _of_reason(code: str, rows: list[Mapping[str, Any]]) -> Conversations:
    """Some rows that a reason dropped: those that never were an example have a place alone."""
    each = [
        ShownConversation(f"{_at(row)}: {row['detail']}", [(role, text) for role, text in row["said"] or ()])
        for row in rows
    ]
    return Conversations(f"{code} {code_name(code)}: {len(each)} of them", each)


def _at(row: Mapping[str, Any]) -> str:
    """A place in a raw file, as `tuneset explain` takes it.

    >>> _at({"source": "a.json", "line": 3, "item": 0}), _at({"source": "a.json", "line": 3, "item": 1})
    ('a.json:3', 'a.json:3:2')
    """
    return f"{row['source']}:{row['line']}" + (f":{row['item'] + 1}" if row["item"] else "")


def samples(known: RunFacts) -> list[Block]:
    """Some examples that stay, each with its line and where it comes from."""
    origin = {
        (side, written): f", from {source}:{line}"
        for side, written, source, line in _rows(known.places, "side", "written_line", "source", "line")
    }
    return [
        Conversations(
            "",
            [
                ShownConversation(
                    f"{side}.jsonl:{one['line']}{origin.get((side, one['line']), '')}",
                    [(role, text) for role, text in one["said"]],
                )
                for one in kept
            ],
        )
        for side, kept in known.samples.get("kept", {}).items()
    ]


def duplicates(known: RunFacts) -> list[Block]:
    """Groups by kind, and the largest with places of their rows."""
    if known.duplicates.is_empty():
        return [] if not known.manifest else [Text("No two rows were found to be duplicates.")]
    counted = [
        (kind, f"{groups:,}", f"{rows:,}", f"{gone:,}") for kind, groups, rows, gone in known.duplicates.iter_rows()
    ]
    blocks: list[Block] = [
        Table((Column("kind"), Column("groups", True), Column("rows", True), Column("dropped", True)), counted)
    ]
    shown = []
    for rows, alike, places in known.largest.iter_rows():
        more = " ..." if rows > len(places) else ""
        shown.append((f"{rows:,}", "" if alike is None else f"{alike:.0%}", ", ".join(places) + more))
    if shown:
        (near,) = known.duplicates.filter(pl.col("kind") == "near")["groups"]
        more = f"all {near:,} groups: duplicates.parquet; texts of some: duplicates.md"
        heads = (Column("rows", True), Column("alike at least", True), Column("the largest groups of near duplicates"))
        blocks.append(Table(heads, shown, more=more))
    return blocks


def private(known: RunFacts) -> list[Block]:
    """How many rows of each source held each kind, what was done, what was off, and what is not looked for."""
    policies = known.metrics.get("private_data", {}).get("policies", {})
    rows = [
        (kind.replace("_", " "), Cell(source, code=True), f"{count:,}", f"{found:,}", policies.get(kind, ""))
        for kind, source, count, found in _rows(known.private, "kind", "source", "rows", "found")
    ]
    heads = (Column("kind"), Column("file"), Column("examples", True), Column("finds", True), Column("done"))
    blocks: list[Block] = [Table(heads, rows)] if rows else [Text("None was found.")]
    return [*blocks, *(Text(line) for line in unsearched(known.metrics.get("private_data", {})))]


def stages(known: RunFacts) -> list[Block]:
    """What each stage took, gave and dropped, in the order in which they run."""
    rows = []
    for stage in (name for name in stage_table.names() if name in known.metrics["stages"]):
        counts = known.metrics["stages"][stage]
        shown = {n: v for n, v in counts.items() if not n.startswith(("rows_", "dropped")) and v}
        details = ", ".join(f"{name.replace('_', ' ')} {value:,}" for name, value in shown.items())
        rows.append((stage, *(f"{counts[name]:,}" for name in ("rows_in", "rows_out", "dropped")), details))
    heads = (*(Column(name, True) for name in ("rows in", "rows out", "dropped")), Column("counted on the way"))
    return [Table((Column("stage"), *heads), rows)] if rows else []


def _rows(frame: pl.DataFrame, *columns: str) -> Iterator[tuple[Any, ...]]:
    """The rows of a table that may not be there."""
    return iter(frame.select(columns).iter_rows()) if frame.width else iter(())
