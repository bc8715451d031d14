"""What a message of Slack says is read in whatever form it was written, and what says nothing is not."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tuneset.reading.containers.slack_text import text_of

Message = dict[str, Any]
NAMES = {"U1": "Ann"}


def rich(*elements: Message) -> list[Message]:
    return [{"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": list(elements)}]}]


def section(text: str) -> list[Message]:
    return [{"type": "section", "text": {"type": "mrkdwn", "text": text}}]


BUTTONS = {"type": "actions", "elements": [{"type": "button", "text": {"type": "plain_text", "text": "Vote"}}]}
FORMS: dict[str, Callable[[str], Message]] = {
    "text": lambda text: {"text": text},
    "text and blocks": lambda text: {"text": text, "blocks": rich({"type": "text", "text": text})},
    "written blocks": lambda text: {"text": "", "blocks": rich({"type": "text", "text": text})},
    "no text": lambda text: {"blocks": section(text)},
    "a text for notifications": lambda text: {"text": "New message", "blocks": [*section(text), BUTTONS]},
    "a header": lambda text: {"text": "", "blocks": [{"type": "header", "text": {"type": "plain_text", "text": text}}]},
    "markdown": lambda text: {"text": "", "blocks": [{"type": "markdown", "text": text}]},
    "an attachment": lambda text: {"text": "", "attachments": [{"text": text, "fallback": "[no preview]"}]},
    "blocks of an attachment": lambda text: {"text": "", "attachments": [{"color": "#fff", "blocks": section(text)}]},
    "a fallback": lambda text: {"text": "", "attachments": [{"id": 1, "fallback": text}]},
    "a preview beside it": lambda text: {"text": text, "attachments": [{"from_url": "https://x.org", "title": "X"}]},
    "a message that was passed on": lambda text: {"text": text, "attachments": [{"is_share": True, "text": "Ho"}]},
}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("subtype", [None, "bot_message", "thread_broadcast"])
@given(text=st.text("abc é?", min_size=1, max_size=8).map(lambda text: f"x{text}x"))
def test_what_is_said_is_read_in_every_form(form: str, subtype: str | None, text: str) -> None:
    assert text_of({"type": "message", "subtype": subtype, **FORMS[form](text)}, NAMES) == text


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("subtype", ["channel_join", "tombstone", "message_deleted", "bot_add", "ephemeral"])
def test_what_slack_says_of_itself_is_nothing(form: str, subtype: str) -> None:
    assert not text_of({"type": "message", "subtype": subtype, **FORMS[form]("Ann joined")}, NAMES)


@pytest.mark.parametrize(
    ("blocks", "shown"),
    [
        ([BUTTONS], ""),
        ([{"type": "divider"}, {"type": "image", "image_url": "https://x.org/a.png", "alt_text": "a"}], ""),
        (rich({"type": "user", "user_id": "U1"}, {"type": "text", "text": " is "}, {"type": "emoji", "name": "up"}),
         "@Ann is :up:"),
        (rich({"type": "link", "url": "https://x.org", "text": "this"}), "this (https://x.org)"),
        (rich({"type": "link", "url": "https://x.org"}), "https://x.org"),
        ([{"type": "rich_text", "elements": [{"type": "rich_text_list", "elements": [
            {"type": "rich_text_section", "elements": [{"type": "text", "text": each}]} for each in ("one", "two")]}]}],
         "one\ntwo"),
        ([{"type": "section", "fields": [{"type": "mrkdwn", "text": "Open"}, {"type": "mrkdwn", "text": "Yes"}]}],
         "Open\nYes"),
        ([*section("Open"), {"type": "context", "elements": [{"type": "mrkdwn", "text": "since May"}]}],
         "Open\nsince May"),
    ],
)  # fmt: skip
def test_blocks_give_their_texts_in_order(blocks: list[Message], shown: str) -> None:
    assert text_of({"text": "", "blocks": blocks}, NAMES) == shown


def test_attachments_go_on_where_the_text_ends() -> None:
    fields = [{"title": "Until", "value": "five", "short": True}]
    attached = {"pretext": "From the page:", "title": "Hours", "text": "We are open.", "fields": fields}
    said = "See:\nFrom the page:\nHours\nWe are open.\nUntil: five"
    assert text_of({"text": "See:", "attachments": [attached]}, NAMES) == said
