"""What a trainer would make of a row is what the line says, or the line is left out or its change told.

Each case is one that the trainer takes without a word and trains as something else; what must stay comes first.
"""

from __future__ import annotations

import runpy
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.builders import pair
from tests.writing.support import exported, write_dataset
from tuneset.writing import registry
from tuneset.writing.export import export
from tuneset.writing.exporter import Order

Line = dict[str, Any]
LONG = "Yes, every day from nine in the morning."
IMAGE = {"type": "image_url", "image_url": {"url": "https://example.com/a.png"}}


def said(role: str, content: Any, **more: Any) -> Line:  # noqa: ANN401  text, null or parts
    return {"role": role, "content": content, **more}


def chat(*roles: str) -> Line:
    """A line of these roles in this order, each with a text."""
    return {"messages": [said(role, f"{role} {place}") for place, role in enumerate(roles)]}


def tool(name: str, **more: Any) -> Line:  # noqa: ANN401  keys of a function
    return {"type": "function", "function": {"name": name, **more}}


def asked(*answered: str, tools: Sequence[Line] = ()) -> Line:
    """Two calls in one message, of which these are answered, in this order; then a text."""
    both = [{"id": one, "type": "function", "function": {"name": one, "arguments": "{}"}} for one in ("one", "two")]
    results = [said("tool", f"of {name}", tool_call_id=name) for name in answered]
    return {
        "messages": [said("user", "?"), said("assistant", None, tool_calls=both), *results, said("assistant", "!")],
        **({"tools": list(tools)} if tools else {}),
    }


def fate(flavour: str, line: Line) -> tuple[str | None, list[str]]:
    """The code for which a line is left out, and the codes of its changes."""
    _, ledger, _ = exported(flavour, line)
    return ledger["code"][0], ledger["changes"][0].to_list()


NONE: Line = {"type": "object", "properties": {}}
TWO = (tool("one", description="1", parameters=NONE), tool("two", description="2", parameters=NONE))


@pytest.mark.parametrize("order", [("one", "two"), ("two", "one")])
def test_ms_swift_sorts_answers_of_calls_itself(order: tuple[str, ...]) -> None:
    assert fate("ms-swift", asked(*order, tools=TWO))[0] is None


@pytest.mark.parametrize(
    "roles",
    [
        ("user", "user", "assistant"),
        ("user", "assistant", "assistant"),
        ("system", "system", "user", "assistant"),
        ("user", "assistant", "system", "user", "assistant"),
        ("assistant", "user", "assistant"),
    ],
)
def test_ms_swift_is_given_no_order_that_it_mends_in_silence(roles: tuple[str, ...]) -> None:
    assert fate("ms-swift", chat("system", "user", "assistant", "user", "assistant")) == (None, [])
    assert fate("ms-swift", chat(*roles))[0] == "EXP006"


def test_ms_swift_is_given_no_call_without_an_answer_before_the_next_words() -> None:
    assert fate("ms-swift", asked("two", tools=TWO))[0] == "EXP006"


def test_ms_swift_is_given_nothing_after_the_last_trained_answer() -> None:
    rows, ledger, _ = exported("ms-swift", {"messages": [*chat("user", "assistant", "user")["messages"]]})
    assert [message["role"] for message in rows[0]["messages"]] == ["user", "assistant"]
    assert ledger["changes"][0].to_list() == ["EXP102"]


def test_a_word_for_an_image_stands_beside_no_image_in_ms_swift() -> None:
    word = said("user", "What is <image>?")
    shown = said("user", [{"type": "text", "text": "This."}, IMAGE])
    assert fate("ms-swift", {"messages": [word, said("assistant", "A tag.")]})[0] is None
    assert fate("ms-swift", {"messages": [shown, said("assistant", "A cat.")]})[0] is None
    assert fate("ms-swift", {"messages": [shown, said("assistant", "An <image>.")]})[0] == "EXP002"


