"""Every stage gives the same for a frame in several pieces, some of them empty, as for the frame in one piece.

Frames come in pieces where tables were put together, read in batches or filtered; nothing of that is to be seen.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import polars as pl
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.amounts import drawn
from tests.builders import chat, row_id, tables_of
from tests.stages.test_clean_laws import EVERY_FILTER
from tests.stages.test_clean_laws import TABLES as ODD_TABLES
from tests.stages.test_decontaminate import ANSWER, QUESTION, sides
from tuneset import kept_counts, ledger, stage_table
from tuneset.errors import TunesetError
from tuneset.example_tables import render_lines, to_examples
from tuneset.execution import evaluation_files, shard_tasks
from tuneset.model import Format, StageResult, Tables
from tuneset.params import CleanParams, Params, parse_params
from tuneset.profile import load_profile
from tuneset.review_marks import content_hash, new_mark
from tuneset.rules.engine.check_context import make_context
from tuneset.similarity.near_duplicates import GROUPS_SCHEMA
from tuneset.stages import (
    clean,
    decontaminate,
    dedup,
    dedup_keys,
    near_texts,
    report,
    report_warnings,
    review,
    split,
    tokenize,
    validate,
)
from tuneset.targets.target import Target

pytestmark = pytest.mark.slow  # every stage on every frame cut in every way

Frame = TypeVar("Frame", pl.DataFrame, pl.Series)

WORDS = st.sampled_from(["plain words ", "noooooooooo ", "?!?! ", "I am ann@acme.org ", "one two three four five "])
TEXT = st.lists(WORDS, min_size=1, max_size=4).map("".join) | st.sampled_from([QUESTION, ANSWER])
# Few texts, so that rows repeat and match.
PLAIN_TABLES = st.lists(st.builds(chat, TEXT, TEXT), max_size=6).map(tables_of)
SIZES = st.lists(st.integers(0, 3), max_size=6)
SETTINGS = settings(max_examples=drawn(12, 30))
LATE = ([chat("Hi?", "Yes.")] * 3 + [chat("Hi?", "one two three four five six seven " * 9)] * 2, [3, 0, 2])
"""Examples of which only the last two are long, and pieces of which those are one."""


def in_pieces(frame: Frame, sizes: Sequence[int]) -> Frame:
    """The same rows in pieces of these sizes, with what is left over in the last one."""
    if isinstance(frame, pl.Series):
        return in_pieces(frame.to_frame(), sizes).to_series()
    ends: list[int] = [min(end, frame.height) for end in itertools.accumulate(sizes)]
    # polars drops an empty piece where frames are put together, and keeps one that a filter has emptied.
    pieces = [
        pl.concat([frame[start:end], frame.clear(1)], rechunk=True).with_columns(
            stays=pl.Series([True] * (end - start) + [False])
        )
        for start, end in itertools.pairwise([0, *ends, frame.height])
    ]
    together = pl.concat(pieces, rechunk=False)
    return together.filter(together["stays"]).drop("stays")


def tables_in_pieces(tables: Tables, sizes: Sequence[int]) -> Tables:
    return Tables(in_pieces(tables.examples, sizes), in_pieces(tables.messages, sizes))


def told(made: object) -> object:
    """What a stage made, as values that can be compared."""
    match made:
        case pl.DataFrame():
            return made.schema, made.rows()
        case pl.Series():
            return made.name, made.dtype, made.to_list()
        case Tables():
            return told(made.examples), told(made.messages)
        case StageResult():
            return told(made.tables), told(made.rejects), dict(made.metrics), told(dict(made.report_tables))
        case dict():
            return {name: told(value) for name, value in made.items()}
        case list() | tuple():
            return [told(value) for value in made]
        case memoryview():
            return made.tobytes()
    return made


def outcome(function: Callable[[], object]) -> object:
    """What a function gives, or how it refuses."""
    try:
        return told(function())
    except TunesetError as error:
        return type(error), str(error)


def assert_same(function: Callable[[Tables], object], tables: Tables, sizes: Sequence[int]) -> None:
    pieces = tables_in_pieces(tables, sizes)
    assert told(pieces) == told(tables)
    assert outcome(lambda: function(pieces)) == outcome(lambda: function(tables))


def params(**sections: Any) -> Params:  # noqa: ANN401  any section
    return parse_params(sections, "params")


def form_of(tables: Tables) -> Format:
    form: Format = "dpo" if (tables.examples["format"] == "dpo").any() else "sft"
    return form


def test_pieces_are_as_asked_for() -> None:
    pieces = in_pieces(pl.DataFrame({"a": [1, 2, 3]}), [0, 2, 0])
    assert [len(chunk) for chunk in pieces["a"].get_chunks()] == [0, 2, 0, 1]
    assert pieces["a"].to_list() == [1, 2, 3]


# --- row by row --------------------------------------------------------------------------------------------------

FILTERS = [
    {},
    *({name: value} for name, value in EVERY_FILTER.items()),
    # Each drops nearly every row, so that there is something to say of rows in several pieces.
    {"min_chars": 999}, {"max_chars": 1}, {"min_turns": 9}, {"max_turns": 0}, {"min_answer_chars": 999},
    {"max_repeated_lines": -1.0}, {"max_repeated_ngrams": -1.0}, {"max_run": 0}, {"max_symbols": -1.0},
    {"languages": ["xx"], "language_min_score": 0.0, "language_min_chars": 0},
]  # fmt: skip


def clean_params(filters: dict[str, Any], **changes: Any) -> CleanParams:  # noqa: ANN401  any switch
    # Some limits are outside of what params may ask for; the filters themselves take any number.
    base = CleanParams.model_validate(changes)
    return base.model_copy(update={"filters": base.filters.model_copy(update=filters)})


@pytest.mark.parametrize("filters", FILTERS, ids=str)
@settings(max_examples=drawn(6, 30))
@given(ODD_TABLES | PLAIN_TABLES, SIZES)
def test_clean(filters: dict[str, Any], tables: Tables, sizes: list[int]) -> None:
    assert_same(lambda given: clean.clean(given, clean_params(filters)), tables, sizes)


@settings(max_examples=drawn(6, 30))
@given(ODD_TABLES | PLAIN_TABLES, SIZES)
def test_clean_with_a_trace(tables: Tables, sizes: list[int]) -> None:
    assert_same(lambda given: clean.clean(given, clean_params(EVERY_FILTER, trace=True)), tables, sizes)


@pytest.mark.parametrize("policy", ["redact", "drop", "flag"])
@settings(max_examples=drawn(6, 30))
@given(ODD_TABLES | PLAIN_TABLES, SIZES)
def test_clean_with_each_policy_of_private_data(policy: str, tables: Tables, sizes: list[int]) -> None:
    redact = {"email": policy, "phone": policy}
    assert_same(lambda given: clean.clean(given, clean_params({}, redact=redact)), tables, sizes)


@SETTINGS
@given(ODD_TABLES | PLAIN_TABLES, SIZES)
def test_validate(tables: Tables, sizes: list[int]) -> None:
    context = make_context(form_of(tables), load_profile("openai"), "gpt-4o-mini-2024-07-18")
    assert_same(lambda given: validate.validate(given, context), tables, sizes)


@pytest.mark.parametrize("limit", [1, 12, 30])
@pytest.mark.parametrize("over_length", ["drop", "truncate", "error"])
@SETTINGS
@given(ODD_TABLES | PLAIN_TABLES, SIZES)
@example(tables_of(LATE[0]), LATE[1])
def test_tokenize(over_length: Any, limit: int, tables: Tables, sizes: list[int]) -> None:  # noqa: ANN401  a literal
    length = tokenize.Length(Target("o200k_base"), limit, over_length)
    assert_same(lambda given: tokenize.tokenize(given, length), tables, sizes)
    counted = tables.examples.with_columns(tokenize.count_tokens(tables, length.target))
    assert_same(lambda given: tokenize.tokenize(given, length), Tables(counted, tables.messages), sizes)


STEPS = [row for row in stage_table.STAGES if row.step]
REASONED = st.builds(
    lambda asked, thought, weight: {
        **chat(asked, f"<think>\n{thought}\n</think>\nSo it is."),
        **({} if weight is None else {"sample_weight": weight}),
    },
    TEXT,
    TEXT,
    st.sampled_from([None, 0.5]),
)
ODD_LINES = st.lists(REASONED | st.builds(chat, TEXT, TEXT), max_size=6).map(tables_of)


@pytest.mark.parametrize("row", STEPS, ids=lambda row: row.name)
@SETTINGS
@given(ODD_TABLES | ODD_LINES, SIZES, st.sampled_from(["auto", "drop"]))
def test_each_step_of_the_stage_table(row: stage_table.Stage, tables: Tables, sizes: list[int], reasoning: str) -> None:
    method = "dpo" if form_of(tables) == "dpo" else "supervised"
    chosen = params(clean={"reasoning": reasoning}, tune={"method": method}, tokenize={"max_tokens": 20})
    assert_same(lambda given: stage_table.load(row.step)(given, chosen), tables, sizes)


@SETTINGS
@given(PLAIN_TABLES, SIZES, st.lists(st.sampled_from(["drop", "edit", "keep", None]), min_size=6, max_size=6))
def test_review(tables: Tables, sizes: list[int], actions: list[str | None]) -> None:
    rows = zip(to_examples(tables), tables.examples["row_id"], actions, strict=False)
    marks = [
        new_mark(row, content_hash(one), action, chat("a", "new one") if action == "edit" else None, "ann")
        for one, row, action in rows
        if action is not None
    ]
    assert_same(lambda given: review.review(given, review.decided(marks)), tables, sizes)


# --- dedup -------------------------------------------------------------------------------------------------------


@SETTINGS
@given(ODD_TABLES | PLAIN_TABLES, SIZES)
def test_what_dedup_compares_by(tables: Tables, sizes: list[int]) -> None:
    chosen = params(dedup={"near": {"permutations": 64}})
    assert_same(dedup_keys.with_keys, tables, sizes)
    assert_same(lambda given: shard_tasks.bands(given, chosen), tables, sizes)
    assert_same(
        lambda given: [list(near_texts.near_texts(given, "prompt")), list(evaluation_files.texts(given))], tables, sizes
    )
    assert_same(lambda given: dedup_keys.priorities(given, "length", ["raw*"]), tables, sizes)


@SETTINGS
@given(st.lists(st.sampled_from("abc"), max_size=6), SIZES, st.sampled_from(["drop", "keep_together"]))
def test_what_dedup_decides(keys: list[str], sizes: list[int], policy: Any) -> None:  # noqa: ANN401  a literal
    frame = pl.DataFrame(
        {"messages_key": keys, "rank": range(len(keys))}, {"messages_key": pl.String, "rank": pl.Int64}
    )
    rows = [(number, 0, 0.9, 0) for number in range(len(keys))]
    groups = pl.DataFrame(rows, GROUPS_SCHEMA, orient="row")

    def decided(cut: Callable[[pl.DataFrame], pl.DataFrame]) -> object:
        exact = dedup.find_exact(cut(frame), "messages")
        return told([exact, dedup.decide(cut(exact), cut(groups), policy)])

    assert decided(lambda given: in_pieces(given, sizes)) == decided(lambda given: given)


@SETTINGS
@given(PLAIN_TABLES, SIZES, st.lists(st.sampled_from([None, 0.9, 1.0]), min_size=6, max_size=6))
def test_dedup(tables: Tables, sizes: list[int], similar: list[float | None]) -> None:
    ids = tables.examples["row_id"].to_list()
    rows = [
        (one, row_id(1), "DUP001" if share is None else "DUP002", share, row_id(1), None)
        for one, share in zip(ids, similar, strict=False)
        if one != row_id(1)
    ]
    decisions = pl.DataFrame(rows, dedup.DECISIONS_SCHEMA, orient="row")
    assert_same(lambda given: dedup.dedup(given, decisions), tables, sizes)
    assert_same(lambda given: dedup.dedup(given, in_pieces(decisions, sizes)), tables, sizes)


@SETTINGS
@given(PLAIN_TABLES, SIZES)
def test_decontaminate(tables: Tables, sizes: list[int]) -> None:
    chosen = sides([QUESTION], [ANSWER])
    assert_same(lambda given: decontaminate.decontaminate(given, evaluation_files.texts(given), chosen), tables, sizes)
    texts = [in_pieces(text, sizes) for text in evaluation_files.texts(tables)]
    assert_same(lambda given: decontaminate.decontaminate(given, texts, chosen), tables, sizes)


# --- split and report --------------------------------------------------------------------------------------------


@SETTINGS
@given(PLAIN_TABLES, SIZES, st.sampled_from([0.4, 2]), st.sampled_from([None, "source"]))
def test_split(tables: Tables, sizes: list[int], validation: float, stratify_by: str | None) -> None:
    chosen = params(split={"validation": validation, "stratify_by": stratify_by})
    ready = tokenize.tokenize(dedup_keys.with_keys(tables), tokenize.Length(Target("o200k_base"), None, "drop")).tables
    component = pl.Series("component", ["near", None, "near", None, None, None][: ready.examples.height], pl.String)
    alone = pl.lit(None, pl.String).alias("conversation")
    ready = Tables(ready.examples.with_columns(component, alone), ready.messages)
    assert_same(lambda given: shard_tasks.render(given, chosen), ready, sizes)
    lines = shard_tasks.render(ready, chosen)["lines"]
    assert isinstance(lines, pl.DataFrame)
    cut = in_pieces(lines, sizes)
    assert told(split.assign_sides(cut, validation, 0.1)) == told(split.assign_sides(lines, validation, 0.1))


@SETTINGS
@given(ODD_TABLES, SIZES)
def test_lines(tables: Tables, sizes: list[int]) -> None:
    assert_same(render_lines, tables, sizes)


KEPT = st.lists(
    st.tuples(st.sampled_from(split.SIDES), st.integers(0, 99), st.integers(0, 99), st.sampled_from("ab")), max_size=6
)


@SETTINGS
@given(KEPT, SIZES)
def test_report(rows: list[tuple[str, int, int, str]], sizes: list[int]) -> None:
    names: dict[str, Any] = {
        "side": split.SIDE, "tokens": pl.Int64, "characters": pl.Int64, "prompt_key": pl.String,
    }  # fmt: skip
    kept = pl.DataFrame(rows, names, orient="row")
    stats = {"ingest": {"rows_in": len(rows)}}

    def reported(rows: pl.DataFrame) -> object:
        kept = kept_counts.counted(rows)
        warnings = report_warnings.warnings(stats, kept, Params(), {}, ())
        numbers = report.metrics(
            stats, kept, model=None, n_epochs=3, encoding="o200k_base", unused={}, warnings=warnings
        )
        return told([numbers, report.histogram(kept, "tokens")])

    assert reported(in_pieces(kept, sizes)) == reported(kept)


@SETTINGS
@given(PLAIN_TABLES, SIZES)
def test_ledger(tables: Tables, sizes: list[int]) -> None:
    went = tokenize.tokenize(tables, tokenize.Length(Target("o200k_base"), 20, "drop"))
    kept = went.tables.examples.with_columns(side=pl.lit("train"), written_line=pl.col("line"))
    whole = ledger.build(kept, went.rejects)
    assert told(ledger.build(in_pieces(kept, sizes), in_pieces(went.rejects, sizes))) == told(whole)


# --- many rows, which polars itself cuts into pieces where it joins them -----------------------------------------

ODD = [chat(QUESTION, ANSWER), chat(f"Tell me: {QUESTION}", "noooooooooo " * 9)]
MANY = 1500
DROPS: dict[str, Callable[[Tables], StageResult]] = {
    "filters": lambda given: clean.clean(given, clean_params({"max_chars": 90})),
    "contamination": lambda given: decontaminate.decontaminate(
        given, evaluation_files.texts(given), sides([QUESTION], [ANSWER])
    ),
    "dropped": lambda given: tokenize.tokenize(given, tokenize.Length(Target("o200k_base"), 20, "drop")),
    "not truncated": lambda given: tokenize.tokenize(given, tokenize.Length(Target("o200k_base"), 20, "truncate")),
}


@pytest.mark.parametrize("stage", DROPS)
@pytest.mark.parametrize("before", [0, MANY // 2, MANY])
def test_rows_that_go_are_told_the_same_wherever_they_stand_among_many(stage: str, before: int) -> None:
    rows = [chat(f"{number}?", "Yes.") for number in range(MANY)]
    among = DROPS[stage](tables_of([*rows[:before], *ODD, *rows[before:]])).rejects
    alone = DROPS[stage](tables_of(ODD, first_line=before + 1)).rejects
    assert told(among) == told(alone)
    assert among.height == len(ODD)
