"""Raw records to examples: the shape of each is found and read, and what has none is rejected with its reason.

Values are not judged here; that is what `validate` is for. Files are not opened here; `reading.read` does that.
"""

from __future__ import annotations

import collections
from collections.abc import Collection, Mapping, Sequence
from typing import Any, NamedTuple

import polars as pl
import xxhash

from tuneset import labelled_by
from tuneset.class_columns import judged_key, met_key
from tuneset.drop_reasons import LABELLED_BAD, MARKED, UNKNOWN_SHAPE
from tuneset.errors import UsageError
from tuneset.example_tables import Example, to_tables
from tuneset.json_text import TooDeepError, shown_key
from tuneset.metric_names import metric_name
from tuneset.model import REJECTS_SCHEMA, Format, StageResult, Tables
from tuneset.params import IngestParams, MarkKind
from tuneset.reading import undecided_marks
from tuneset.reading.branches import of_branch
from tuneset.reading.containers import cut_cells
from tuneset.reading.containers.json_value import too_deep
from tuneset.reading.held_out import held_out
from tuneset.reading.loss_marks import with_weights
from tuneset.reading.message_times import in_order
from tuneset.reading.moderation_marks import marks
from tuneset.reading.preference_scores import against
from tuneset.reading.reasoning import with_reasoning
from tuneset.reading.records import RawReject, Records
from tuneset.reading.rendered_turns import begins_with_marks, without_marks
from tuneset.reading.shapes import companions, unused_columns
from tuneset.reading.shapes.base import ShapeError
from tuneset.reading.shapes.choose import KnownShapes, chooser, known_shapes
from tuneset.reading.shapes.unknown_row import unknown
from tuneset.reading.unfinished import unfinished, without_unfinished
from tuneset.reading.verdicts import class_columns, may_judge, number_columns, score_columns, verdict
from tuneset.reading.written_calls import with_calls
from tuneset.roles import SYSTEM_ROLES

_Counts = collections.Counter[str]

_PLAIN_KEYS = 2  # a role and a content


class _Read(NamedTuple):
    """What has been made of the records so far: one entry an example in each list."""

    examples: list[Example]
    metas: list[Mapping[str, Any] | None]
    lines: list[int]
    items: list[int]


def ingest(
    records: Records, source: str, params: IngestParams, line_format: Format, classes: Collection[str] = ()
) -> StageResult:
    """Turn the raw records of one file into examples of one line format.

    `source` is the file as ledgers name it, `classes` are the columns whose numbers and states other rows of the file
    show to be classes; what these rows show of that, `class_columns` counts among the metrics. These count `rows.read`,
    `shape.NAME` for each shape met, `unread.NAME` rows that a mapping fits and that could not be read,
    `unused:["SOURCE","COLUMN"]` the rows in which a column holds text that the example does not say,
    `scored:["SOURCE","COLUMN"]` those with a score, `marked:["SOURCE","COLUMN","KIND"]` those that moderation or
    redaction marked and that are kept, `undecided:["SOURCE","COLUMN"]` those that are kept though they may say that
    they are bad, `cut_cells:["SOURCE","COLUMN"]` those with a cell as long as Excel lets
    one be, `held_out:["SOURCE","COLUMN","WORD"]` those that are kept though they say that they are of a side for
    measuring, and `labelled_by:["SOURCE","MODEL"]` those whose answer a model gave. Raises
    UsageError where there is a column of text that is not used and `params.columns` is `error`.
    """
    known, of_classes = _classes_of_labels(records, source, classes) if line_format == "kto" else (frozenset(), {})
    shapes = known_shapes(line_format, params.mapping, source, known)
    drops_bad = line_format == "sft" and params.labelled_bad == "drop"
    weighs_scores = line_format == "dpo" and params.labelled_bad == "drop"
    read, rejects, counts, unused, scored = _read(
        records, shapes, line_format, source, drops_bad=drops_bad, weighs_scores=weighs_scores
    )
    if unused and params.columns == "error":
        raise _unused_error(unused, source)
    counts.update(of_classes)
    rejects += records.rejects
    if drops_bad:
        read, judged = _without_labelled_bad(read, rejects, source, classes)
        counts.update(judged)
    if line_format == "rft":  # what a grader reads stays
        marked = _held_out_examples(read, source)
    else:
        read, marked = _settle_marked(read, rejects, params.drop_marked, source)
        marked |= undecided_marks.counts(read.metas, source) if drops_bad else {}
    if params.system is not None:
        read.examples[:] = [_with_system(example, params.system, line_format) for example in read.examples]
    try:
        tables = _tables(read, source, line_format)
    except TooDeepError:
        read = _without_too_deep(read, source, line_format, rejects)
        tables = _tables(read, source, line_format)
    metrics = {"rows.read": records.rows, **dict(sorted(counts.items()))}
    metrics |= {metric_name("unused", source, name): count for name, count in sorted(unused.items())}
    metrics |= {metric_name("scored", source, name): count for name, count in sorted(scored.items())}
    metrics |= marked | cut_cells.counts(records.values, source)
    result = StageResult(tables, _reject_rows(rejects, source), metrics)
    return result.check_conservation("ingest", records.rows)