@pytest.mark.parametrize("flavour", ["ms-swift", "vertex", "bedrock-converse", "trl"])
@pytest.mark.parametrize("role", ["system", "assistant"])
def test_an_image_of_somebody_else_than_the_user_is_left_out(flavour: str, role: str) -> None:
    line = chat("system", "user", "assistant")
    assert fate(flavour, line)[0] is None
    for message in line["messages"]:
        if message["role"] == role:
            message["content"] = [{"type": "text", "text": "This."}, IMAGE]
    assert fate(flavour, line)[0] == "EXP002"


@pytest.mark.parametrize("flavour", ["ms-swift", "vertex"])
@pytest.mark.parametrize(("detail", "changes"), [("auto", []), ("low", ["EXP116"]), ("high", ["EXP116"])])
def test_the_detail_of_an_image_is_not_lost_without_a_word(flavour: str, detail: str, changes: list[str]) -> None:
    shown = {"type": "image_url", "image_url": {"url": "https://example.com/a.png", "detail": detail}}
    line = {"messages": [said("user", [{"type": "text", "text": "?"}, shown]), said("assistant", "!")]}
    assert fate(flavour, line) == (None, changes)


@pytest.mark.parametrize("flavour", ["trl", "prompt-completion", "mlx", "hf"])
def test_a_name_that_templates_do_not_show_is_told(flavour: str) -> None:
    line = chat("user", "assistant")
    assert fate(flavour, line) == (None, [])
    line["messages"][0]["name"] = "ada"
    assert fate(flavour, line) == (None, ["EXP115"])


@pytest.mark.parametrize("flavour", ["prompt-completion", "mlx"])
def test_an_answer_to_nothing_is_not_written_as_a_prompt_without_messages(flavour: str) -> None:
    assert fate(flavour, chat("system", "assistant"))[0] is None
    assert fate(flavour, chat("assistant", "user", "assistant"))[0] == "EXP006"
    untrained = chat("assistant", "user", "assistant")
    untrained["messages"][0]["weight"] = 0
    assert fate(flavour, untrained)[0] is None


@pytest.mark.parametrize("flavour", ["trl", "kto", "axolotl"])
def test_a_pair_without_a_question_is_left_out(flavour: str) -> None:
    line = pair("?", LONG, LONG.replace("Yes", "No"))
    assert fate(flavour, line)[0] is None
    line["input"] = {"messages": []}
    assert fate(flavour, line)[0] == "EXP006"


@pytest.mark.parametrize("other", ["A", "user", "", f"{LONG}\n", f" {LONG}"])
def test_axolotl_is_given_no_answer_that_it_may_find_elsewhere_in_the_template(other: str) -> None:
    assert fate("axolotl", pair("?", LONG, LONG.replace("Yes", "No")))[0] is None
    assert fate("axolotl", pair("?", LONG, other))[0] == "EXP002"
    assert fate("axolotl", pair("?", other, LONG))[0] == "EXP002"
    assert fate("trl", pair("?", LONG, other))[0] is None


@pytest.mark.parametrize(("label", "content", "code"), [(True, "!", None), (False, "!", None), (True, "", "EXP002")])
def test_llama_factory_is_given_no_label_that_it_would_turn(label: bool, content: str, code: str | None) -> None:
    line = {"messages": [said("user", "?"), said("assistant", content)], "label": label}
    assert fate("llama-factory", line)[0] == code


@pytest.mark.parametrize(
    ("flavour", "name"),
    [("trl", "prompt"), ("trl", "images"), ("trl", "completions"), ("hf", "prompt"), ("ms-swift", "system"),
     ("ms-swift", "images"), ("ms-swift", "positive_case")],
)  # fmt: skip
def test_a_column_that_the_trainer_takes_for_something_else_is_not_given_to_it(flavour: str, name: str) -> None:
    line = {"messages": [said("user", "?")], "reference_answer": "!", "case": "a"}
    assert fate(flavour, line)[0] is None
    assert fate(flavour, {**line, name: "x"})[0] == "EXP002"


def test_mistral_is_given_calls_with_their_tools_alone() -> None:
    line = asked("one", "two", tools=TWO)
    assert fate("mistral", line)[0] is None
    del line["tools"]
    assert fate("mistral", line)[0] == "EXP002"


