"""What an export writes, read back as raw data, says what the dataset says; and no line is lost on the way."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.amounts import drawn
from tests.writing import lines
from tests.writing.lines import Line, said, up_to
from tests.writing.support import exported, read_back

CHATS = {
    "openai": lines.conversations(images=True, reasoning=True, weights=True),
    "trl": lines.conversations(reasoning=True, weights=True),
    "axolotl": lines.conversations(reasoning=True, weights=True),
    "ms-swift": lines.conversations(images=True, weights=True),
    "llama-factory": lines.conversations(),
    "sharegpt": lines.conversations(),
    "hf": lines.conversations(images=True, reasoning=True, weights=True),
    "mistral": lines.conversations(tools=False, weights=True),
    "vertex": lines.conversations(images=True),
    "bedrock-converse": lines.conversations(tools=False),
}
"""Flavours that write a conversation whole, each with what it has a place for."""
SPLIT = {
    "prompt-completion": lines.conversations(reasoning=True, weights=True),
    "mlx": lines.conversations(reasoning=True, weights=True),
    "mistral": lines.conversations(weights=True).filter(lambda line: "tools" in line),
    "llama-factory": lines.conversations(weights=True),
}
"""Flavours that write a row for each trained answer."""
PAIRS = {
    "openai": lines.preferences(reasoning=True),
    "trl": lines.preferences(reasoning=True),
    "axolotl": lines.preferences(tools=False, least=32),
    "ms-swift": lines.preferences(),
    "llama-factory": lines.preferences(),
    "hf": lines.preferences(reasoning=True),
    "vertex": lines.preferences(tools=False),
}
LABELLED = {
    "openai": lines.labelled(),
    "trl": lines.labelled(),
    "kto": lines.labelled(),
    "ms-swift": lines.labelled(),
    "llama-factory": lines.labelled(),
    "hf": lines.labelled(),
}
TASKS = ("openai", "trl", "ms-swift", "hf", "bedrock-rft")


def without_marks(whole: Line) -> Line:
    """What a line says, but for which answers are trained."""
    return {**whole, "messages": [{k: v for k, v in m.items() if k != "trained"} for m in whole["messages"]]}


def to_last_trained(whole: Line) -> Line:
    """What a line says up to the last trained answer: ms-swift learns the end of the last one whatever it is."""
    last = max(place for place, message in enumerate(whole["messages"]) if message.get("trained"))
    return {**whole, "messages": whole["messages"][: last + 1]}


def trained(line: Line) -> bool:
    return any(message.get("trained") for message in said(line)["messages"])


@pytest.mark.slow
@pytest.mark.parametrize("flavour", CHATS)
@settings(max_examples=drawn(25))
@given(data=st.data())
def test_a_conversation_is_read_back_as_it_was(flavour: str, data: st.DataObject) -> None:
    line = data.draw(CHATS[flavour].filter(trained))
    rows, ledger, _ = exported(flavour, line)
    assert ledger["code"].to_list() == [None], ledger["detail"].to_list()
    whole = to_last_trained(said(line)) if flavour == "ms-swift" else said(line)
    assert [said(one) for one in read_back(rows)] == [whole]


@pytest.mark.slow
@pytest.mark.parametrize("flavour", SPLIT)
@settings(max_examples=drawn(25))
@given(data=st.data())
def test_a_row_for_each_trained_answer_holds_all_that_stands_before_it(flavour: str, data: st.DataObject) -> None:
    line = data.draw(SPLIT[flavour].filter(trained))
    if flavour == "llama-factory" and all(m.get("trained", True) for m in said(line)["messages"]):
        return
    rows, ledger, _ = exported(flavour, line)
    wanted = up_to(line)
    assert ledger["rows"].to_list() == [len(wanted)], ledger["detail"].to_list()
    found = read_back(rows)
    assert [without_marks(said(one)) for one in found] == [without_marks(one) for one in wanted]
    assert all(said(one)["messages"][-1]["trained"] for one in found)


@pytest.mark.slow
@pytest.mark.parametrize("flavour", PAIRS)
@settings(max_examples=drawn(25))
@given(data=st.data())
def test_a_pair_is_read_back_as_it_was(flavour: str, data: st.DataObject) -> None:
    line = data.draw(PAIRS[flavour])
    rows, ledger, _ = exported(flavour, line)
    assert ledger["code"].to_list() == [None], ledger["detail"].to_list()
    assert [said(one) for one in read_back(rows, "dpo")] == [said(line)]


@pytest.mark.slow
@pytest.mark.parametrize("flavour", LABELLED)
@settings(max_examples=drawn(25))
@given(data=st.data())
def test_a_labelled_answer_is_read_back_as_it_was(flavour: str, data: st.DataObject) -> None:
    line = data.draw(LABELLED[flavour])
    rows, ledger, _ = exported(flavour, line)
    assert ledger["code"].to_list() == [None], ledger["detail"].to_list()
    assert [said(one) for one in read_back(rows, "kto")] == [said(line)]


@pytest.mark.parametrize("flavour", TASKS)
@settings(max_examples=drawn(25))
@given(line=lines.tasks())
def test_a_task_is_read_back_with_its_columns(flavour: str, line: Line) -> None:
    rows, ledger, _ = exported(flavour, line)
    assert ledger["code"].to_list() == [None], ledger["detail"].to_list()
    assert [said(one) for one in read_back(rows, "rft")] == [said(line)]


@settings(max_examples=drawn(25))
@given(line=lines.preferences())
def test_a_pair_becomes_a_good_and_a_bad_answer(line: Line) -> None:
    rows, ledger, _ = exported("kto", line)
    assert ledger.select("rows", "changes").row(0)[0] == 2
    found = [said(one) for one in read_back(rows, "kto")]
    whole = said(line)
    for one, label, key in zip(found, (True, False), ("preferred_output", "non_preferred_output"), strict=True):
        assert one["label"] is label
        assert one["messages"] == [*whole["messages"], *whole[key]]
