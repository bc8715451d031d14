"""Conversations of one message a row that go on in another file of their folder, of tables that are cut by month.

They are joined where that is certain: the id is one that no other export has made again (letters and digits, or many
of these), or the piece begins with an answer. Ids that are counted anew in each file name different conversations.
"""

from __future__ import annotations

import contextlib
import dataclasses
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import PurePosixPath
from typing import NamedTuple

from tuneset.errors import InputError
from tuneset.reading import decode
from tuneset.reading.containers.base import Container, Partner, Shard
from tuneset.reading.containers.delimited import DELIMITED
from tuneset.reading.containers.jsonl import JSON_LINES
from tuneset.reading.grouping.base import Record
from tuneset.reading.grouping.message_rows import IDS, MESSAGE_ROWS, speaker

_CONTAINERS: Mapping[str, Container] = {each.name: each for each in (DELIMITED, JSON_LINES)}
_UNIQUE = re.compile(r"(?=.*[A-Za-z])(?=.*\d).{6,}|\d{9,}")
_ROWS_LOOKED_AT = 20


class Piece(NamedTuple):
    """A row of a conversation, and where it stands."""

    source: str
    line: int
    item: int
    record: Record


def with_pieces(shards: Sequence[Shard]) -> list[Shard]:
    """The shards, in which files that share a conversation of messages know each other."""
    found: dict[str, list[Shard]] = {}
    for shard in shards:
        if _is_candidate(shard):
            found.setdefault(str(PurePosixPath(shard.source).parent), []).append(shard)
    sharing: dict[str, tuple[Partner, ...]] = {}
    for of_folder in found.values():
        named = [shard for shard in of_folder if _may_hold(shard)] if len(of_folder) > 1 else []
        keys = {shard.source: frozenset(_runs(shard)) for shard in named} if len(named) > 1 else {}
        for shard in named if keys else ():
            others = [each for each in named if each is not shard and keys[each.source] & keys[shard.source]]
            if others:
                sharing[shard.source] = tuple(each.as_partner() for each in others)
    return [dataclasses.replace(one, partners=sharing[one.source]) if one.source in sharing else one for one in shards]


def elsewhere(shard: Shard) -> dict[str, list[Piece]]:
    """What the files have that share conversations with a file, by the id of the conversation, file by file."""
    if shard.container not in _CONTAINERS or not shard.partners:
        return {}
    own = frozenset(_runs(shard))
    found: dict[str, list[Piece]] = {}
    for partner in sorted(shard.partners, key=lambda partner: partner.source):
        other = dataclasses.replace(shard, source=partner.source, path=partner.path, content=partner.content)
        for key, pieces in _runs(other).items():
            if key in own:
                found.setdefault(key, []).extend(pieces)
    return found


def whole(key: str, pieces: Sequence[Piece]) -> list[Piece] | None:
    """The rows of a conversation in the order of their files, the first of which stands for it; None where one is not.

    >>> bot, user = (Piece(role[0], 1, 0, {"chat_id": "7", "role": role, "text": "?"}) for role in ("bot", "a user"))
    >>> user.record["role"] = "user"
    >>> [piece.source for piece in whole("7", [bot, user]) or ()], whole("7", [user, user._replace(source="c")])
    (['a', 'b'], None)
    """
    ordered = sorted(pieces, key=lambda piece: piece.source)
    firsts = {piece.source: piece for piece in reversed(ordered)}
    following = sorted(firsts)[1:]
    is_certain = _UNIQUE.fullmatch(key) is not None or all(
        speaker(firsts[source].record) in ("assistant", "tool") for source in following
    )
    is_alike = all(piece.record.keys() == ordered[0].record.keys() for piece in ordered)
    return ordered if following and is_certain and is_alike else None


def goes_on(shard: Shard) -> bool:
    """Whether conversations of a file may go on in others: its beginning names a column of conversations."""
    return _is_candidate(shard) and _may_hold(shard)


def _is_candidate(shard: Shard) -> bool:
    return shard.container in _CONTAINERS and shard.end is None and not shard.refusal and not shard.partners


def _may_hold(shard: Shard) -> bool:
    head = decode.sniff(shard.path, shard.content.member).head_text().lower()
    return any(name.encode() in head for name in IDS)


def _runs(shard: Shard) -> dict[str, list[Piece]]:
    """The conversations of a file of messages with their rows; none of another file."""
    found: dict[str, list[Piece]] = {}
    for number, (line, item, record) in enumerate(_rows(shard)):
        key = MESSAGE_ROWS.key(record)
        if number == _ROWS_LOOKED_AT and not found:
            return {}
        if key is not None:
            found.setdefault(key, []).append(Piece(shard.source, line, item, record))
    return found


def _rows(shard: Shard) -> Iterator[tuple[int, int, Record]]:
    with contextlib.suppress(InputError):  # which is told where the file itself is read
        for records in _CONTAINERS[shard.container].read(shard, lambda _: True):
            yield from zip(records.lines, records.items, records.values, strict=True)
