"""gate: the written bytes are measured afresh, and each threshold holds up to its very limit."""

from collections.abc import Callable, Iterable
from typing import Any, Literal

import orjson
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.builders import assigned_sides, chat, pair, tables_of
from tuneset.example_tables import Example, render_lines, to_examples
from tuneset.execution.gate.hints import hints
from tuneset.json_text import dump_line
from tuneset.params import GateParams
from tuneset.stages.dedup_keys import with_keys
from tuneset.stages.example_groups import group_keys
from tuneset.stages.gate import (
    Gate,
    Measured,
    asked_text,
    equal_prompts,
    evaluate,
    prompt_digests,
)

OFF = GateParams(
    max_drop_rate=None, min_examples=None, min_validation_examples=None, max_validation_overlap=None, max_cost_usd=None
)


def lines(*examples: Example) -> list[bytes]:
    return [dump_line(example) for example in examples]


def measure(train: Iterable[bytes], validation: Iterable[bytes]) -> Measured:
    """What a run measures of two files, in one piece and without near duplicates."""
    trained = [orjson.loads(line) for line in train]
    asked = prompt_digests([orjson.loads(line) for line in validation])
    met = equal_prompts(range(len(trained)), b"".join(prompt_digests(trained)), b"".join(asked))
    return found(len(trained), len(asked), len(met) / max(len(asked), 1))


def found(train: int, validation: int, share: float) -> Measured:
    return Measured(train, validation, {"equal_prompt": share})


def overlap_of(train: list[Example], validation: list[Example]) -> float:
    return measure(lines(*train), lines(*validation)).leaks["equal_prompt"] or 0.0


def talk(*messages: tuple[str, str]) -> Example:
    return {"messages": [{"role": role, "content": content} for role, content in messages]}


@pytest.mark.parametrize(
    "other",
    [
        chat("what is a list + 1?", "A sequence."),
        chat("whatis a list?", "A sequence."),
        talk(("user", "what is a list?"), ("assistant", "A sequence."), ("user", "Sure?"), ("assistant", "Yes.")),
        talk(("user", "what is"), ("user", "a list?"), ("assistant", "A sequence.")),
        talk(("assistant", "what is a list?"), ("assistant", "A sequence.")),
        {"messages": [{"role": "user", "content": "what is a list?", "name": "ann"}, {"role": "assistant"}]},
        {"messages": [{"role": "user", "content": [{"type": "text", "text": "what is a list?"}, {"type": "file"}]}]},
        {"messages": [{"role": "user"}, {"role": "assistant", "content": "what is a list?"}]},
    ],
)
def test_another_question_is_no_overlap(other: Example) -> None:
    assert overlap_of([other], [chat("what is a list?", "A sequence.")]) == 0


@pytest.mark.parametrize(
    "other",
    [
        chat("What  IS\na list? ", "Something else."),
        chat("what is a list", "A sequence."),
        chat("\uff37hat is a \u201clist\u201d\u2026", "A sequence."),
        chat("what is a list?", "A sequence.", system="Be brief."),
        {**chat("what is a list?", "a"), "tools": [{"type": "function"}]},
        pair("what is a list?", "a", "b"),
        {"messages": [{"role": "user", "content": "what is a list?"}], "answer": 7},
        {"messages": [{"role": "user", "content": [{"type": "text", "text": "What is a list"}]}]},
        {"messages": [{"role": "developer", "content": "s"}, {"role": "user", "content": "what is a list?"}]},
    ],
)
def test_the_same_question_overlaps_whatever_its_answer_system_message_or_form(other: Example) -> None:
    assert overlap_of([other], [chat("what is a list?", "A sequence.")]) == 1


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["system", "user", "assistant"]),
            st.text("aB \n\u03a3'\u0130\u00df-!.1\u00e9", max_size=9)
            | st.text("ab -!1.'", max_size=9).map(lambda text: text * 40)
            | st.none(),
        ),
        max_size=4,
    ),
    st.sampled_from(
        [
            str.upper,
            str.lower,
            lambda text: text.replace(" ", " \t\n"),
            lambda text: f" {text}\n",
            lambda text: f"{text}?",
        ]
    ),
)
def test_what_asks_the_same_is_never_told_apart_by_its_end(
    messages: list[tuple[str, str | None]], change: Callable[[str], str]
) -> None:
    one = {"messages": [{"role": role, "content": content} for role, content in messages]}
    other = {"messages": [{"role": role, "content": content and change(content)} for role, content in messages]}
    first, second = prompt_digests([one, other])
    if first == second:
        assert hints([asked_text(one)]).tolist() == hints([asked_text(other)]).tolist()
        assert overlap_of([one], [other]) == 1


