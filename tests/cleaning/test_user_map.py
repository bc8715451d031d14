"""A function of the user's own changes examples; what goes wrong in it is told with its line and without its text."""

from typing import Any

import pytest

from tests.builders import chat, pair, tables_of
from tuneset.cleaning.user_map import map_examples
from tuneset.errors import UsageError
from tuneset.example_tables import to_examples
from tuneset.execution import fingerprint
from tuneset.params import CleanParams, Params
from tuneset.stages.clean import clean

HERE = "tests.cleaning.test_user_map"


def same(example: dict[str, Any]) -> dict[str, Any]:
    return dict(example)


def first_turns(example: dict[str, Any]) -> dict[str, Any]:
    """The first question and answer of a conversation that asks of Peru, in a style of its own."""
    if "Peru" not in example["messages"][0]["content"]:
        return example
    return {**example, "messages": [{"role": "system", "content": "Be brief.  "}, *example["messages"][:2]]}


def louder(example: dict[str, Any]) -> dict[str, Any]:
    example["preferred_output"][0]["content"] += "!"
    return example


def fails(example: dict[str, Any]) -> dict[str, Any]:
    raise KeyError(example["messages"][0]["content"])


def nothing(example: dict[str, Any]) -> None:
    del example


def no_json(example: dict[str, Any]) -> dict[str, Any]:
    return {**example, "tools": {1}}


TWICE = {"messages": [*chat("Peru?", "Lima.")["messages"], *chat("Chile?", "Santiago.")["messages"]]}
ROWS = [chat("France?", "Paris."), TWICE, chat("Spain?", "Madrid.")]


def test_a_function_that_changes_nothing_changes_nothing() -> None:
    tables = tables_of(ROWS)
    assert map_examples(tables, f"{HERE}:same") == (tables, 0)


def test_examples_are_what_the_function_returns_in_their_places() -> None:
    tables = tables_of(ROWS, metas=[{"id": 1}, {"id": 2}, None])
    after, count = map_examples(tables, f"{HERE}:first_turns")
    assert count == 1
    assert to_examples(after) == [ROWS[0], chat("Peru?", "Lima.", system="Be brief.  "), ROWS[2]]
    assert after.examples["meta"].equals(tables.examples["meta"])
    assert after.messages.schema == tables.messages.schema


def test_preference_pairs_are_mapped_whole() -> None:
    after, _ = map_examples(tables_of([pair("q", "a", "b")], line_format="dpo"), f"{HERE}:louder")
    assert to_examples(after) == [pair("q", "a!", "b")]


def test_what_is_mapped_is_cleaned_counted_and_traced() -> None:
    result = clean(tables_of(ROWS), CleanParams(map=f"{HERE}:first_turns", trace=True))
    assert to_examples(result.tables)[1] == chat("Peru?", "Lima.", system="Be brief.")
    assert result.metrics["changed.map"] == 1
    assert "map" in result.report_tables["trace"]["step"].to_list()
    assert "changed.map" not in clean(tables_of(ROWS), CleanParams()).metrics


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("fails", r"^clean.map: tests.cleaning.test_user_map:fails failed at raw.jsonl:1 with KeyError"),
        ("nothing", "returned no example at raw.jsonl:1"),
        ("no_json", "returned what has no form in JSON at raw.jsonl:1"),
        ("missing", "^clean.map: tests.cleaning.test_user_map has no function missing"),
    ],
)
def test_what_goes_wrong_is_told_without_text_of_the_row(name: str, said: str) -> None:
    with pytest.raises(UsageError, match=said) as caught:
        map_examples(tables_of(ROWS), f"{HERE}:{name}")
    assert "France" not in str(caught.value)


def test_shards_are_made_again_where_the_function_is_another() -> None:
    plain, mapped = Params(), Params.model_validate({"clean": {"map": f"{HERE}:same"}})
    found = fingerprint.of_params(["clean"], mapped)
    assert "code of clean.map" in found
    assert "code of clean.map" not in fingerprint.of_params(["clean"], plain)