def _read(
    records: Records, shapes: KnownShapes, line_format: Format, source: str, *, drops_bad: bool, weighs_scores: bool
) -> tuple[_Read, list[RawReject], _Counts, _Counts, _Counts]:
    """Read every record by its shape; the shape of a set of keys is looked up once.

    Gives what was read, what was not, the counts of shapes, in how many rows each column was not used, and in how many
    it holds a score.
    """
    read = _Read([], [], [], [])
    rejects: list[RawReject] = []
    met: dict[str, int] = {}
    counts: collections.Counter[str] = collections.Counter()
    unused: _Counts = collections.Counter(records.beside)
    scored: _Counts = collections.Counter()
    shape_of, read_row = chooser(shapes), companions.read_row
    add_example, add_meta = read.examples.append, read.metas.append
    add_line, add_item = read.lines.append, read.items.append
    for line, item, record in zip(records.lines, records.items, records.values, strict=True):
        shape = shape_of(record)
        if shape is None:
            said = unfinished(record) if drops_bad else None  # an error in place of an answer has the keys of none
            code, detail = (LABELLED_BAD, said) if said else (UNKNOWN_SHAPE, unknown(record, line_format))
            rejects.append(RawReject(line, item, code, detail))
            continue
        try:
            shaped = read_row(shape, record)
        except ShapeError as error:
            if shape.name.startswith("mapping"):
                counts[f"unread.{shape.name}"] += 1
            rejects.append(RawReject(line, item, error.code, str(error)))
            continue
        if drops_bad and (said := unfinished(record, _last_text(shaped[0]))):
            rejects.append(RawReject(line, item, LABELLED_BAD, said))
            continue
        if weighs_scores and (said := against(record)):
            rejects.append(RawReject(line, item, LABELLED_BAD, said))
            continue
        if shaped[1]:
            if model := labelled_by.teacher(shaped[1]):
                counts[metric_name("labelled_by", source, model)] += 1
            for column in unused_columns.unused(shaped):
                if model is None or column != labelled_by.COLUMN:
                    unused[column] += 1
            for column in score_columns(shaped[1]) if line_format == "sft" else ():
                scored[column] += 1
        met[shape.name] = met.get(shape.name, 0) + 1
        example = shaped[0]
        if not _is_plain(example):
            example = with_calls(with_weights(with_reasoning(of_branch(in_order(example), record))))
            example = without_unfinished(example) if drops_bad else example
        if begins_with_marks(example):
            example = without_marks(example)
        add_example(example)
        add_meta(shaped[1])
        add_line(line)
        add_item(item)
    counts.update({f"shape.{name}": count for name, count in met.items()})
    return read, rejects, counts, unused, scored


def _is_plain(example: Example) -> bool:
    """Whether all messages are a role and a text, and no tools, as in nearly every row: then nothing has another form.

    >>> _is_plain({"messages": [{"role": "user", "content": "?"}]}), _is_plain({"input": {"messages": []}})
    (True, False)
    """
    for message in example.get("messages", ({},)):
        if len(message) != _PLAIN_KEYS or type(message.get("content")) is not str or message.get("role") == "tool":
            return False
    return "tools" not in example


def _without_labelled_bad(
    read: _Read, rejects: list[RawReject], source: str, classes: Collection[str]
) -> tuple[_Read, dict[str, int]]:
    """Leave out the examples of which their own row says that the answer is bad, and reject each.

    Gives what is left, and the counts of which columns hold classes and by which ones rows went that may do so.
    """
    judged = [meta for meta in read.metas if meta and may_judge(meta)]
    if not judged:
        return read, {}
    own = class_columns(judged)
    known = own.union(classes)
    counts: _Counts = collections.Counter({met_key(source, name): 1 for name in sorted(own)})
    kept = []
    for row in zip(*read, strict=True):
        example, meta, line, item = row
        found = verdict(meta, _last_text(example), known) if meta else None
        if meta is None or found is None or found[1]:
            kept.append(row)
            continue
        rejects.append(RawReject(line, item, LABELLED_BAD, f"{found[0]} says that the answer is bad"))
        if verdict(meta, _last_text(example), known | {found[0]}) != found:
            counts[judged_key(source, found[0])] += 1
    return _Read(*map(list, zip(*kept, strict=True))) if kept else _Read([], [], [], []), counts


def _classes_of_labels(
    records: Records, source: str, classes: Collection[str]
) -> tuple[frozenset[str], dict[str, int]]:
    """The columns whose numbers are no labels, and the counts of those columns and of the rows judged by numbers."""
    own = class_columns(records.values)
    known = own.union(classes)
    judged = number_columns(records.values, known)
    counts = {met_key(source, name): 1 for name in own} | {judged_key(source, name): judged[name] for name in judged}
    return known, counts


