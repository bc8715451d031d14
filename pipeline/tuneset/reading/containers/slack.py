"""A day of a channel as Slack exports it: an array of messages with `user`, `text` and `ts`.

A thread is one conversation, and the messages outside of threads are another. Who wrote them `users.json` says, which
lies beside the channel's folder or above it. Nobody but a bot is taken for the assistant: `ingest.mapping` says who is.
A thread whose replies stand in another day's file is told, because half of it would be trained as a whole.
Source: Slack help centre, "How to read Slack data exports", and the API reference on messages (as of 2026-11).
"""

from __future__ import annotations

import dataclasses
import html
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import Any

from tuneset.drop_reasons import CONVERSATION_PART
from tuneset.errors import InputError
from tuneset.reading import archives, decode
from tuneset.reading.containers.base import Container, Head, Partner, Shard, Takes
from tuneset.reading.containers.json_values import read_values
from tuneset.reading.records import RawReject, Records, Row

SCATTERED = "ING003"
LISTS = frozenset(
    (
        *("users.json", "channels.json", "groups.json", "dms.json", "mpims.json", "integration_logs.json"),
        *("canvases.json", "file_conversations.json", "huddle_transcripts.json", "lists.json"),
    )
)
"""What Slack writes beside the channels; of these, users.json alone says something of conversations."""
_USERS = "users.json"
_TOKEN = re.compile(r"<([^<>|]+)(?:\|([^<>]*))?>")

Message = dict[str, Any]


def _recognise(head: Head) -> bool:
    if not head.is_text or not head.text.lstrip().startswith(b"["):
        return False
    first = next((row for row in read_values([head.text]) if not isinstance(row, RawReject)), None)
    return first is not None and _is_message(first[2])


def _is_message(value: Message) -> bool:
    ts = value.get("ts")
    is_said = value.get("type") == "message" or {"user", "text"} <= value.keys()
    return is_said and type(ts) is str and re.fullmatch(r"\d+\.\d+", ts) is not None


def with_users(shards: Sequence[Shard]) -> list[Shard]:
    """The shards without Slack's lists, and each of its days with the file that names the users, where there is one."""
    days = [shard for shard in shards if shard.container == SLACK.name]
    if not days:
        return list(shards)
    beside = {str(PurePosixPath(day.source).parent) for day in days}
    beside |= {str(PurePosixPath(folder).parent) for folder in beside}
    lists = {
        shard.source: shard
        for shard in shards
        if PurePosixPath(shard.source).name in LISTS and str(PurePosixPath(shard.source).parent) in beside
    }
    found = []
    for shard in shards:
        if shard.container == SLACK.name:
            found.append(_with_users(shard))
        elif shard.source not in lists:
            found.append(shard)
    return found


def _with_users(day: Shard) -> Shard:
    partner = next((each for each in _users_files(day) if each is not None), None)
    return day if partner is None else dataclasses.replace(day, partners=(partner,))


def _users_files(day: Shard) -> Iterator[Partner | None]:
    """The files of users that a day may have, the nearest first."""
    if day.content.member:
        head = decode.sniff(day.path).head
        members = archives.members(day.path, head) or []
        for folder in list(PurePosixPath(day.content.member).parents)[:2]:
            name = str(folder / _USERS)
            if name in members:
                yield _partner(day.path, name, f"{decode.source_label(day.path)}/{name}")
        return
    for parent in list(day.path.parents)[:2]:
        path = parent / _USERS
        if path.is_file():
            yield _partner(path, "", decode.source_label(path))


def _partner(path: Path, member: str, source: str) -> Partner | None:
    try:
        content = decode.sniff(path, member)
    except InputError:
        return None
    return Partner(source, path, dataclasses.replace(content, head=b""))


