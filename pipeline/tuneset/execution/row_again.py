"""One raw row read again and cleaned as the run did it, to tell what each step changes in it. Nothing is written.

The run itself keeps no trace of single rows: that would cost every row what a few are asked for. Where the raw file is
no more at hand, nothing can be told.
"""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import itertools
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import polars as pl

from tuneset import labelled_by, stage_table
from tuneset.cleaning.clean_trace import TRACE_SCHEMA, trace
from tuneset.cleaning.reasoning import settle_reasoning
from tuneset.errors import TunesetError
from tuneset.example_tables import render_lines, to_tables
from tuneset.execution import row_steps
from tuneset.execution.stores import local_copies
from tuneset.execution.stores.location import RemotePath, location
from tuneset.execution.whole_files.ingested import with_classes
from tuneset.json_text import loads
from tuneset.model import Tables
from tuneset.params import Params, parse_params
from tuneset.reading.containers.base import Shard
from tuneset.reading.containers.batch import BATCH
from tuneset.reading.containers.slack import SLACK
from tuneset.reading.decode import source_label
from tuneset.reading.grouping.pieces import goes_on
from tuneset.reading.raw_shards import cut, numbered
from tuneset.reading.read import read_records
from tuneset.stages import clean, review
from tuneset.targets.masks.single_turns import up_to_answer

_WITH_OTHERS = (BATCH.name, SLACK.name)
"""Containers of which a file is read with others."""
_COUNTED = ("changed.", "removed.", "repaired.", "private.", "decided.")


@dataclasses.dataclass(frozen=True, eq=False)
class RowAgain:
    """What the row became when it was cleaned again.

    Args:
        counts: how often each step changed it: `changed.STEP`, `removed.STEP`, `repaired.CODE`, `private.KIND.found`.
        find_texts: gives `texts`, which take longer than all the rest, where somebody asks for them.
        line: what is written of it, without what later stages change, edits of the review included; None where
            cleaning drops it.
        shown: the cleaned example with placeholders for all private data, also where cleaning drops it; None where the
            row gave no example.
        taught: which model gave the row its answer, and for which row it was asked; empty where none did.
    """

    counts: Mapping[str, int]
    find_texts: Callable[[], pl.DataFrame] = dataclasses.field(repr=False)
    line: bytes | None
    shown: bytes | None = None
    taught: str = ""

    @functools.cached_property
    def texts(self) -> pl.DataFrame:
        """The texts before and after each step, as TRACE_SCHEMA, with placeholders for private data."""
        return self.find_texts()


def read_again(
    source: str, line: int, item: int, manifest: Mapping[str, Any], *, gave_example: bool = True
) -> RowAgain | None:
    """Read and clean the row at a place again, with the params of a run's manifest; None where that is not possible.

    Files are looked for where the run found them, from the working folder on. A row that gave no example by itself
    has no changes; one that did and does not any more is another row.
    """
    try:
        params = parse_params(dict(manifest["params"]), "the params of manifest.json")
        tables = _example(source, line, item, params)
    except (KeyError, OSError, TunesetError):
        return None
    if tables is None:
        return None
    if tables.examples.is_empty():
        return None if gave_example else RowAgain({}, lambda: pl.DataFrame(schema=TRACE_SCHEMA), None)
    cleaned = row_steps.clean_step(tables, params)
    reviewed = row_steps.review_step(cleaned.tables, params)
    later = _after_cleaning(cleaned.tables, params)
    edited = later[-1][1] if later else cleaned.tables
    written = render_lines(edited)
    counts = {
        name: count
        for name, count in {**cleaned.metrics, **reviewed.metrics}.items()
        if count and name.startswith(_COUNTED) and not name.endswith(".rows")
    }
    shown = render_lines(shown_tables(tables, params))
    told = labelled_by.told(_columns(tables))
    find_texts = functools.partial(_texts, tables, later, params)
    return RowAgain(counts, find_texts, written[0] if written else None, shown[0], told)


def _columns(tables: Tables) -> dict[str, Any]:
    """The columns of the one row that are no part of its example."""
    meta = tables.examples["meta"][0]
    found: dict[str, Any] = loads(meta.encode()) if meta else {}
    return found


def single_turn(line: bytes, answer: int | None) -> bytes:
    """A line of chat up to an answer, as it is written where a conversation is split; the line itself without one."""
    if answer is None or not line.strip():
        return line
    example = loads(line)
    if sum(message.get("role") == "assistant" for message in example["messages"]) < answer:
        return line
    cut = {**example, "messages": up_to_answer(example["messages"], answer)}
    place: dict[str, Any] = {"row_ids": ["0" * 16], "source": "rows", "lines": [1], "items": [0]}
    return render_lines(to_tables([cut], **place, line_format="sft", metas=[None]))[0]


