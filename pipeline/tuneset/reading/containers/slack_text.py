"""What a message of Slack says: its text, what its blocks and attachments show, and without Slack's marks.

People write a text, of which `rich_text` blocks say the same. Programs often write blocks or attachments instead, and a
text that is empty or stands in notifications alone. Previews of links, buttons and files say nothing. Source: Slack's
reference on messages, blocks and secondary attachments (as of 2026-11).
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from typing import Any

from tuneset.json_text import JsonValue

_TOKEN = re.compile(r"<([^<>|]+)(?:\|([^<>]*))?>")
_SAID = frozenset(
    (None, "bot_message", "thread_broadcast", "reply_broadcast", "me_message", "file_share", "slackbot_response")
)
"""Subtypes of what somebody said; of all others the text is a note of Slack's own on joins, topics and the like."""
_PREVIEW = ("from_url", "original_url", "is_msg_unfurl", "is_share")
_WRITTEN = "rich_text"
_SHOWN = frozenset(("section", "header", "context", "markdown", "table", _WRITTEN))
"""Blocks that show texts. In others, such as buttons and fields of a form, they say what can be done."""
_PARTS = ("text", "fields", "elements", "rows")
_LINE = frozenset(("rich_text_section", "rich_text_preformatted", "rich_text_quote"))


def text_of(message: dict[str, Any], names: dict[str, str]) -> str:
    """What a message says, with people by their names.

    >>> text_of({"text": "Hi <@U1>"}, {"U1": "Ann"}), text_of({"subtype": "channel_join", "text": "joined"}, {})
    ('Hi @Ann', '')
    >>> section = {"type": "section", "text": {"type": "mrkdwn", "text": "*Open*"}}
    >>> text_of({"text": "1 message", "bot_id": "B1", "blocks": [section, {"type": "actions", "elements": []}]}, {})
    '*Open*'
    """
    if message.get("subtype") not in _SAID:
        return ""
    own = message.get("text")
    own = plain(own, names) if type(own) is str else ""
    blocks = _objects(message.get("blocks"))
    if not own.strip() or any(block.get("type") in _SHOWN - {_WRITTEN} for block in blocks):
        own = _shown(blocks, names) or own
    attached = [_attached(each, names) for each in _objects(message.get("attachments"))]
    return "\n".join(part for part in (own, *attached) if part.strip())


def _attached(attachment: dict[str, Any], names: dict[str, str]) -> str:
    r"""What an attachment shows; of one without texts the fallback.

    >>> _attached({"title": "Hours", "text": "9 to 5", "fallback": "f"}, {}), _attached({"fallback": "9 to 5"}, {})
    ('Hours\n9 to 5', '9 to 5')
    >>> _attached({"from_url": "https://x.org", "text": "A page."}, {})
    ''
    """
    if any(attachment.get(key) for key in _PREVIEW):
        return ""
    fields = [": ".join(_texts(field, ("title", "value"), names)) for field in _objects(attachment.get("fields"))]
    shown = [*_texts(attachment, ("pretext", "title", "text"), names), *fields]
    shown.append(_shown(_objects(attachment.get("blocks")), names))
    return "\n".join(filter(None, shown)) or "\n".join(_texts(attachment, ("fallback",), names))


def _texts(held: dict[str, Any], keys: tuple[str, ...], names: dict[str, str]) -> list[str]:
    return [plain(held[key], names) for key in keys if type(held.get(key)) is str and held[key].strip()]


def _shown(blocks: list[dict[str, Any]], names: dict[str, str]) -> str:
    lines = (plain("".join(_pieces(block)), names).strip("\n") for block in blocks if block.get("type") in _SHOWN)
    return "\n".join(line for line in lines if line.strip())


def _pieces(value: JsonValue) -> Iterator[str]:
    """The texts within a block in order, mentions and links in Slack's own marks."""
    if type(value) is list:
        for inner in value:
            yield from _pieces(inner)
            yield "\n" if type(inner) is list or "type" not in inner or _is_line(inner) else ""
        return
    if type(value) is not dict:
        return
    kind = value.get("type")
    if kind == "user":
        yield f"<@{value.get('user_id')}>"
    elif kind == "channel":
        yield f"<#{value.get('channel_id')}>"
    elif kind == "emoji":
        yield f":{value.get('name')}:"
    elif kind == "link":
        yield f"<{value.get('url')}|{value.get('text') or value.get('url')}>"
    elif type(value.get("text")) is str:
        yield value["text"]
    else:
        for key in _PARTS:
            yield from _pieces(value.get(key))
            yield "\n" if key == "text" and value.get("fields") else ""


def _is_line(value: JsonValue) -> bool:
    """Whether a part stands in lines of its own: a section or item of a written text, and a text of a block."""
    return type(value) is dict and value.get("type") in (*_LINE, "mrkdwn", "plain_text")


def _objects(value: JsonValue) -> list[dict[str, Any]]:
    return [each for each in value if type(each) is dict] if type(value) is list else []


def plain(text: str, names: dict[str, str]) -> str:
    """A text without Slack's marks: mentions by their names, links as they are.

    >>> plain("<@U1> see <https://x.org|this> &amp; <#C1|help>", {"U1": "Ann"})
    '@Ann see this (https://x.org) & #help'
    """

    def shown(found: re.Match[str]) -> str:
        what, label = found[1], found[2]
        if what.startswith("@"):
            return f"@{names.get(what[1:], label or what[1:])}"
        if what.startswith("#"):
            return f"#{label or what[1:]}"
        if what.startswith("!"):
            return f"@{label or what[1:].partition('^')[0]}"
        return f"{label} ({what})" if label and label != what else what

    return html.unescape(_TOKEN.sub(shown, text))
