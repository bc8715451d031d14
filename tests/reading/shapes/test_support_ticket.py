"""Of a ticket the requester is the user, whoever else wrote answers, and notes among agents stay out."""

from typing import Any

import pytest

from tests.reading.shapes.reading import read, said, shape_name

COMMENTS = [
    {"author_id": 5, "body": "My lamp is dark.", "public": True},
    {"author_id": 8, "body": "An easy one.", "public": False},
    {"author_id": 9, "body": "Turn it on.", "public": True},
    {"author_id": 5, "body": "Ah.", "public": True},
]
TURNS = [("user", "My lamp is dark."), ("assistant", "Turn it on."), ("user", "Ah.")]


@pytest.mark.parametrize(
    "ticket",
    [
        {"comments": COMMENTS},
        {"comments": COMMENTS, "description": "Another text."},
        {"comments": ["nice"], "requester_id": 5},
        {"comments": 3, "requester_id": 5},
        {"comments": [], "requester_id": 5},
        {"comments": [{"body": "My lamp is dark."}], "requester_id": 5},
    ],
)
def test_without_a_requester_nobody_is_taken_for_the_user(ticket: dict[str, Any]) -> None:
    assert shape_name(ticket) is None


def test_the_public_comments_are_the_conversation() -> None:
    assert said({"id": 1, "requester_id": 5, "comments": COMMENTS}) == TURNS
    described = {"description": "My lamp is dark.", "comments": COMMENTS}
    assert said(described) == TURNS
    assert read(described)[1] == ["comments (said aside)"]
    assert read({"requester_id": 5, "comments": [*COMMENTS[:1], *COMMENTS[2:]]})[1] == []
