"""Finds the rows that are wanted, in their order: at once by the small columns, block by block where texts are read.

What has been found can be asked for while the search goes on, so that a rare word in a million rows shows its first
rows before the last have been read.
"""

from __future__ import annotations

import collections
import concurrent.futures
import itertools
import threading
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import orjson
import polars as pl

from tuneset.errors import TunesetError
from tuneset.json_text import dumps
from tuneset.viewing.facts import RowFacts, bit
from tuneset.viewing.filters import Range, Wanted
from tuneset.viewing.rows import Rows, roughly
from tuneset.viewing.texts import strings

BLOCK_ROWS = 4096
_FIRST_ROWS = 512
"""The first block is small, so that something is to be seen."""

_THREADS = 2
_AHEAD = 2
"""Blocks that are read while one is waited for."""

MarkedRows = Callable[[str, str], npt.NDArray[np.int64]]
"""Gives the rows with a mark: its action and, of tags, its name; `any` are all that have one."""
_Bools = npt.NDArray[np.bool_]
_Places = npt.NDArray[np.int64]


class Search:
    """One search, in a thread of its own, until it has all rows or is told to stop.

    Args:
        rows: where to search.
        facts: of them.
        wanted: which.
        marked: which rows have which marks.
    """

    def __init__(self, rows: Rows, facts: RowFacts, wanted: Wanted, marked: MarkedRows) -> None:
        self.wanted = wanted
        self.attached = rows.attached  # before anything is read
        self._rows, self._facts, self._marked = rows, facts, marked
        self._found: list[_Places] = []
        self._count = 0
        self._changed = threading.Condition()
        self._stopped = False
        self.searched = 0.0
        self.complete = False
        self.failure: TunesetError | None = None
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End the search."""
        self._stopped = True

    def page(self, start: int, count: int, within_s: float | None) -> _Places:
        """The found rows from `start` on, at most `count`; waits for them, at most so long.

        Raises what went wrong in the search.
        """
        with self._changed:
            self._changed.wait_for(lambda: self.complete or self._count >= start + count, within_s)
            if self.failure is not None:
                raise self.failure
            parts, before = [np.zeros(0, np.int64)], 0
            for block in self._found:
                parts.append(block[max(0, start - before) : max(0, start + count - before)])
                before += len(block)
            return np.concatenate(parts)

    def all(self) -> _Places:
        """All rows, when all are found."""
        return self.page(0, len(self._rows), None)

    @property
    def count(self) -> int:
        """How many have been found by now."""
        return self._count

    def _run(self) -> None:
        try:
            for block in self._blocks():
                if self._stopped:
                    return
                with self._changed:
                    self._found.append(block)
                    self._count += len(block)
                    self._changed.notify_all()
        except TunesetError as error:
            self.failure = error
        except (pl.exceptions.PolarsError, OSError) as error:
            self.failure = TunesetError(f"the search failed: {type(error).__name__}")
        finally:
            with self._changed:
                self.complete = True
                self._changed.notify_all()

    def _blocks(self) -> Iterator[_Places]:
        order = self._ordered(np.flatnonzero(self._held()))
        most = self.wanted.sample
        if not self.wanted.reads_text:
            self.searched = 1.0
            yield order[:most]
            return
        cuts = [0, *range(_FIRST_ROWS, len(order), BLOCK_ROWS), len(order)]
        blocks = [order[start:end] for start, end in itertools.pairwise(cuts)]
        taken = read = 0
        with concurrent.futures.ThreadPoolExecutor(_THREADS) as threads:
            matches = collections.deque(threads.submit(self._matches, block) for block in blocks[:_AHEAD])
            for number, block in enumerate(blocks):
                if self._stopped or (most is not None and taken >= most):
                    break
                found = block[matches.popleft().result()]
                if number + _AHEAD < len(blocks):
                    matches.append(threads.submit(self._matches, blocks[number + _AHEAD]))
                found = found if most is None else found[: most - taken]
                read, taken = read + len(block), taken + len(found)
                self.searched = read / len(order)
                yield found
            for waiting in matches:
                waiting.cancel()
        self.searched = 1.0

    def _reading(self, share: float) -> None:
        """How far the facts are; ends the search where it is not wanted any more."""
        self.searched = share * 0.99

    # --- by small columns ----------------------------------------------------------------------------------------

    def _held(self) -> _Bools:
        wanted, frame = self.wanted, self._rows.frame
        held = np.ones(len(frame), np.bool_)
        for name, values in wanted.lists.items():
            held &= self._in_list(name, values)
        for name, limits in wanted.ranges.items():
            numbers = frame[name].fill_null(-1).to_numpy() if name in frame.columns else self._fact(name)
            held &= _within(numbers, limits)
        return held

    def _fact(self, name: str) -> npt.NDArray[Any]:
        return self._facts.column(name, self._reading)

    def _in_list(self, name: str, values: Sequence[str]) -> _Bools:
        frame = self._rows.frame
        if name == "source":
            numbers = [n for n, source in enumerate(self._rows.sources) if _is_source(source, values)]
            return np.isin(frame["source"].to_numpy(), numbers)
        if name == "shape":
            of = [n for n, s in enumerate(self._rows.sources) if set(self._rows.shapes.get(s, ())) & set(values)]
            return np.isin(frame["source"].to_numpy(), of)
        if name in ("side", "stage"):
            return frame[name].cast(pl.String).is_in(list(values)).fill_null(value=False).to_numpy()
        if name == "code":
            codes = frame["code"].cast(pl.String)
            alike = [code for code in codes.unique().drop_nulls() if code.startswith(tuple(values))]
            return codes.is_in(alike).fill_null(value=False).to_numpy()
        if name == "id":
            return frame["id"].is_in(pl.Series([int(value, 16) for value in values], dtype=pl.UInt64)).to_numpy()
        if name == "language":
            found = self._fact("language")
            return np.isin(found, [self._facts.languages.index(v) for v in values if v in self._facts.languages])
        if name in ("holds", "lacks"):
            flags = self._fact("flags")
            has = np.zeros(len(flags), np.bool_)
            for value in values:
                has |= (flags & bit(value)) != 0
            return has if name == "holds" else ~has & (self._fact("characters") >= 0)
        marked = np.zeros(len(frame), np.bool_)
        for value in values:
            if name == "marked" and value == "none":
                without = np.ones(len(frame), np.bool_)
                without[self._marked("any", "")] = False
                marked |= without
            else:
                marked[self._marked("tag" if name == "tagged" else value, value if name == "tagged" else "")] = True
        return marked

    def _ordered(self, places: _Places) -> _Places:
        wanted = self.wanted
        by = wanted.sort.removeprefix("-")
        if wanted.sample is not None and by == "file" and not wanted.reads_text:
            places = np.sort(places[np.argsort(self._hashes(places), kind="stable")][: wanted.sample])
        elif wanted.sample is not None or by == "random":
            places = places[np.argsort(self._hashes(places), kind="stable")]
            by = "file" if by == "random" else by
            if wanted.sample is not None and not wanted.reads_text:
                places = places[: wanted.sample]
        if by in ("tokens", "characters", "turns"):
            numbers = (self._rows.frame["tokens"].fill_null(-1).to_numpy() if by == "tokens" else self._fact(by))[
                places
            ].astype(np.int32)
            return places[np.argsort(-numbers if wanted.sort.startswith("-") else numbers, kind="stable")]
        return places[::-1] if wanted.sort.startswith("-") else places

    def _hashes(self, places: _Places) -> npt.NDArray[np.uint64]:
        """A number for each row by its id and the seed (the finalizer of splitmix64): the same on every machine."""
        mixed = self._rows.frame["id"].to_numpy()[places]  # a copy, in which all is done: eight bytes a row
        mixed ^= np.uint64((self.wanted.seed * 0x9E3779B97F4A7C15) % 2**64)
        for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
            mixed ^= mixed >> np.uint64(shift)
            mixed *= np.uint64(factor)
        mixed ^= mixed >> np.uint64(31)
        return mixed

    # --- by what rows say ----------------------------------------------------------------------------------------

    def _matches(self, places: _Places) -> _Bools:
        wanted = self.wanted
        held = self._rows.has_text()[places]
        if wanted.text:
            held &= self._rows.suspects(places, as_json(wanted.text))
        if wanted.regex and (literal := required(wanted.regex)):
            held &= self._rows.suspects(places, as_json(literal))
        here = np.flatnonzero(held)
        examples = [roughly(line) for line in self._rows.lines(places[here])]
        keeps = np.ones(len(here), np.bool_)
        if wanted.text:
            keeps &= _say(examples, wanted.text)
        if wanted.regex:
            keeps &= _match(examples, wanted.regex)
        for name, value in wanted.columns:
            keeps &= np.array([_holds(example, name, value) for example in examples], np.bool_)
        held[here] = keeps
        return held


def _within(numbers: npt.NDArray[Any], limits: Range) -> _Bools:
    """Which numbers are in a range; -1 is no number."""
    held = numbers >= (0 if limits.least is None else limits.least)
    return held if limits.most is None else held & (numbers <= limits.most)


def _is_source(source: str, values: Sequence[str]) -> bool:
    return any(source == value or source.endswith(f"/{value.removeprefix('./')}") for value in values)


def as_json(text: str) -> bytes:
    r"""Small letters of a text as JSON writes it within quotes.

    >>> as_json('Say "A"\n')
    b'say \\"a\\"\\n'
    """
    return orjson.dumps(text.lower())[1:-1]


def required(pattern: str) -> str:
    r"""A text that stands in whatever a pattern matches; "" where none is sure.

    >>> required(r"\bfoo.+barn?"), required("a|b"), required("(?i)word")
    ('foo', '', '')
    """
    if any(sign in pattern for sign in "|()[]{}") or not pattern.isascii():
        return ""
    runs, place = [""], 0
    while place < len(pattern):
        sign = pattern[place]
        after = pattern[place + 1 : place + 2]
        place += 2 if sign == "\\" else 1
        if sign == "\\" or sign in ".^$*?+":
            if sign in "*?":
                runs[-1] = runs[-1][:-1]
            runs.append("")
        elif after == "+":
            runs += [runs.pop() + sign, ""]
        else:
            runs[-1] += sign
    return max(runs, key=len)


def _say(examples: Sequence[Any], text: str) -> _Bools:
    """Which examples say a text, whatever its case."""
    small = text.lower()
    return np.array([any(small in one.lower() for one in strings(example)) for example in examples], np.bool_)


def _match(examples: Sequence[Any], pattern: str) -> _Bools:
    """In which examples a pattern matches a text."""
    texts = [_plain(example) or list(strings(example)) for example in examples]
    owners = np.repeat(np.arange(len(texts)), [len(one) for one in texts])
    said = pl.Series([one for several in texts for one in several], dtype=pl.String)
    found = np.zeros(len(texts), np.bool_)
    found[owners[said.str.contains(pattern).to_numpy()]] = True
    return found


def _plain(example: Any) -> list[str]:  # noqa: ANN401  any JSON value
    """The texts of an example that is a role and a text a message, as nearly every row is; none where it is another.

    >>> _plain({"messages": [{"role": "user", "content": "Hi"}]}), _plain({"messages": [{"content": "Hi"}]})
    (['Hi'], [])
    """
    if type(example) is not dict or len(example) != 1 or type(messages := example.get("messages")) is not list:
        return []
    found = [m["content"] for m in messages if type(m) is dict and len(m) == 2 and "role" in m and "content" in m]
    return found if len(found) == len(messages) and all(type(text) is str for text in found) else []


def _holds(example: Any, name: str, value: str) -> bool:  # noqa: ANN401  any JSON value
    """Whether a column of an example holds a value, as text or as JSON."""
    if not isinstance(example, dict) or name not in example:
        return False
    held = example[name]
    return held == value if isinstance(held, str) else dumps(held) == value
