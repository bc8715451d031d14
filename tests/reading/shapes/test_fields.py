"""What a mapping leaves of a row: whatever it does not name, also within an object that it takes one thing of."""

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tuneset.params import IngestParams
from tuneset.reading.records import Records
from tuneset.reading.shapes import fields
from tuneset.reading.shapes.mapped import shapes
from tuneset.reading.shapes.unused_columns import unused
from tuneset.stages.ingest import ingest

KEYS = st.sampled_from(["a", "b", "c"])
ROWS = st.dictionaries(
    KEYS, st.recursive(st.integers(), lambda inner: st.dictionaries(KEYS, inner, min_size=1), max_leaves=6), min_size=1
)


def _leaves(value: Any, path: str = "") -> Iterator[str]:  # noqa: ANN401  any JSON value
    if type(value) is not dict:
        yield path
        return
    for key, inner in value.items():
        yield from _leaves(inner, f"{path}.{key}" if path else key)


@given(ROWS, st.data())
def test_all_but_what_is_named_is_left(row: dict[str, Any], data: st.DataObject) -> None:
    leaves = list(_leaves(row))
    used = data.draw(st.lists(st.sampled_from(leaves), unique=True))
    assert list(_leaves(fields.left_over(row, used) or {})) == [leaf for leaf in leaves if leaf not in used] or (
        not set(leaves) - set(used) and fields.left_over(row, used) is None
    )


def test_of_a_list_and_of_a_column_with_the_name_of_a_path_nothing_is_left() -> None:
    assert fields.left_over({"turns": [{"text": "?", "at": 1}], "a.b": 1, "a": {"b": 2}}, ["turns.0.text", "a.b"]) == {
        "a": {"b": 2}
    }


TURNS = [{"who": "user", "said": "Is it open?"}, {"who": "assistant", "said": "Yes."}]


@pytest.mark.parametrize(
    ("row", "mapping", "told"),
    [
        ({"conv": {"turns": TURNS}}, {"messages": "conv.turns"}, []),
        ({"conv": {"turns": TURNS, "note": "Be brief with them."}}, {"messages": "conv.turns"}, ["conv"]),
        ({"data": {"q": "Is it open?", "a": "Yes.", "hint": "Look at the door."}}, {"user": "data.q"}, ["data"]),
    ],
)
def test_text_beside_what_a_mapping_takes_of_an_object_is_told(
    row: dict[str, Any], mapping: dict[str, Any], told: list[str]
) -> None:
    named = {"role_key": "who", "content_key": "said", **mapping}
    named |= {"assistant": "data.a"} if "user" in named else {}
    (shape,) = shapes(IngestParams.model_validate({"mapping": named}).mapping, "sft", None)
    assert unused(shape.read(row)) == told


def test_a_verdict_beside_what_a_mapping_takes_is_read() -> None:
    row = {"data": {"q": "Is it open?", "a": "No idea.", "quality": "bad"}}
    params = IngestParams.model_validate({"mapping": {"user": "data.q", "assistant": "data.a"}})
    assert ingest(Records([1], [0], [row]), "a", params, "sft").rejects["code"].to_list() == ["LBL001"]
