"""The lines of a set's files: a hash of each and where it begins, range by range; and some of them again, to look at.

What a line says is asked of few lines only: those that stand in one set alone, and a sample.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

import numpy as np
import numpy.typing as npt
import orjson
import xxhash

from tuneset.errors import InputError
from tuneset.execution.executor import Executor
from tuneset.execution.gate.texts import said
from tuneset.json_text import JsonValue, loads
from tuneset.reading.line_ranges import ByteRange, byte_ranges, lines_of

TASK_LINES = 4000
"""Lines that one task reads again."""

LEAST_COMMON = 0.2
"""Of the words of two lines that one raw row became: with fewer in common it is another example at the same place."""

Numbers = npt.NDArray[np.uint64]


class Hashed(NamedTuple):
    """All lines of a file, one entry each.

    Args:
        offsets: where they begin.
        lengths: their bytes, without line ends; 0 for a blank line.
        hashes: 64 bits of xxh3 each; two million lines have two of one hash once in ten million sets.
    """

    offsets: Numbers
    lengths: Numbers
    hashes: Numbers


class Contents(NamedTuple):
    """What some lines say, as numbers, one entry a line.

    Args:
        values: of the JSON value, whatever its white space and the order of its keys.
        questions: of what is asked, white space and case folded.
        answers: of what is answered, the same; 0 where nothing is.
    """

    values: Numbers
    questions: Numbers
    answers: Numbers


class Spans(NamedTuple):
    """Some lines of files, one entry a line.

    Args:
        files: the files.
        file: in which of them.
        offsets: where the lines begin.
        lengths: their bytes.
    """

    files: tuple[Path, ...]
    file: npt.NDArray[np.uint32]
    offsets: Numbers
    lengths: Numbers

    def cut(self, size: int) -> Iterator[Spans]:
        """Yield them, so many at a time."""
        for start in range(0, len(self.file), size):
            stop = start + size
            yield Spans(self.files, self.file[start:stop], self.offsets[start:stop], self.lengths[start:stop])


def hash_lines(path: Path, executor: Executor) -> Hashed:
    """The lines of a file. Raises InputError for a line that no provider takes, as it is too long to be read."""
    size = path.stat().st_size
    tasks = byte_ranges(path, 0, size)
    done = list(executor.map(_hash_range, tasks, label="lines", size=size))
    lengths, hashes = (np.concatenate(parts) for parts in zip(*done, strict=True))
    offsets = np.concatenate([[0], np.cumsum(lengths + 1)[:-1]]).astype(np.uint64) if len(lengths) else lengths
    return Hashed(offsets, lengths, hashes)


def _hash_range(part: ByteRange) -> tuple[Numbers, Numbers]:
    lines = lines_of(part)
    known = [line for line in lines if line is not None]
    if len(known) != len(lines):
        raise InputError(f"{part.path}: holds a line that is too long to be compared")
    hashes = np.fromiter(map(xxhash.xxh3_64_intdigest, known), np.uint64, len(known))
    return np.fromiter(map(len, known), np.uint64, len(known)), hashes


def read_again(spans: Spans) -> list[bytes]:
    """Some lines as they stand, in the order in which they are given."""
    lines = []
    with contextlib.ExitStack() as stack:
        handles: dict[int, BinaryIO] = {}
        for file, offset, length in zip(
            spans.file.tolist(), spans.offsets.tolist(), spans.lengths.tolist(), strict=True
        ):
            if file not in handles:
                handles[file] = stack.enter_context(spans.files[file].open("rb"))
            handles[file].seek(offset)
            lines.append(handles[file].read(length))
    return lines


def contents(spans: Spans, executor: Executor) -> Contents:
    """What lines say, in the order in which they are given."""
    tasks = list(spans.cut(TASK_LINES))
    if not tasks:
        return Contents(*(np.zeros(0, np.uint64) for _ in Contents._fields))
    done = executor.map(_contents, tasks, label="what changed", size=int(spans.lengths.sum()))
    return Contents(*(np.concatenate(parts) for parts in zip(*done, strict=True)))


def _contents(spans: Spans) -> Contents:
    rows = [_content(line) for line in read_again(spans)]
    return Contents(*(np.array(column, np.uint64) for column in zip(*rows, strict=True)))


def _content(line: bytes) -> tuple[int, int, int]:
    r"""Value, question and answer of a line as numbers.

    >>> asked = b'{"role":"user","content":"Why?"}'
    >>> one = _content(b'{"messages":[%b]}' % asked)
    >>> other = _content(b' {"messages": [{"content": "why?","role": "user"}]}\r')
    >>> one[0] == other[0], one[1:] == other[1:]
    (False, True)
    """
    value = parsed(line)
    if value is None:
        own = xxhash.xxh3_64_intdigest(line.strip())
        return own, own, 0
    whole = xxhash.xxh3_64_intdigest(sorted_json(value))
    two = spoken(value)
    if two is None:
        return whole, whole, 0
    return whole, _folded(two[0]), _folded(two[1]) if two[1] else 0


def parsed(line: bytes) -> JsonValue | None:
    """The value of a line, or None where it is no JSON."""
    try:
        return loads(line)
    except ValueError:
        return None


def sorted_json(value: JsonValue) -> bytes:
    """A value as JSON in which the order of keys makes no difference."""
    try:
        return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)
    except TypeError:  # an integer beyond 64 bits, or nested too deeply for orjson
        return repr(value).encode()


def spoken(value: JsonValue) -> tuple[str, str | None] | None:
    """What an example asks and answers; None for a value that is no conversation.

    >>> spoken({"messages": [{"role": "user", "content": "q"}, {"role": "assistant", "content": "a"}]})
    ('q', 'a')
    >>> spoken({"messages": 1}), spoken([])
    (None, None)
    """
    try:
        two = said(value)
    except (KeyError, TypeError, AttributeError):
        return None
    return two.question, two.answer


def turns(value: Any) -> int:  # noqa: ANN401  any JSON value
    """How many messages an example has, those of a preference pair's first answer among them."""
    if "preferred_output" in value:
        return len(value["input"]["messages"]) + len(value["preferred_output"])
    return len(value["messages"])


def _folded(words: str) -> int:
    return xxhash.xxh3_64_intdigest(" ".join(words.split()).casefold().encode(errors="surrogatepass"))


def akin(pairs: tuple[Spans, Spans]) -> list[bool]:
    """Whether two lines each have so many words in common that one may be made of the other."""
    first, second = (read_again(spans) for spans in pairs)
    return [_common(_words(one), _words(other)) >= LEAST_COMMON for one, other in zip(first, second, strict=True)]


def _words(line: bytes) -> set[str]:
    two = spoken(parsed(line))
    said = line.decode(errors="replace") if two is None else f"{two[0]} {two[1] or ''}"
    return set(said.casefold().split())


def _common(one: set[str], other: set[str]) -> float:
    """The share of all words that two sets have both.

    >>> _common({"a", "b"}, {"b", "c"}), _common(set(), set())
    (0.3333333333333333, 1.0)
    """
    return len(one & other) / len(one | other) if one or other else 1.0
