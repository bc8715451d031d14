"""Every registered shape shows what it reads, and a new one needs one line."""

import copy
from collections.abc import Iterator
from typing import Any

import pytest

from tests.amounts import cases
from tuneset.params import IngestParams
from tuneset.reading.containers.jsonl import parse_lines
from tuneset.reading.records import Records
from tuneset.reading.shapes import registry
from tuneset.reading.shapes.base import ASK, REPLY, Record, Shape, Shaped
from tuneset.reading.shapes.choose import choose, possible_shapes, shapes_of
from tuneset.stages.ingest import ingest


@pytest.mark.parametrize("shape", registry.SHAPES, ids=lambda shape: f"{shape.line_format}-{shape.name}")
def test_each_shape_takes_its_own_row_and_makes_its_example_of_it(shape: Shape) -> None:
    assert choose(shape.raw, possible_shapes(shape.raw, shapes_of(shape.line_format))) == shape
    assert shape.read(shape.raw)[0] == shape.example


def read_dialog(record: Record) -> Shaped:
    asked, answered = record["dialog"].split("|")
    return {"messages": [{**ASK, "content": asked}, {**REPLY, "content": answered}]}, None


DIALOG = Shape(
    "dialog",
    "sft",
    frozenset(("dialog",)),
    read_dialog,
    raw={"dialog": "a|b"},
    example={},
    fits=lambda record: "|" in record["dialog"],
)


def places(value: object, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The place of every value within a value."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, one in inner:
        yield (*at, key)
        yield from places(one, (*at, key))


JUNK: list[Any] = [None, True, 7, "", "x", [], {}, [None], ["x"], [{}], {"x": None}, [[]]]


def with_junk(record: Any, place: tuple[Any, ...], junk: object) -> Any:  # noqa: ANN401  a raw row
    """The row with another value at that place."""
    changed = copy.deepcopy(record)
    holder = changed
    for key in place[:-1]:
        holder = holder[key]
    holder[place[-1]] = junk
    return changed


@pytest.mark.parametrize("shape", registry.SHAPES, ids=lambda shape: f"{shape.line_format}-{shape.name}")
def test_a_row_of_which_any_part_is_another_value_is_an_example_or_told(shape: Shape) -> None:
    rows = [with_junk(shape.raw, place, junk) for place in places(shape.raw) for junk in JUNK]
    # Many rows at once take a tenth of the time; by itself each meets tables that know of no other.
    at_once = cases(len(rows), 1)
    for start in range(0, len(rows), at_once):
        part = rows[start : start + at_once]
        lines = list(range(1, len(part) + 1))
        told = ingest(Records(lines, [0] * len(part), part), "a", IngestParams(), shape.line_format)
        assert {*told.tables.examples["line"], *told.rejects["line"]} == {*lines}


def test_a_shape_that_is_registered_is_read_where_it_fits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "SHAPES", (*registry.SHAPES, DIALOG))
    records = parse_lines(b'{"dialog": "q|a"}\n{"dialog": "no"}', 1)
    result = ingest(records, "a", IngestParams(), "sft")
    assert result.metrics == {"rows.read": 2, "shape.dialog": 1}
    assert result.tables.messages["content"].to_list() == ["q", "a"]
    assert result.rejects["code"].to_list() == ["ING001"]