def test_mistral_is_given_description_and_parameters_of_each_tool() -> None:
    full = tool("x", description="", parameters={"type": "object", "properties": {}})
    assert "EXP117" not in fate("mistral", asked("one", "two", tools=(TWO[0], TWO[1], full)))[1]
    rows, ledger, _ = exported("mistral", asked("one", "two", tools=(TWO[0], tool("two"))))
    assert "EXP117" in ledger["changes"][0].to_list()
    assert all({"name", "description", "parameters"} <= one["function"].keys() for one in rows[0]["tools"])


@pytest.mark.parametrize("flavour", ["trl", "axolotl", "hf", "openai"])
@pytest.mark.parametrize("weight", [0.5, 2, "1"])
def test_a_weight_between_is_no_weight_of_one(flavour: str, weight: Any) -> None:  # noqa: ANN401  any JSON value
    line = chat("user", "assistant")
    for fine in (1, None):
        line["messages"][1]["weight"] = fine
        assert fate(flavour, line)[0] is None
    line["messages"][1]["weight"] = weight
    assert fate(flavour, line)[0] == (None if flavour == "openai" else "EXP002")


@pytest.mark.parametrize(
    ("thoughts", "code"),
    [
        ({"reasoning_content": "a", "reasoning": "a"}, None),
        ({"reasoning_content": "a", "reasoning": None}, None),
        ({"reasoning_content": "a", "reasoning": "b"}, "EXP002"),
        ({"reasoning_content": ["a"]}, "EXP002"),
    ],
)
def test_no_reasoning_is_lost_beside_another(thoughts: Line, code: str | None) -> None:
    line = chat("user", "assistant")
    line["messages"][1].update(thoughts)
    assert fate("trl", line)[0] == code


def test_keys_beside_a_pair_are_told() -> None:
    line = pair("?", LONG, "No.")
    assert fate("trl", line)[1] == []
    assert fate("trl", {**line, "score": 3})[1] == ["EXP118"]
    assert fate("trl", {**line, "input": {**line["input"], "note": 3}})[1] == ["EXP118"]


@pytest.mark.parametrize(("flavour", "mark"), [("axolotl", "weight"), ("ms-swift", "loss")])
def test_the_first_row_has_every_column_that_a_later_one_may_have(flavour: str, mark: str) -> None:
    """A table of `datasets` has the columns of its first 10 MiB, and its reader stops at a row with another."""
    rows, _, _ = exported(flavour, chat("user", "assistant"), asked("one", "two", tools=TWO))
    assert [row.keys() for row in rows] == [{"messages", "tools"}] * 2
    assert [[mark in message for message in row["messages"] if message["role"] == "assistant"] for row in rows] == [
        [True],
        [True, True],
    ]
    assert len({tuple(message) for message in rows[0]["messages"]}) == 2  # unlike keys are read as JSON, of any keys


@pytest.mark.parametrize("flavour", ["trl", "prompt-completion", "hf"])
def test_a_late_row_with_other_keys_is_read_as_it_is(flavour: str, tmp_path: Path) -> None:
    """The first 10 MiB are alike, the last row has calls and their arguments."""
    datasets = pytest.importorskip("datasets")
    plain = {"messages": [said("user", "?" * 4096), said("assistant", "!" * 4096)]}
    dataset = write_dataset(tmp_path / "a", [*[plain] * 1500, asked("one", "two", tools=TWO)])
    export(dataset, registry.exporter(flavour), tmp_path / "b", Order())
    datasets.disable_progress_bars()
    cache = str(tmp_path / "cache")
    if flavour == "hf":
        found = datasets.load_dataset(str(tmp_path / "b"), cache_dir=cache)["train"]
    else:
        names = runpy.run_path(str(tmp_path / "b" / "train.py"))
        paths = {"train": str(tmp_path / "b" / "train.jsonl")}
        features = names["features"](paths.values(), "sft")
        found = datasets.load_dataset("json", data_files=paths, features=features, cache_dir=cache)["train"]
    last = found[-1]
    messages = last["messages"] if "messages" in last else [*last["prompt"], *last["completion"]]
    assert [one["function"]["arguments"] for one in messages[1]["tool_calls"]] == [{}, {}]
    assert all(None not in message.values() for message in messages)
