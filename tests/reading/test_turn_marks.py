"""What a turn says of itself holds in every form in which turns are read: an aside is in no example, a bad answer is
not learned."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.reading.conversations import whole
from tuneset.params import IngestParams
from tuneset.reading.grouping.message_rows import MESSAGE_ROWS
from tuneset.reading.records import Records
from tuneset.reading.turn_marks import are_said, with_weight
from tuneset.stages.ingest import ingest

ASIDES: tuple[dict[str, Any], ...] = (
    {"private": True},
    {"private": "TRUE"},
    {"isPrivate": 1},
    {"public": False},
    {"public": "false"},
    {"jsdPublic": False},
    {"is_internal": "yes"},
    {"Internal": "1"},
    {"deleted": True},
    {"is_deleted": "t"},
    {"deletedAt": "2026-01-01 10:01:30+00"},
    {"deleted_at": 1767225600},
    {"visibility": "internal"},
    {"part_type": "note"},
    {"type": "Internal note"},
)
BAD: tuple[dict[str, Any], ...] = (
    {"feedback": {"rating": "thumbsDown"}},
    {"feedback": "thumbs_down"},
    {"annotation": {"rating": -1}},
    {"rating": -1},
    {"liked": "no"},
    {"error": True},
    {"unfinished": True},
)


def _row(question: str, aside: dict[str, Any], answer: dict[str, Any]) -> list[dict[str, Any]]:
    return [{"who": "user", "said": question}, {"who": "bot", "said": "He is rude.", **aside}, {"who": "bot", **answer}]


def _turns(turns: list[dict[str, Any]]) -> dict[str, Any]:
    names = {"who": "speaker", "said": "text"}
    return {"dialogue": [{names.get(key, key): value for key, value in turn.items()} for turn in turns]}


def _flagged(turns: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "turns": [
            {"is_user": turn["who"] == "user", "text": turn["said"]}
            | {key: value for key, value in turn.items() if key not in ("who", "said")}
            for turn in turns
        ]
    }


def _rows(turns: list[dict[str, Any]]) -> dict[str, Any]:
    keys = {key: None for turn in turns for key in turn if key not in ("who", "said")}
    return whole(
        MESSAGE_ROWS,
        [{"chat_id": 7, "role": turn["who"], "text": turn["said"], **keys, **_beside(turn)} for turn in turns],
    )


def _beside(turn: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in turn.items() if key not in ("who", "said")}


def _ticket(turns: list[dict[str, Any]]) -> dict[str, Any]:
    comments = [{"author_id": int(turn["who"] == "bot"), "body": turn["said"], **_beside(turn)} for turn in turns]
    return {"requester_id": 0, "comments": comments}


def _mapped(turns: list[dict[str, Any]]) -> dict[str, Any]:
    return {"log": turns}


FORMS: tuple[Callable[[list[dict[str, Any]]], dict[str, Any]], ...] = (_turns, _flagged, _rows, _ticket, _mapped)


def _messages(row: dict[str, Any]) -> list[dict[str, Any]]:
    mapping = {"messages": "log", "role_key": "who", "content_key": "said", "roles": {"bot": "assistant"}}
    params = IngestParams.model_validate({"mapping": mapping} if "log" in row else {})
    result = ingest(Records([1], [0], [row]), "a", params, "sft")
    return [] if result.tables.messages.is_empty() else result.tables.messages.to_dicts()


@pytest.mark.parametrize("aside", ASIDES)
@pytest.mark.parametrize("form", FORMS)
def test_an_aside_is_in_no_example(form: Callable[..., dict[str, Any]], aside: dict[str, Any]) -> None:
    messages = _messages(form(_row("Is it open?", aside, {"said": "Yes."})))
    assert [(one["role"], one["content"]) for one in messages] == [("user", "Is it open?"), ("assistant", "Yes.")]


@pytest.mark.parametrize("form", FORMS)
def test_a_turn_that_says_nothing_of_itself_stays(form: Callable[..., dict[str, Any]]) -> None:
    beside = {"private": False, "public": "true", "type": "comment", "error": None, "deleted": "0"}
    assert len(_messages(form(_row("Is it open?", beside, {"said": "Yes."})))) == 3


@pytest.mark.parametrize("bad", BAD)
@pytest.mark.parametrize("form", [_turns, _flagged, _rows, _mapped])
def test_a_bad_answer_is_not_learned(form: Callable[..., dict[str, Any]], bad: dict[str, Any]) -> None:
    turns = [*_row("Is it open?", {"private": True}, {"said": "No idea.", **bad}), {"who": "user", "said": "Sure?"}]
    messages = _messages(form([*turns, {"who": "bot", "said": "Yes."}]))
    assert [(one["content"], one["weight"]) for one in messages if one["role"] == "assistant"] == [
        ("No idea.", 0),
        ("Yes.", None),
    ]


@given(st.lists(st.sampled_from([{}, {"private": True}, {"internal": True}, {"public": True}]), max_size=5))
def test_an_internal_turn_is_never_said_and_a_plain_one_always(turns: list[dict[str, Any]]) -> None:
    for turn, is_said in zip(turns, are_said(turns), strict=True):
        if "internal" in turn:
            assert not is_said
        if not turn or "public" in turn:
            assert is_said
        if "private" in turn:
            assert is_said == all(other.keys() & {"private", "internal"} for other in turns)


@pytest.mark.parametrize(
    ("message", "turn"),
    [
        ({"role": "user", "content": "?"}, {"feedback": "thumbs_down"}),
        ({"role": "assistant", "content": "!"}, {"label": 0, "emotion": "negative"}),
        ({"role": "assistant", "content": "!", "weight": 1}, {"feedback": "thumbs_down"}),
        ({"role": "assistant", "content": "!"}, {"feedback": "thumbs_up", "error": ""}),
    ],
)
def test_what_is_no_verdict_on_an_answer_leaves_it(message: dict[str, Any], turn: dict[str, Any]) -> None:
    assert with_weight(message, turn) == message


@pytest.mark.parametrize("nothing", ["", None, "NULL", "0000-00-00 00:00:00", 0, "f"])
def test_a_column_for_when_a_turn_was_deleted_says_nothing_where_it_holds_no_moment(nothing: Any) -> None:  # noqa: ANN401  any JSON value
    assert are_said([{"text": "?", "deleted_at": nothing}]) == [True]


def test_of_a_table_with_soft_deleted_rows_what_was_deleted_is_in_no_example() -> None:
    rows = [
        {"conversation_id": 1, "role": "user", "content": "Is it open?", "deleted_at": "", "is_deleted": "f"},
        {"conversation_id": 1, "role": "assistant", "content": "No.", "deleted_at": "2026-01-01", "is_deleted": "t"},
        {"conversation_id": 1, "role": "assistant", "content": "Yes.", "deleted_at": "", "is_deleted": "f"},
    ]
    assert [said["content"] for said in whole(MESSAGE_ROWS, rows)["messages"]] == ["Is it open?", "Yes."]