def test_calls_before_the_last_answer_belong_to_the_question() -> None:
    def asked(city: str, call_id: str) -> Example:
        call = {"id": "1", "type": "function", "function": {"name": "w", "arguments": f'{{"city":"{city}"}}'}}
        middle = [
            {"role": "assistant", "content": None, "tool_calls": [call]},
            {"role": "tool", "content": "20", "tool_call_id": call_id},
        ]
        first, last = chat("Weather?", "It is 20.")["messages"]
        return {"messages": [first, *middle, last]}

    assert overlap_of([asked("Rome", "1")], [asked("Paris", "1")]) == 0
    assert overlap_of([asked("Rome", "1")], [asked("Rome", "2")]) == 1


def test_overlap_is_a_share_of_the_validation_examples() -> None:
    train = [chat(text, "a") for text in ("p", "q", "q", "r")]
    measured = measure(lines(*train), lines(chat("q", "x"), chat("Q", "y"), chat("s", "z"), chat("t", "z")))
    assert measured == found(4, 4, 0.5)


def test_empty_files_hold_nothing() -> None:
    assert measure([], []) == found(0, 0, 0.0)
    assert measure(lines(chat("q", "a")), []) == found(1, 0, 0.0)


TEXT = st.sampled_from(["a", "A ", "b", "", "ß", "İ x", "null", '"', "\u3000a", "\n"])
EXTRA = st.fixed_dictionaries(
    {},
    optional={
        "name": st.sampled_from(["ann", "bob"]) | st.none(),
        "weight": st.sampled_from([0, 1, 1.0, True]),
        "tool_call_id": st.sampled_from(["1", "2", 3]),
        "tool_calls": st.sampled_from([[], [{"id": "1"}], [{"id": "2"}], None]),
        "refusal": st.none() | TEXT,
        "audio": st.just({"a": 1, "b": 2}) | st.just({"b": 2, "a": 1}),
    },
)
CONTENT = TEXT | st.none() | st.sampled_from([[], [{"type": "text", "text": "a"}], [{"type": "text", "text": "A"}]])
MESSAGE = st.builds(
    lambda role, content, extra: {"role": role, **content, **extra},
    st.sampled_from(["system", "developer", "user", "assistant", "tool"]),
    st.fixed_dictionaries({}, optional={"content": CONTENT}),
    st.just({}) | EXTRA,
)
ANSWER = st.fixed_dictionaries({"role": st.just("assistant"), "content": TEXT})
CHAT = st.builds(lambda before, last: {"messages": [*before, last]}, st.lists(MESSAGE, max_size=3), ANSWER)
ASKED = st.builds(
    lambda before, last: {"messages": [*before, {"role": "user", "content": last}]}, st.lists(MESSAGE, max_size=2), TEXT
)
PAIR = st.builds(
    lambda asked, good, bad: {"input": asked, "preferred_output": [good], "non_preferred_output": [bad]},
    ASKED,
    ANSWER,
    ANSWER,
)
FORMS = (
    st.tuples(st.just("sft"), st.lists(CHAT, min_size=2, max_size=6))
    | st.tuples(st.just("rft"), st.lists(ASKED, min_size=2, max_size=6))
    | st.tuples(st.just("dpo"), st.lists(PAIR, min_size=2, max_size=6))
)


@given(FORMS)
def test_the_gate_sees_the_same_questions_as_the_split(
    case: tuple[Literal["sft", "dpo", "rft"], list[Example]],
) -> None:
    line_format, examples = case
    tables = with_keys(tables_of(examples, line_format=line_format))
    keys = tables.examples["prompt_key"].to_list()
    digests = prompt_digests([orjson.loads(line) for line in render_lines(tables)])
    assert len(set(zip(keys, digests, strict=True))) == len(set(keys)) == len(set(digests))


@given(st.lists(CHAT, max_size=12), st.floats(0, 1, exclude_max=True) | st.integers(1, 8))
def test_what_was_split_by_prompt_never_overlaps(examples: list[Example], validation: float) -> None:
    tables = with_keys(tables_of(examples))
    alone = (pl.lit(None, pl.String).alias("component"), pl.lit("all").alias("stratum"))
    groups = tables.examples.select("row_id", group_keys(tables.examples, "prompt"), *alone)
    sides = assigned_sides(groups, validation, 0, "salt")["side"]
    written = {
        side: [dump_line(example) for example in to_examples(tables.keep(sides == side))]
        for side in ("train", "validation")
    }
    measured = measure(written["train"], written["validation"])
    assert measured.leaks == {"equal_prompt": 0}
    assert measured.train_examples + measured.validation_examples == len(examples)


