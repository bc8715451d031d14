"""Of answers that were made anew the one that was kept is read, in every export that lists them beside each other."""

import itertools
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.reading.shapes.reading import read, said
from tuneset.params import IngestParams
from tuneset.reading.branches import chosen, of_branch
from tuneset.reading.records import Records
from tuneset.reading.shapes.base import ShapeError
from tuneset.stages.ingest import ingest


def turns(*pairs: tuple[str, str | None], own: str = "id", before: str = "parentId") -> list[dict[str, Any]]:
    return [{own: name, before: parent} for name, parent in pairs]


@pytest.mark.parametrize(
    "listed",
    [
        [],
        ["a", "b"],
        [{"id": "a"}, {"id": "b"}],
        turns(("a", None), ("b", "a"), ("c", "b")),
        turns(("a", None), ("a", "a")),
        turns(("a", None), ("b", None), ("c", None)),
        turns(("a", ""), ("b", "a"), ("c", "")),
        turns(("a", "x"), ("b", "y"), ("c", "y")),
        turns(("a", None), ("b", "a"), ("c", "a"), own="messageId"),
        [*turns(("a", None), ("b", "a"), ("c", "a")), {"id": "d"}],
    ],
)
def test_turns_in_a_row_and_turns_without_ids_are_left_alone(listed: list[Any]) -> None:
    assert chosen(listed, {"currentId": "b"}) is None


@given(st.lists(st.integers(0, 8), min_size=1, max_size=12), st.integers(0, 12))
def test_a_branch_leads_from_the_beginning_to_what_the_export_names(parents: list[int], leaf: int) -> None:
    listed = turns(("0", None), *((str(n), str(min(of, n - 1))) for n, of in enumerate(parents, 1)))
    wanted = str(min(leaf, len(parents)))
    found = chosen(listed, {"currentId": wanted})
    if found is None:
        assert len({turn["parentId"] for turn in listed}) == len(listed)
        return
    assert (found[0], str(found[-1])) == (0, wanted)
    assert all(listed[after]["parentId"] == str(place) for place, after in itertools.pairwise(found))


def test_a_ring_has_an_end() -> None:
    assert chosen(turns(("a", "c"), ("b", "a"), ("c", "b"), ("d", "a")), {"currentId": "c"}) == [0, 1, 2]


def _thread(*parents: str | None, roles: str = "uaua") -> list[dict[str, Any]]:
    names = {"u": "user", "a": "assistant", "t": "tool"}
    turns = zip(roles, parents, strict=True)
    return [
        {"id": str(n), "parent_id": parent, "role": names[role], "content": f"Turn {n}"}
        for n, (role, parent) in enumerate(turns, 1)
    ]


@pytest.mark.parametrize(
    "thread",
    [
        _thread(None, "1", "1", "1"),
        _thread("t", "t", "t", "t"),
        _thread("t", "1", "1", "1"),
        _thread(None, "1", "2", "2", "4", roles="uatta"),
    ],
)
def test_a_thread_whose_messages_name_its_first_one_keeps_them_all(thread: list[dict[str, Any]]) -> None:
    assert chosen(thread, {}) is None
    result = ingest(Records([1], [0], [{"messages": thread}]), "a.jsonl", IngestParams(), "sft")
    assert result.tables.messages.height == len(thread)


ASKED, OLD, NEW = ("user", "Is it open?"), ("assistant", "No."), ("assistant", "Yes.")
LIBRECHAT = [
    {"messageId": "a", "parentMessageId": "0", "text": "Is it open?", "isCreatedByUser": True},
    {"messageId": "b", "parentMessageId": "a", "text": "No.", "isCreatedByUser": False},
    {"messageId": "c", "parentMessageId": "a", "text": "Yes.", "isCreatedByUser": False},
]
CLAUDE = [
    {"uuid": "a", "parent_message_uuid": "0", "sender": "human", "text": "Is it open?"},
    {"uuid": "b", "parent_message_uuid": "a", "sender": "assistant", "text": "No."},
    {"uuid": "c", "parent_message_uuid": "a", "sender": "assistant", "text": "Yes."},
]
WEBUI: dict[str, dict[str, Any]] = {
    "a": {"id": "a", "parentId": None, "role": "user", "content": "Is it open?"},
    "b": {"id": "b", "parentId": "a", "role": "assistant", "content": "No."},
    "c": {"id": "c", "parentId": "a", "role": "assistant", "content": "Yes."},
}