def _settle_marked(
    read: _Read, rejects: list[RawReject], drop: Sequence[MarkKind], source: str
) -> tuple[_Read, dict[str, int]]:
    """Leave out and reject the examples whose row is marked as one of `drop`; the counts of those that stay marked."""
    counts: _Counts = collections.Counter()
    gone: set[int] = set()
    for place, meta in enumerate(read.metas):
        found = marks(meta) if meta else ()
        measuring = held_out(meta) if meta else ()
        if not found and not measuring:
            continue
        by = next((name for name, kind in found if kind in drop), None)
        if by is None and measuring and "held_out" in drop:
            by = measuring[0][0]
        if by is None:
            counts.update(metric_name("marked", source, name, kind) for name, kind in found)
            counts.update(metric_name("held_out", source, name, word) for name, word in measuring)
            continue
        gone.add(place)
        detail = f"{shown_key(by)} marks the row, and ingest.drop_marked leaves such rows out"
        rejects.append(RawReject(read.lines[place], read.items[place], MARKED, detail))
    if gone:
        rows = [row for place, row in enumerate(zip(*read, strict=True)) if place not in gone]
        read = _Read(*map(list, zip(*rows, strict=True))) if rows else _Read([], [], [], [])
    return read, dict(sorted(counts.items()))


def _held_out_examples(read: _Read, source: str) -> dict[str, int]:
    """The counts of examples for reinforcement, whose columns are part of them, that are for measuring."""
    counts: _Counts = collections.Counter()
    for example, meta in zip(read.examples, read.metas, strict=True):
        found = held_out({**example, **(meta or {})})
        counts.update(metric_name("held_out", source, name, word) for name, word in found)
    return dict(sorted(counts.items()))


def _last_text(example: Example) -> str:
    content = example["messages"][-1].get("content") if example["messages"] else None
    return content if type(content) is str else ""


def _unused_error(unused: Mapping[str, int], source: str) -> UsageError:
    names = ", ".join(sorted(shown_key(name) for name in unused))
    return UsageError(
        f"{source}: text in the columns {names} would be in no example",
        hint="say in ingest.mapping where they belong, remove them, or set ingest.columns to warn or keep",
    )


def _with_system(example: Example, system: str, line_format: Format) -> Example:
    """Put a system message before an example that has none; rft calls the role `developer`."""
    holder = example["input"] if line_format == "dpo" else example
    messages = holder["messages"]
    if messages and messages[0].get("role") in SYSTEM_ROLES:
        return example
    role = "developer" if line_format == "rft" else "system"
    changed = {**holder, "messages": [{"role": role, "content": system}, *messages]}
    return {**example, "input": changed} if line_format == "dpo" else changed


def _tables(read: _Read, source: str, line_format: Format) -> Tables:
    return to_tables(
        read.examples,
        row_ids=_row_ids(source, read.lines, read.items),
        source=source,
        lines=read.lines,
        items=read.items,
        line_format=line_format,
        metas=read.metas,
    )


def _row_ids(source: str, lines: Sequence[int], items: Sequence[int]) -> list[str]:
    """16 hex digits for each row, from where it stands."""
    name = source.encode()
    hashed = xxhash.xxh3_64_hexdigest
    return [hashed(b"%b\0%d\0%d" % (name, line, item)) for line, item in zip(lines, items, strict=True)]


def _without_too_deep(read: _Read, source: str, line_format: Format, rejects: list[RawReject]) -> _Read:
    """Leave out the examples that are nested too deeply to be written, and reject each."""
    kept = []
    for row in zip(*read, strict=True):
        example, meta, line, item = row
        try:
            _tables(_Read([example], [meta], [line], [item]), source, line_format)
        except TooDeepError:
            rejects.append(RawReject(line, item, *too_deep()))
        else:
            kept.append(row)
    return _Read(*map(list, zip(*kept, strict=True))) if kept else _Read([], [], [], [])


def _whole_id(source: str, reject: RawReject) -> str | None:
    """The id of the row that begins the conversation of which a row is part, where it is part of one."""
    if reject.part_of is None:
        return None
    return _row_ids(reject.of_source or source, [reject.part_of[0]], [reject.part_of[1]])[0]


def _reject_rows(rejects: Sequence[RawReject], source: str) -> pl.DataFrame:
    ordered = sorted(rejects, key=lambda reject: reject[:3])
    lines = [reject.line for reject in ordered]
    items = [reject.item for reject in ordered]
    return pl.DataFrame(
        {
            "row_id": _row_ids(source, lines, items),
            "source": [source] * len(ordered),
            "line": lines,
            "item": items,
            "stage": ["ingest"] * len(ordered),
            "code": [reject.code for reject in ordered],
            "detail": [reject.detail for reject in ordered],
            "kept_row_id": [_whole_id(source, reject) for reject in ordered],
            "derived_from": [None] * len(ordered),
            "answer": [None] * len(ordered),
        },
        schema=REJECTS_SCHEMA,
    )
