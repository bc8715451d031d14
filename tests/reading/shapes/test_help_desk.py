"""Conversations of help desks: who asks and who answers the service says, and notes among agents stay out."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.reading.conversations import whole
from tests.reading.shapes.reading import said, shape_name
from tuneset.reading.grouping.teams_messages import TEAMS_MESSAGES
from tuneset.reading.raw_shards import plan
from tuneset.reading.read import read_records


def part(kind: str, body: str | None, author: str) -> dict[str, Any]:
    return {"part_type": kind, "body": body, "author": {"type": author, "id": "1"}}


TURNS = [("user", "My lamp is dark."), ("assistant", "Turn it on."), ("user", "Ah.")]
PARTS = [
    part("assignment", None, "admin"), part("note", "An easy one.", "admin"), part("comment", "Turn it on.", "bot"),
    part("comment", "Ah.", "lead"), part("close", "", "admin"),
]  # fmt: skip
TICKET = [
    {"incoming": False, "private": True, "body": "An easy one."},
    {"incoming": False, "private": False, "body": "<b>Turn it on.</b>", "body_text": "Turn it on."},
    {"incoming": True, "private": False, "body": "Ah."},
]


@pytest.mark.parametrize(
    "row",
    [
        {"source": "web", "conversation_parts": PARTS},
        {"source": {"body": "?"}, "conversation_parts": PARTS},
        {"description": "?", "conversations": []},
        {"description": "?", "conversations": [{"from": "human", "value": "?"}]},
        {"conversations": TICKET},
    ],
)
def test_what_does_not_say_who_wrote_is_not_taken(row: dict[str, Any]) -> None:
    assert shape_name(row) not in ("intercom", "freshdesk")


@pytest.mark.parametrize("parts", [PARTS, {"conversation_parts": PARTS, "total_count": 5}])
def test_of_intercom_what_was_said_to_the_other_side_is_read(parts: Any) -> None:  # noqa: ANN401  any JSON value
    source = {"body": "My lamp is dark.", "author": {"type": "user", "name": "Ann"}}
    assert said({"id": "1", "source": source, "conversation_parts": parts}) == TURNS


@pytest.mark.parametrize("column", ["description", "description_text"])
def test_of_freshdesk_the_ticket_and_its_public_answers_are_read(column: str) -> None:
    assert said({"id": 1, column: "My lamp is dark.", "conversations": TICKET}) == TURNS


def message(number: int, text: str, name: str, *, of: int | None = None, is_bot: bool = False) -> dict[str, Any]:
    return {
        "id": str(number),
        "replyToId": None if of is None else str(of),
        "messageType": "message",
        "createdDateTime": f"2026-01-01T10:0{number}:00Z",
        "from": {"application": {"displayName": name}} if is_bot else {"user": {"displayName": name}},
        "body": {"contentType": "text", "content": text},
    }


@pytest.mark.parametrize("is_nested", [False, True])
def test_a_message_of_teams_and_its_replies_are_one_conversation_in_the_order_of_time(
    tmp_path: Path, *, is_nested: bool
) -> None:
    replies = [message(3, "Ah.", "Ann", of=1), message(2, "Turn it on.", "Helper", of=1, is_bot=True)]
    joined = {**message(4, "joined", "Ann", of=1), "messageType": "systemEventMessage"}
    first = message(1, "My lamp is dark.", "Ann")
    rows = [{**first, "replies": [*replies, joined]}] if is_nested else [joined, *replies, first]
    path = tmp_path / "raw.json"
    path.write_text(json.dumps({"@odata.count": len(rows), "value": rows}))
    every = [records for shard in plan([path]) for records in read_records(shard)]
    assert sum(records.rows for records in every) == len(rows)
    assert [said(value) for records in every for value in records.values] == [TURNS]


BLOCK = {"type": "TextBlock", "text": "Turn it on."}
BUTTON = {"type": "Action.Submit", "title": "Done"}


@pytest.mark.parametrize(
    ("content", "attachments", "told"),
    [
        ("Turn it on.", [], None),
        ("Turn it on.", [{"id": "1", "contentType": "messageReference", "content": "{}"}], None),
        ("Turn it on.", [{"id": "1", "contentType": "reference", "contentUrl": "https://x.org/a.pdf"}], 1),
        (
            "",
            [{"id": "1", "contentType": "application/vnd.microsoft.card.adaptive", "content": {"body": [BLOCK]}}],
            None,
        ),
        (
            '<attachment id="1"></attachment>',
            [
                {
                    "id": "1",
                    "contentType": "application/vnd.microsoft.card.adaptive",
                    "content": json.dumps({"body": [{"items": [BLOCK]}], "actions": [BUTTON]}),
                }
            ],
            None,
        ),
        ('Turn it on.<attachment id="2"/>', [{"id": "2", "contentType": "application/pdf"}], 1),
    ],
)
def test_a_card_of_teams_is_said_and_what_is_not_read_is_told(
    content: str, attachments: list[dict[str, Any]], told: int | None
) -> None:
    answer = {**message(2, content, "Helper", is_bot=True), "attachments": attachments}
    row = whole(TEAMS_MESSAGES, [message(1, "My lamp is dark.", "Ann"), answer])
    assert said(row) == TURNS[:2]
    assert row.get("attachments (said aside)") == told
