"""The shape that is remembered for a set of keys is the one that trying every shape in turn gives."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tuneset.model import Format
from tuneset.reading.shapes import registry
from tuneset.reading.shapes.choose import choose, chooser, known_shapes, possible_shapes, taker

KEYS = ("messages", "tools", "history", "data", "choices", "completion", "output", "toolConfig", "conversations", "id")
TURN = st.dictionaries(
    st.sampled_from(["role", "content", "speaker", "text", "from", "value"]),
    st.sampled_from(["user", "assistant", "Human", "Why?", None, [{"text": "a"}], [{"type": "tool_use"}]]),
    max_size=3,
)
PLAIN_TURN = st.fixed_dictionaries({"role": st.sampled_from(["user", "assistant"]), "content": st.just("Why so?")})
COLUMN: st.SearchStrategy[Any] = st.one_of(
    st.lists(st.one_of(TURN, PLAIN_TURN), max_size=3),
    st.lists(PLAIN_TURN, min_size=1, max_size=3),
    st.sampled_from([None, "", "Yes.", [{"input_schema": {}}], [{"message": {"role": "assistant", "content": "."}}]]),
)
WHY = {"role": "user", "content": "Why?"}
ROWS = st.dictionaries(st.sampled_from(KEYS), COLUMN, max_size=4)


@example(rows=[{"messages": [WHY], "history": [{"speaker": "Human", "text": "Why?"}]}], line_format="sft")
@example(rows=[{"messages": [WHY], "tools": [{"input_schema": {}}]}], line_format="sft")
@example(rows=[{"messages": [WHY], "completion": "Yes."}], line_format="sft")
@given(rows=st.lists(ROWS, min_size=1, max_size=8), line_format=st.sampled_from(["sft", "dpo", "rft"]))
def test_the_shape_looked_up_by_keys_is_the_first_that_fits(rows: list[dict[str, Any]], line_format: Format) -> None:
    known = known_shapes(line_format, None)
    shape_of = chooser(known)
    assert [shape_of(row) for row in rows] == [choose(row, possible_shapes(row, known)) for row in rows]


@pytest.mark.parametrize("shape", registry.SHAPES, ids=lambda shape: f"{shape.line_format}-{shape.name}")
def test_a_row_of_each_shape_is_a_row_and_no_wrapping(shape: Any) -> None:  # noqa: ANN401  a Shape, for pytest's ids
    assert taker(None, shape.line_format)(shape.raw)


@pytest.mark.parametrize(
    "wrapping",
    [
        {"messages": [{"question": "Why?", "answer": "So."}]},
        {"messages": []},
        {"role": "user", "content": "?"},
        {"conversations": [{"messages": [{"role": "user", "content": "?"}]}]},
    ],
)
def test_what_wraps_rows_or_holds_no_message_is_no_row(wrapping: dict[str, Any]) -> None:
    assert not taker(None)(wrapping)
