"""A day of a channel as Slack exports it: an array of messages with `user`, `text` and `ts`.

A thread is one conversation, and the messages outside of threads are another. Who wrote them `users.json` says, which
lies beside the channel's folder or above it. Nobody but a bot is taken for the assistant: `ingest.mapping` says who is.
A thread goes on over the days of its channel's folder: it stands where its first message does, and what was said on
other days is part of it. One that is not there as a whole is told, because half of it would be trained as a whole.
Source: Slack help centre, "How to read Slack data exports", and the API reference on messages (as of 2026-11).
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path, PurePosixPath
from typing import Any, NamedTuple

from tuneset.drop_reasons import CONVERSATION_PART
from tuneset.errors import InputError
from tuneset.reading import archives, decode
from tuneset.reading.containers.base import Container, Head, Partner, Shard, Takes
from tuneset.reading.containers.json_values import read_values
from tuneset.reading.containers.slack_text import text_of
from tuneset.reading.records import RawReject, Records, Row
from tuneset.reading.turn_marks import with_asides

SCATTERED = "ING003"
LISTS = frozenset(
    (
        *("users.json", "channels.json", "groups.json", "dms.json", "mpims.json", "integration_logs.json"),
        *("canvases.json", "file_conversations.json", "huddle_transcripts.json", "lists.json"),
    )
)
"""What Slack writes beside the channels; of these, users.json alone says something of conversations."""
_USERS = "users.json"

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


def with_partners(shards: Sequence[Shard]) -> list[Shard]:
    """The shards without Slack's lists; each of its days knows the file of users and the days that share a thread."""
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
    sharing = _sharing(days)
    for shard in shards:
        if shard.container == SLACK.name:
            users = next((each for each in _users_files(shard) if each is not None), None)
            partners = (*([users] if users else []), *sharing.get(shard.source, ()))
            found.append(dataclasses.replace(shard, partners=partners))
        elif shard.source not in lists:
            found.append(shard)
    return found


def _sharing(days: Sequence[Shard]) -> dict[str, tuple[Partner, ...]]:
    """By source the other days of its folder in which a thread of it goes on, or began."""
    folders: dict[str, list[Shard]] = {}
    for day in days:
        folders.setdefault(str(PurePosixPath(day.source).parent), []).append(day)
    found: dict[str, tuple[Partner, ...]] = {}
    for of_folder in folders.values():
        if len(of_folder) < 2:
            continue
        own = {day.source: _threads(day.as_partner()) for day in of_folder}
        began = {stamp: source for source, (stamps, _) in own.items() for stamp in stamps}
        meeting: dict[str, set[str]] = {}  # by thread the days in which it is met
        for source, (_, threads) in own.items():
            for thread in threads:
                meeting.setdefault(thread, set()).add(source)
                if thread in began:
                    meeting[thread].add(began[thread])
        met: dict[str, set[str]] = {}
        for sources in meeting.values():
            for source in sources:
                met.setdefault(source, set()).update(sources)
        for day in of_folder:
            others = met.get(day.source, set()) - {day.source}
            found[day.source] = tuple(each.as_partner() for each in of_folder if each.source in others)
    return found


def _threads(day: Partner) -> tuple[set[str], set[str]]:
    """The stamps of the messages of a day, and the threads that they are said to be in."""
    said = [row[2] for row in _rows(day) if not isinstance(row, RawReject) and _is_message(row[2])]
    return {message["ts"] for message in said}, {thread for message in said if (thread := _thread_of(message))}


def _thread_of(message: Message) -> str | None:
    thread = message.get("thread_ts")
    return thread if type(thread) is str else None


def _rows(day: Partner) -> Iterator[Row | RawReject]:
    return read_values(decode.text_pieces(day.path, day.content))


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


class _Post(NamedTuple):
    """A message, and where it stands."""

    source: str
    line: int
    item: int
    said: Message


