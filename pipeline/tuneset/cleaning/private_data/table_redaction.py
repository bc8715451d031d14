"""Redaction over the two tables of examples and messages.

Clean rows cost one look by a fast engine. Not looked at: `meta`, which is never written, and the names and ids of
messages, whose alphabet the protocol restricts.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping

import polars as pl

from tuneset.cleaning.private_data import detectors
from tuneset.cleaning.private_data.conversation_redaction import redact_conversation
from tuneset.cleaning.private_data.kinds import Detector, Rules
from tuneset.cleaning.private_data.suspects import find_suspects
from tuneset.model import Tables

MESSAGE_COLUMNS = ("content", "parts", "tool_calls", "reasoning", "extra")
EXAMPLE_COLUMNS = ("tools", "extra")
HITS_SCHEMA = pl.Schema({"row_id": pl.String, "kind": pl.String, "policy": pl.String, "count": pl.Int64})


@dataclasses.dataclass(frozen=True)
class TablesRedacted:
    """The tables after redaction, and what was found.

    Args:
        tables: as they came, with the finds of policy `redact` replaced; no row is dropped here.
        hits: one row of HITS_SCHEMA for each example and kind found, in the order of the examples; never a value.
    """

    tables: Tables
    hits: pl.DataFrame

    def to_drop(self) -> pl.Series:
        """The `row_id`s of the examples that hold a kind whose policy is `drop`, each once, in order."""
        return self.hits.filter(pl.col("policy") == "drop")["row_id"].unique(maintain_order=True)


def redact(tables: Tables, rules: Rules) -> TablesRedacted:
    """Redact every conversation of the tables, each on its own.

    The result depends on the rows alone, not on which rows stand beside them.
    """
    if not rules.optional and all(rules.policy(detector.kind) == "off" for detector in detectors.DETECTORS):
        return TablesRedacted(tables, pl.DataFrame(schema=HITS_SCHEMA))
    messages = _Texts(tables.messages, MESSAGE_COLUMNS, rules.optional)
    examples = _Texts(tables.examples, EXAMPLE_COLUMNS, rules.optional)
    suspects = pl.concat([messages.suspect_rows(), examples.suspect_rows()]).unique()
    if suspects.is_empty():
        return TablesRedacted(tables, pl.DataFrame(schema=HITS_SCHEMA))
    of_messages, of_examples = messages.places(suspects), examples.places(suspects)
    hits: list[tuple[str, str, str, int]] = []
    order = tables.examples.filter(pl.col("row_id").is_in(suspects.implode()))["row_id"]
    for row_id in order.unique(maintain_order=True):
        places = [(messages, place) for place in of_messages.get(row_id, ())]
        places += [(examples, place) for place in of_examples.get(row_id, ())]
        texts = [holder.text(place) for holder, place in places]
        result = redact_conversation(texts, rules, [holder.group(place) for holder, place in places])
        for (holder, place), old, new in zip(places, texts, result.texts, strict=True):
            if new != old:
                holder.change(place, new)
        hits += [(row_id, kind, rules.policy(kind), result.counts[kind]) for kind in sorted(result.counts)]
    frame = pl.DataFrame(hits, schema=HITS_SCHEMA, orient="row")
    return TablesRedacted(Tables(examples.changed(), messages.changed()), frame)


def count_hits(hits: pl.DataFrame) -> Mapping[str, int]:
    """How many examples hold each kind, and how many finds there are, as metrics that add up over shards.

    >>> count_hits(pl.DataFrame([("a", "email", "redact", 2)], schema=HITS_SCHEMA, orient="row"))
    {'private.email.rows': 1, 'private.email.found': 2}
    """
    sums = hits.group_by("kind").agg(pl.len().alias("rows"), pl.col("count").sum()).sort("kind")
    return {
        name: number
        for kind, rows, found in sums.iter_rows()
        for name, number in ((f"private.{kind}.rows", rows), (f"private.{kind}.found", found))
    }


class _Texts:
    """The text cells of a frame, read and replaced by (column, index)."""

    def __init__(self, frame: pl.DataFrame, columns: tuple[str, ...], optional: tuple[Detector, ...]) -> None:
        self._frame = frame
        self._columns = tuple(name for name in columns if frame[name].null_count() < frame.height)
        self._groups = {name: find_suspects(frame[name], optional) for name in self._columns}
        self._cells: dict[tuple[str, int], tuple[str, int]] = {}
        self._changes: dict[str, dict[int, str]] = {name: {} for name in self._columns}

    def suspect_rows(self) -> pl.Series:
        suspects = pl.repeat(value=False, n=self._frame.height, dtype=pl.Boolean, eager=True)
        for groups in self._groups.values():
            suspects |= groups > 0
        return self._frame["row_id"].filter(suspects).unique()

    def places(self, rows: pl.Series) -> dict[str, list[tuple[str, int]]]:
        """Where the texts of these rows stand, by row_id, in the order of the frame."""
        wanted = self._frame["row_id"].is_in(rows.implode()).arg_true()
        ids, found = self._frame["row_id"].gather(wanted).to_list(), dict[str, list[tuple[str, int]]]()
        places = wanted.to_list()
        texts = [self._frame[name].gather(wanted).to_list() for name in self._columns]
        groups = [self._groups[name].gather(wanted).to_list() for name in self._columns]
        for number, (row_id, place) in enumerate(zip(ids, places, strict=True)):
            for name, of_column, of_groups in zip(self._columns, texts, groups, strict=True):
                if (text := of_column[number]) is not None:
                    found.setdefault(row_id, []).append((name, place))
                    self._cells[name, place] = (text, of_groups[number])
        return found

    def text(self, place: tuple[str, int]) -> str:
        return self._cells[place][0]

    def group(self, place: tuple[str, int]) -> int:
        return self._cells[place][1]

    def change(self, place: tuple[str, int], text: str) -> None:
        self._changes[place[0]][place[1]] = text

    def changed(self) -> pl.DataFrame:
        columns = []
        for name, changes in self._changes.items():
            if changes:
                texts = pl.Series(list(changes.values()), dtype=pl.String)
                indices = pl.Series(list(changes), dtype=pl.UInt32)
                columns.append(self._frame[name].clone().scatter(indices, texts).alias(name))
        return self._frame.with_columns(columns) if columns else self._frame