@given(st.lists(st.sampled_from("abcdef"), max_size=8), st.lists(st.sampled_from("abcdef"), max_size=8))
def test_overlap_is_what_counting_by_hand_gives(train: list[str], validation: list[str]) -> None:
    expected = sum(text in train for text in validation) / len(validation) if validation else 0.0
    assert overlap_of([chat(text, "1") for text in train], [chat(text, "2") for text in validation]) == expected


def judged(params: GateParams, measured: Measured, *, drop_rate: float = 0.0, usd: float | None = 0.0) -> list[Gate]:
    rows = {"train": measured.train_examples, "validation": measured.validation_examples, "drop_rate": drop_rate}
    return evaluate({"rows": rows, "cost": {"estimate_usd": usd}}, measured, params)


def only(name: str, limit: float) -> GateParams:
    return OFF.model_copy(update={name: limit})


@pytest.mark.parametrize(
    ("name", "limit", "good", "bad", "remedy"),
    [
        (
            "max_drop_rate",
            0.5,
            {"drop_rate": 0.5},
            {"drop_rate": 0.500001},
            "look at the reasons above, and at single rows with `tuneset explain FILE:LINE`",
        ),
        (
            "max_cost_usd",
            2.0,
            {"usd": 2.0},
            {"usd": 2.0001},
            "fewer epochs, fewer examples, or a cheaper model",
        ),
        (
            "min_examples",
            10,
            {"measured": found(9, 1, 0.0)},
            {"measured": found(8, 1, 0.0)},
            "providers refuse fewer: add data",
        ),
        (
            "min_validation_examples",
            3,
            {"measured": found(0, 3, 0.0)},
            {"measured": found(90, 2, 0.0)},
            "set split.validation to a number of examples, such as 5, or to a larger share; one group never divides",
        ),
        (
            "max_validation_overlap",
            0.25,
            {"measured": found(1, 4, 0.25)},
            {"measured": found(1, 4, 0.26)},
            "set split.group_by to prompt, or dedup.key to prompt",
        ),
    ],
)
def test_each_gate_holds_up_to_its_limit_and_not_beyond(
    name: str, limit: float, good: dict[str, Any], bad: dict[str, Any], remedy: str
) -> None:
    kind = "at most" if name.startswith("max") else "at least"
    for state, passed in ((good, True), (bad, False)):
        (gate,) = judged(only(name, limit), **{"measured": found(1, 1, 0.0), **state})
        assert (gate.name, gate.kind, gate.limit, gate.passed, gate.remedy) == (name, kind, limit, passed, remedy)
        assert (gate.value == limit) == passed


def test_a_limit_of_zero_is_a_limit() -> None:
    assert [gate.passed for gate in judged(only("max_validation_overlap", 0.0), found(5, 5, 0.2))] == [False]
    assert [gate.passed for gate in judged(only("max_cost_usd", 0.0), found(5, 5, 0.0), usd=0.0)] == [True]


def test_an_unknown_cost_holds_no_limit() -> None:
    (gate,) = judged(only("max_cost_usd", 1000.0), found(1, 1, 0.0), usd=None)
    assert (gate.value, gate.passed) == (None, False)


def test_gates_that_are_off_are_not_judged() -> None:
    assert judged(OFF, found(0, 0, 1.0), drop_rate=1.0, usd=None) == []


def test_the_default_gates_stand_in_their_order() -> None:
    assert [gate.name for gate in judged(GateParams(), found(90, 10, 0.0))] == [
        "max_drop_rate",
        "min_examples",
        "min_validation_examples",
        "max_validation_overlap",
    ]


def test_files_that_are_not_those_of_the_metrics_are_caught() -> None:
    metrics = {"rows": {"train": 5, "validation": 1, "drop_rate": 0.0}, "cost": {"estimate_usd": 0.0}}
    for measured in (found(4, 1, 0.0), found(5, 2, 0.0)):
        with pytest.raises(
            AssertionError, match=r"^gate: the files hold other numbers of examples than metrics\.json$"
        ):
            evaluate(metrics, measured, GateParams())


def test_a_file_that_was_written_line_by_line_is_read_line_by_line() -> None:
    data = b"".join(lines(chat("q\u2028\x85", "a"), chat("r", "b")))
    assert measure(data.splitlines(keepends=True), []).train_examples == 2
    assert orjson.loads(data.split(b"\n")[0]) == chat("q\u2028\x85", "a")