@pytest.mark.parametrize(
    ("row", "answer"),
    [
        ({"conversationId": "1", "messages": LIBRECHAT}, NEW),
        ({"chat_messages": CLAUDE}, NEW),
        ({"chat_messages": CLAUDE, "current_leaf_message_uuid": "b"}, OLD),
        ({"chat": {"history": {"messages": WEBUI, "currentId": "c"}}}, NEW),
        ({"chat": {"history": {"messages": WEBUI, "currentId": "b"}, "messages": []}}, OLD),
    ],
)
def test_an_answer_that_was_thrown_away_is_in_no_example(row: dict[str, Any], answer: tuple[str, str]) -> None:
    assert said(row) == [ASKED, answer]


def test_chat_messages_with_ids_are_a_branch_too() -> None:
    row = {"messages": list(WEBUI.values()), "currentId": "b"}
    assert [one["id"] for one in of_branch({"messages": row["messages"]}, row)["messages"]] == ["a", "b"]
    result = ingest(Records([1], [0], [row]), "a.jsonl", IngestParams(), "sft")
    assert result.tables.messages["content"].to_list() == ["Is it open?", "No."]


def test_a_chat_of_open_webui_keeps_its_system_text_and_learns_no_error() -> None:
    tree = {**WEBUI, "c": {**WEBUI["c"], "error": {"content": "late"}}}
    chat = {"params": {"system": "Be brief."}, "history": {"messages": tree, "currentId": "c"}}
    assert said({"chat": chat})[0] == ("system", "Be brief.")
    assert read({"chat": chat})[0]["messages"][-1]["weight"] == 0


THOUGHT = (
    '<details type="reasoning" done="true" duration="3">\n<summary>Thought for 3 seconds</summary>\n{}\n</details>\n'
)


@pytest.mark.parametrize("lines", ["&gt; Nine &amp; five.\n&gt; So no.", "> Nine & five.\n> So no."])
def test_what_a_page_of_open_webui_folds_up_as_thoughts_is_reasoning(lines: str) -> None:
    answer = {**WEBUI["c"], "content": f"{THOUGHT.format(lines)}No."}
    chat = {"history": {"messages": {**WEBUI, "c": answer}, "currentId": "c"}}
    found = read({"chat": chat})[0]["messages"][-1]
    assert found == {"role": "assistant", "content": "No.", "reasoning_content": "Nine & five.\nSo no."}


@pytest.mark.parametrize("kind", ["tool_calls", "code_interpreter"])
def test_an_answer_of_open_webui_that_rests_on_tools_is_told(kind: str) -> None:
    panel = f'<details type="{kind}" done="true" name="hours" arguments="{{}}"><summary>Executed</summary></details>'
    chat = {"history": {"messages": {**WEBUI, "c": {**WEBUI["c"], "content": f"{panel}\nNo."}}, "currentId": "c"}}
    with pytest.raises(ShapeError, match="as the page shows them"):
        read({"chat": chat})


def test_a_system_message_that_is_a_root_of_its_own_stays_before_the_branch() -> None:
    system = {"id": "s", "parentId": None, "role": "system", "content": "Be brief."}
    listed = [system, *turns(("a", None), ("b", "a"), ("c", "a"))]
    assert chosen(listed, {}) == [0, 1, 3]
    assert chosen(listed, {"currentId": "b"}) == [0, 1, 2]
    assert chosen([system, *turns(("a", None), ("b", "a"))], {}) is None
    assert chosen([{**system, "role": "user"}, *listed[1:]], {}) is None