def shown_tables(tables: Tables, params: Params) -> Tables:
    """Examples as cleaning and the review leave them, dropped ones too, with placeholders for private data."""
    cleaned = row_steps.clean_step(tables, params).tables
    later = _after_cleaning(cleaned, params)
    cleaned = later[-1][1] if later else cleaned
    gone = tables.keep(~tables.examples["row_id"].is_in(cleaned.examples["row_id"].implode()))
    if not gone.examples.is_empty():
        *_, (_, last) = _states(gone, params)
        last = clean.hide_private(last, params.clean.redact)
        shown = clean.hide_private(cleaned, params.clean.redact)
        return Tables(pl.concat([shown.examples, last.examples]), pl.concat([shown.messages, last.messages]))
    return clean.hide_private(cleaned, params.clean.redact)


def _after_cleaning(tables: Tables, params: Params) -> list[tuple[str, Tables]]:
    """The examples after each row-wise stage that may change what cleaning left: of the review its edits alone."""
    found = []
    for name in stage_table.row_wise_after("clean"):
        if name == "validate":  # it changes no example
            continue
        if name == "review":
            decided = row_steps.decided(params)
            if not decided.by_content:
                continue
            tables = review.edited(tables, review.look_up(tables, decided))
        else:
            left = stage_table.load(stage_table.stage(name).step)(tables, params).tables
            if left.examples.is_empty():  # that it drops a row is the ledger's to say
                continue
            tables = left
        found.append((name, tables))
    return found


def _example(source: str, line: int, item: int, params: Params) -> Tables | None:
    """The example that the row gives, in tables that are empty where it gives none; None where there is no such row."""
    with _at_hand(source) as found:
        if found is None:
            return None
        alone = isinstance(location(source), RemotePath)
        return _example_of(*found, line, item, params, alone=alone)


def _example_of(path: Path, source: str, line: int, item: int, params: Params, *, alone: bool) -> Tables | None:
    """`_example` of a file in which `source` is; `alone` says that those are not beside it that the run had."""
    line_format = row_steps.line_format(params)
    shards = _shards(path, source, params, alone=alone)
    for shard in _that_may_hold(shards, line):
        for records in read_records(shard, params.ingest.mapping, line_format):
            if line not in records.lines and all(reject.line != line for reject in records.rejects):
                continue
            tables = with_classes(records, source, shards, params, line_format, {}).tables
            examples = tables.examples
            return tables.keep((examples["line"] == line) & (examples["item"] == item))
    return None


def file_of(source: str) -> Path | None:
    """The file that a source names; of a member of an archive the archive."""
    path = Path(source)
    return next((candidate for candidate in (path, *path.parents) if candidate.is_file()), None)


@contextlib.contextmanager
def _at_hand(source: str) -> Iterator[tuple[Path, str] | None]:
    """Yield the file that a source names, and the source as that file has it; of an object a copy, for the block."""
    at = location(source)
    if not isinstance(at, RemotePath):
        path = file_of(source)
        yield None if path is None else (path, source)
        return
    with tempfile.TemporaryDirectory(prefix="tuneset-") as folder:
        member = ""
        while at.parent.name and not at.is_file():  # of a member of an archive the archive
            member = f"/{at.name}{member}"
            at = at.parent
        copy = Path(folder, at.name)
        local_copies.fetch(at, copy)
        yield copy, f"{source_label(copy)}{member}"


def _shards(path: Path, source: str, params: Params, *, alone: bool) -> list[Shard]:
    """The parts of the file; none where it is alone and was read with others."""
    own = [shard for shard in cut([path], params.ingest.encoding, "skip") if shard.source == source]
    if any(shard.container in _WITH_OTHERS or goes_on(shard) for shard in own):  # they lie beside it
        if alone:
            return []
        own = [shard for shard in cut([path.parent], params.ingest.encoding, "skip") if shard.source == source]
    return own


def _that_may_hold(shards: Sequence[Shard], line: int) -> Iterator[Shard]:
    """The part in which the line stands."""
    for shard, following in itertools.pairwise([*numbered(shards), None]):
        if shard is not None and (following is None or following.line > line or following.source != shard.source):
            yield shard
            return


def _states(tables: Tables, params: Params) -> list[tuple[str, Tables]]:
    """The examples after each step of cleaning, with what is made of reasoning as the first."""
    kept = row_steps.profile(params).reasoning
    settled, _ = settle_reasoning(tables, params.clean.reasoning, kept_by_default=kept)
    return [("reasoning", settled), *clean.states(settled, params.clean)]


def _texts(tables: Tables, later: Sequence[tuple[str, Tables]], params: Params) -> pl.DataFrame:
    """The changes of each step, with private data replaced before they are told, so that no value of it is shown."""
    hidden = functools.partial(clean.hide_private, params=params.clean.redact)
    steps = _states(tables, params)
    steps += [(name, state) for name, state in later if not state.examples.is_empty()]
    return trace(hidden(tables), ((name, hidden(state)) for name, state in steps))
