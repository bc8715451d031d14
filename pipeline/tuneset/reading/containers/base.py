"""What the containers share: their interface, the first bytes by which they are recognised, and a part of a file."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from tuneset.reading.decode import HEAD_BYTES, Content
from tuneset.reading.records import Records

Takes = Callable[[dict[str, Any]], bool]
"""Whether an object is a row of some shape."""

_CONTROL = bytes({*range(32)} - {*b"\t\n\r\f\x1b\x1e"})  # 0x1e separates records in RFC 7464


@dataclasses.dataclass(frozen=True)
class Head:
    """The first bytes of a file. Its name is not asked.

    Args:
        raw: as they are, unpacked.
        text: as UTF-8, from its very beginning and without a byte order mark.
        whole: whether that is all there is.
    """

    raw: bytes
    text: bytes
    whole: bool

    @classmethod
    def of(cls, content: Content) -> Head:
        """The head of a file that was looked at."""
        return cls(content.head, content.head_text(), len(content.head) < HEAD_BYTES)

    @functools.cached_property
    def is_text(self) -> bool:
        """Whether it is text, or JSON with stray NULs in it."""
        return not is_binary(self.text)

    @functools.cached_property
    def lines(self) -> list[bytes]:
        """Its lines that hold something; the last one, which may be cut, only where there is no other."""
        lines = self.text.split(b"\n")[: None if self.whole else -1]
        return [line for line in lines if line.strip()] or [self.text]


class Partner(NamedTuple):
    """Another file that a part is read with: its name, where to open it, how it is packed."""

    source: str
    path: Path
    content: Content


@dataclasses.dataclass(frozen=True)
class Shard:
    """A part of a raw file.

    Args:
        source: the file as ledgers and findings name it, with forward slashes: relative to the working folder
            where it lies inside, else absolute.
        path: where to open it.
        container: the name of what it holds.
        content: how it is packed and encoded (its head is left out).
        start: first byte of the part; 0 but for a container that can be cut.
        end: one past its last byte, or None for the whole file.
        line: physical line of the file at `start`, from 1.
        refusal: why the file cannot be read at all, in one sentence; empty for one that can.
        partners: other files that say what belongs to its rows.
        whole: whether it is all of its file.
        classes: columns whose numbers and states the whole file shows to be classes; None before all of it was read.
    """

    source: str
    path: Path
    container: str
    content: Content
    start: int = 0
    end: int | None = None
    line: int = 1
    refusal: str = ""
    partners: tuple[Partner, ...] = ()
    whole: bool = True
    classes: tuple[str, ...] | None = None

    def as_partner(self) -> Partner:
        """The whole file as another one is read with it."""
        return Partner(self.source, self.path, self.content)

    @property
    def packed_container(self) -> str:
        """What the file holds and how it is packed, in words for an account of files."""
        if self.refusal:
            return "unreadable"
        packed = self.content.compression
        return self.container if packed == "none" else f"{self.container} in {packed}"


class Container(NamedTuple):
    """A way in which a file holds rows.

    Args:
        name: how shards and reports call it.
        title: what it is, in the words of an error or a page.
        recognise: whether a file that begins so is one. Asked in the order of the registry; nothing is parsed beyond
            what the decision needs.
        read: the records of a part in order, in batches of bounded size; every row is a record or a reject. Which
            objects are rows, its second argument says, for containers that wrap them in others. Raises
            InputError where the file has gone or turns out to be damaged.
        example: a small file of the kind, where it is text.
        splits: whether a plain file may be cut at any line end into parts that are read by themselves.
    """

    name: str
    title: str
    recognise: Callable[[Head], bool]
    read: Callable[[Shard, Takes], Iterator[Records]]
    example: bytes | None = None
    splits: bool = False


def is_binary(head: bytes) -> bool:
    r"""Whether bytes are neither text nor JSON with stray NULs in it.

    >>> is_binary(b"\x89PNG\r\n\x1a\n\x00\x00"), is_binary(b'{"a": 1}\n\x00\x00')
    (True, False)
    """
    if head.lstrip()[:1] in (b"{", b"["):
        return False
    controls = len(head) - len(head.translate(None, _CONTROL))
    return b"\0" in head or controls > len(head) / 20