def _read(shard: Shard, _: Takes) -> Iterator[Records]:
    names, bots = _users(shard.partners)
    out = Records()
    threads: dict[str, list[Row]] = {}
    flow: list[Row] = []
    rows = list(read_values(decode.text_pieces(shard.path, shard.content)))
    said = [row[2] for row in rows if not isinstance(row, RawReject) and _is_message(row[2])]
    roots = {str(message.get("ts")) for message in said}
    answered = {str(message["thread_ts"]) for message in said if "thread_ts" in message}
    for row in rows:
        if isinstance(row, RawReject):
            out.rejects.append(row)
            continue
        line, item, value, _length = row
        if not _is_message(value):
            out.add(line, item, value)
            continue
        thread = value.get("thread_ts")
        if type(thread) is not str and str(value["ts"]) in answered:  # the first message of a thread in older exports
            thread = str(value["ts"])
        if type(thread) is not str:
            flow.append(row)
        elif thread not in roots:
            out.rejects.append(RawReject(line, item, SCATTERED, _ELSEWHERE))
        else:
            threads.setdefault(thread, []).append(row)
    for conversation in (flow, *threads.values()):
        _close(conversation, names, bots, out)
    yield out


_ELSEWHERE = "the thread goes on in another day's file; put the messages of the channel into one file"


def _close(conversation: Sequence[Row], names: Mapping[str, str], bots: set[str], out: Records) -> None:
    """Give out a conversation: its first message stands for it, the others are parts of it."""
    if not conversation:
        return
    replies = next(
        (row[2].get("reply_count") for row in conversation if row[2].get("ts") == row[2].get("thread_ts")), 0
    )
    if type(replies) is int and replies > len(conversation) - 1:
        out.rejects += [RawReject(line, item, SCATTERED, _ELSEWHERE) for line, item, _, _ in conversation]
        return
    (line, item, _, _), *parts = conversation
    said = [_said(row[2], names, bots) for row in sorted(conversation, key=lambda row: float(row[2]["ts"]))]
    out.add(line, item, {"messages": [message for message in said if message["content"]]})
    detail = "the row is part of the conversation that begins before it"
    out.rejects += [RawReject(at, of, CONVERSATION_PART, detail, (line, item)) for at, of, _, _ in parts]


def _said(message: Message, names: Mapping[str, str], bots: set[str]) -> Message:
    """A message in the form of a messenger's export; what the program itself says of joins and topics is nothing."""
    user = str(message.get("user") or message.get("bot_id") or message.get("username") or "")
    subtype = message.get("subtype")
    is_bot = subtype == "bot_message" or "bot_id" in message or user in bots
    text = (
        message.get("text") if subtype in (None, "bot_message", "thread_broadcast", "me_message", "file_share") else ""
    )
    content = _plain(text, names) if type(text) is str else ""
    return {"author": {"name": names.get(user, user), "isBot": is_bot}, "content": content}


def _plain(text: str, names: Mapping[str, str]) -> str:
    """A text without Slack's marks: mentions by their names, links as they are.

    >>> _plain("<@U1> see <https://x.org|this> &amp; <#C1|help>", {"U1": "Ann"})
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


def _users(partners: Sequence[Partner]) -> tuple[dict[str, str], set[str]]:
    """The names of users by their ids, and the ids of those that are bots."""
    names: dict[str, str] = {}
    bots: set[str] = set()
    for partner in partners:
        for row in read_values(decode.text_pieces(partner.path, partner.content)):
            if isinstance(row, RawReject) or type(row[2].get("id")) is not str:
                continue
            user = row[2]
            profile = user["profile"] if type(user.get("profile")) is dict else {}
            shown = (profile.get("display_name"), user.get("real_name"), profile.get("real_name"), user.get("name"))
            names[user["id"]] = next((name for name in shown if type(name) is str and name), user["id"])
            if user.get("is_bot") is True:
                bots.add(user["id"])
    return names, bots


SLACK = Container(
    "slack",
    "a channel's day that Slack exported",
    _recognise,
    _read,
    b'[{"type": "message", "user": "U1", "text": "Is it open?", "ts": "1.0"},'
    b' {"type": "message", "bot_id": "B1", "text": "Yes.", "ts": "2.0"}]\n',
)
