"""Tickets as Zendesk exports them: comments with an author, of whom the requester is the user.

What agents said among themselves (`public: false`) is no part of the conversation. Without a `requester_id` the
requester is who wrote the ticket's description; where the first comment is not that, nobody is taken for anybody.
"""

from __future__ import annotations

from typing import Any

from tuneset.reading.message_times import begins_with_newest
from tuneset.reading.shapes.base import ASK, REPLY, Message, Record, Shape, Shaped, ShapeError, messages_of, others
from tuneset.reading.turn_marks import is_public, with_asides


def read_ticket(record: Record) -> Shaped:
    """The public comments in order; the description, which is the first of them, is not said twice."""
    listed = messages_of(record["comments"], "comments")
    comments = [one for one in listed if is_public(one)]
    aside = len(listed) - len(comments)
    requester = _requester(record)
    if begins_with_newest(comments):
        comments.reverse()
    messages: list[Message] = []
    for comment in comments:
        text = comment.get("plain_body") or comment.get("body")
        if type(text) is not str:
            raise ShapeError("comments: a comment has no body that is text")
        messages.append({"role": "user" if comment.get("author_id") == requester else "assistant", "content": text})
    rest = others(record, ("comments",)) or {}
    first = messages[0]["content"].strip() if messages else None
    if type(rest.get("description")) is str and rest["description"].strip() == first:
        del rest["description"]
    return {"messages": messages}, with_asides(rest or None, "comments", aside)


def _requester(record: Record) -> Any:  # noqa: ANN401  any JSON value
    if record.get("requester_id") is not None:
        return record["requester_id"]
    comments = record["comments"]
    return comments[0].get("author_id") if type(comments) is list and comments and type(comments[0]) is dict else None


def _fits(record: Record) -> bool:
    comments = record["comments"]
    if type(comments) is not list or not comments:
        return False
    if not all(type(one) is dict and one.get("author_id") is not None and "body" in one for one in comments):
        return False
    return record.get("requester_id") is not None or record.get("description") == comments[0]["body"]


SUPPORT_TICKET = Shape(
    "support_ticket",
    "sft",
    frozenset(("comments",)),
    read_ticket,
    raw={
        "subject": "Hours",
        "requester_id": 1,
        "comments": [
            {"author_id": 1, "body": ASK["content"], "public": True},
            {"author_id": 2, "body": REPLY["content"], "public": True},
        ],
    },
    example={"messages": [ASK, REPLY]},
    fits=_fits,
)