def _read(shard: Shard, _: Takes) -> Iterator[Records]:
    own = shard.as_partner()
    names, bots = _users([each for each in shard.partners if _is_users(each)])
    days = sorted([own, *(each for each in shard.partners if not _is_users(each))], key=lambda day: day.source)
    out = Records()
    posts: list[_Post] = []
    for day in days:
        for row in _rows(day):
            if isinstance(row, RawReject):
                out.rejects += [row] if day is own else []
            elif _is_message(row[2]):
                posts.append(_Post(day.source, *row[:3]))
            elif day is own:
                out.add(*row[:3])
    posts = _as_edited(posts)
    answered = {thread for post in posts if (thread := _thread_of(post.said))}
    flow: list[_Post] = []
    threads: dict[str, list[_Post]] = {}
    for post in posts:
        # The first message of a thread does not name it in older exports.
        thread = post.said["ts"] if post.said["ts"] in answered else _thread_of(post.said)
        if thread is not None:
            threads.setdefault(thread, []).append(post)
        elif post.source == own.source:
            flow.append(post)
    for thread, conversation in (("", flow), *threads.items()):
        if any(post.source == own.source for post in conversation):
            _close(conversation, thread, own.source, out, lambda post: _said(post.said, names, bots))
    yield out


def _as_edited(posts: Sequence[_Post]) -> list[_Post]:
    """The posts as they were left: exports with a log of edits have these as messages of their own, which say nothing.

    >>> first = {"ts": "1.0", "text": "Ye"}
    >>> edit = {"subtype": "message_changed", "ts": "2.0", "message": {"ts": "1.0", "text": "Yes."}}
    >>> _as_edited([_Post("", 1, 0, first), _Post("", 1, 1, edit)])[0].said["text"]
    'Yes.'
    """
    changed: dict[str, Message] = {}
    for post in posts:
        edited = post.said.get("message")
        if post.said.get("subtype") == "message_changed" and type(edited) is dict:
            changed[str(edited.get("ts"))] = {"text": "", **edited}
        elif post.said.get("subtype") == "message_deleted":
            changed[str(post.said.get("deleted_ts"))] = {"subtype": "message_deleted"}
    if not changed:
        return list(posts)
    return [post._replace(said={**post.said, **changed.get(post.said["ts"], {})}) for post in posts]


_ELSEWHERE = "the thread is not whole: its first message, or one of its replies, is in no day that is read"


def _close(
    conversation: Sequence[_Post], thread: str, source: str, out: Records, said: Callable[[_Post], Message]
) -> None:
    """Give out what a file has of a conversation: of that of its first message the others are parts."""
    first = next((post for post in conversation if not thread or post.said["ts"] == thread), None)
    replies = first.said.get("reply_count") if first is not None and thread else 0
    once = {post.said["ts"]: post for post in reversed(conversation)} if thread else {}
    if first is None or (type(replies) is int and replies > len(once) - 1 and thread):
        own = [post for post in conversation if post.source == source]
        out.rejects += [RawReject(post.line, post.item, SCATTERED, _ELSEWHERE) for post in own]
        return
    begin = next(post for post in conversation if post.source == first.source)
    of_source = "" if begin.source == source else begin.source
    detail = "the row is part of the conversation that begins before it"
    for post in conversation:
        if post.source == source and post is not begin:
            out.rejects.append(
                RawReject(post.line, post.item, CONVERSATION_PART, detail, (begin.line, begin.item), of_source)
            )
    if begin.source == source:
        whole = sorted(once.values() if thread else conversation, key=lambda post: float(post.said["ts"]))
        messages = [message for message in map(said, whole) if message["content"]]
        files = sum(bool(post.said.get("files")) for post in whole)
        out.add(begin.line, begin.item, with_asides({"messages": messages}, "files", files) or {})


def _said(message: Message, names: dict[str, str], bots: set[str]) -> Message:
    """A message in the form of a messenger's export."""
    user = str(message.get("user") or message.get("bot_id") or message.get("username") or "")
    subtype = message.get("subtype")
    is_bot = subtype == "bot_message" or bool(message.get("bot_id")) or user in bots
    return {"author": {"name": names.get(user, user), "isBot": is_bot}, "content": text_of(message, names)}


def _is_users(partner: Partner) -> bool:
    return PurePosixPath(partner.source).name == _USERS


def _users(partners: Sequence[Partner]) -> tuple[dict[str, str], set[str]]:
    """The names of users by their ids, and the ids of those that are bots."""
    names: dict[str, str] = {}
    bots: set[str] = set()
    for partner in partners:
        for row in _rows(partner):
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
