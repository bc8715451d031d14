"""Decodes answers together: all that one model is asked at a time takes each step in one batch, row by row.

A row joins when there is a place and leaves when its answer is over or nobody listens any more, between any two steps.
Rows that find no place wait in order; while some wait, a place is held for TURN pieces of an answer at a time, or PARTS
of a prompt. Prompts are read in parts, one part between two steps, so that a long one holds nobody up; with pictures
in a single part, as what a model makes of a picture may hang on all of it. What rows remember of their pieces may take
so much memory; where it is used up, or runs out, the newest rows give theirs back and make it again later, and fewer
have any until answers have ended.

The law: a row's log probabilities depend on its own pieces alone, in the order of their parts and steps, whatever is
decoded beside it. `Computer` promises it for one step, and nothing here breaks it: a row that has lost its memory takes
the same parts and steps once more. Where the numbers come from is the business of each trainer.
"""

from __future__ import annotations

import collections
import itertools
import math
import queue
import threading
from collections.abc import Generator, Sequence
from dataclasses import dataclass, field
from typing import Generic

from tuneset.training.row_computer import Computer, Memory, NoRoomError
from tuneset.training.sampling import Drawn, Sampler

PART = 256
"""Pieces of a prompt that are read between two steps: on a GPU about as long as a few steps."""

TURN, PARTS = 64, 4
"""Pieces of an answer, or parts of a prompt, after which the place goes to the next that waits."""

LOOK_S = 0.1
"""Seconds after which who waits for a piece is told that there is none yet."""

SHRINK, REGROW = 0.75, 1.05
"""What becomes of the memory that rows may take after it ran out, and after each answer that has ended since."""


@dataclass(frozen=True)
class Asked:
    """One answer that is to be drawn.

    Args:
        prompt: the pieces before it, at least one.
        variant: of the weights, as an adapter; None for the weights as they are.
        sampler: draws its pieces.
        ends: the pieces that end it; the one that has is told as the last.
        most: so many pieces at most.
        given: pieces that are told as if they had been drawn; None to draw.
        beside: what the prompt has beside its pieces, as pictures, in the computer's own words; None where it has
            nothing. Such a prompt is read in one part.
    """

    prompt: Sequence[int]
    variant: str | None
    sampler: Sampler
    ends: frozenset[int]
    most: int
    given: Sequence[int] | None = None
    beside: object | None = None


@dataclass(eq=False)
class _Row(Generic[Memory]):
    """An answer in the making: what was told of it, and how much of it its memory holds."""

    asked: Asked
    number: int
    to_read: list[int]
    heard: queue.SimpleQueue[Drawn | Exception | None] = field(default_factory=queue.SimpleQueue)
    told: list[int] = field(default_factory=list)
    memory: Memory | None = None
    read: int = 0
    fed: int = 0
    served: float = 0
    """Since it has its place, in turns."""
    last_read: int = 0
    gone: bool = False

    @property
    def is_read(self) -> bool:
        return self.read == len(self.to_read)

    def forget(self) -> None:
        self.memory, self.read, self.fed = None, 0, 0

    def tell(self, drawn: Drawn) -> None:
        self.told.append(drawn.piece)
        self.heard.put(drawn)
        if drawn.piece in self.asked.ends or len(self.told) >= self.asked.most:
            self.end()

    def end(self, error: Exception | None = None) -> None:
        self.gone = True
        self.forget()
        self.heard.put(error)


class Decoder(Generic[Memory]):
    """All answers of one model. Its thread lives as long as there are any."""

    def __init__(self, computer: Computer[Memory]) -> None:
        self._computer = computer
        self._room = computer.room
        self._most = math.inf
        """So many rows may have memory."""
        self._numbers = itertools.count()
        self._lock = threading.Lock()
        self._running = False
        self._new: collections.deque[_Row[Memory]] = collections.deque()
        self._waiting: list[_Row[Memory]] = []
        self._active: list[_Row[Memory]] = []
        self._bytes_per_piece = 0.0
        self._parts = 0

    def draw(self, asked: Asked) -> Generator[Drawn | None]:
        """The pieces of an answer as they are drawn, and None now and then where there is none yet.

        Closing it frees the place. Raises NoRoomError where the answer does not fit into the memory by itself.
        """
        row = _Row[Memory](asked, next(self._numbers), [*asked.prompt, *(asked.given or ())[:-1]])
        with self._lock:
            if not self._running:
                threading.Thread(target=self._run, name="decoding", daemon=True).start()
                self._running = True  # not where it could not be started: the next one tries again
            self._new.append(row)
        try:
            while True:
                try:
                    told = row.heard.get(timeout=LOOK_S)
                except queue.Empty:
                    yield None
                    continue
                if told is None:
                    return
                if isinstance(told, Exception):
                    raise told
                yield told
        finally:
            row.gone = True

    def _run(self) -> None:
        while True:
            with self._lock:
                self._waiting += self._new
                self._new.clear()
                self._drop_gone()
                if not self._waiting and not self._active:
                    self._running = False
                    return
            try:
                self._round()
            except Exception as error:  # noqa: BLE001  whatever it was, who waits is to hear of it
                for row in [*self._active, *self._waiting]:
                    row.end(error)

    def _drop_gone(self) -> None:
        for rows in (self._active, self._waiting):
            ended = [row for row in rows if row.gone]
            for row in ended:
                row.forget()
                self._room = min(int(self._room * REGROW) + 1, self._computer.room)
                self._most += 1
            rows[:] = [row for row in rows if not row.gone]

    def _round(self) -> None:
        """Let rows in, read a part of one prompt, and take a step with all that are read."""
        self._admit()
        reading = [row for row in self._active if not row.is_read]
        if reading:
            self._read(min(reading, key=lambda row: (row.last_read, row.number)))
        ready = [row for row in self._active if row.is_read and not row.gone]
        if ready:
            self._step(ready)
        self._keep_within()
        if self._waiting:
            over = [row for row in self._active if row.served >= 1 and not row.gone]
            for row in over[: len(self._waiting)]:
                row.served = 0
                self._active.remove(row)
                self._waiting.append(row)

    def _admit(self) -> None:
        """Fill the places, in order; who has no memory yet waits until there is enough, or nobody else has any."""
        free, full = self._computer.places - len(self._active), False
        for row in list(self._waiting):
            if not free:
                return
            if row.memory is None:
                full = full or not self._fits(row)
                if full:
                    continue
                row.memory = self._computer.new_memory(row.asked.beside)
            self._waiting.remove(row)
            self._active.append(row)
            free -= 1

    def _fits(self, row: _Row[Memory]) -> bool:
        wanted, holding = (len(row.to_read) + len(row.told)) * self._bytes_per_piece, len(self._holding())
        return not holding or (holding < self._most and self._held() + wanted <= self._room)

    def _holding(self) -> list[_Row[Memory]]:
        """The rows that have memory, oldest first."""
        rows = [row for row in [*self._active, *self._waiting] if row.memory is not None]
        return sorted(rows, key=lambda row: row.number)

    def _held(self) -> float:
        """The bytes of all memories, those among them that will be filled by what is to be read."""
        return sum(len(row.to_read) + row.fed for row in self._holding()) * self._bytes_per_piece

    def _read(self, row: _Row[Memory]) -> None:
        """Read the next part of a row's prompt, and tell what follows on it."""
        self._parts += 1
        row.last_read = self._parts
        assert row.memory is not None
        asked = row.asked
        size = PART if asked.beside is None or row.read else len(asked.prompt)
        part = row.to_read[row.read : row.read + size]
        begun = max(0, row.read + len(part) - len(asked.prompt) + 1)  # of what is given, by the end of this part
        given = [] if asked.given is None else asked.given[max(0, begun - len(part)) : begun]
        try:
            logprobs, likely = self._computer.read(row.memory, asked.variant, part, given)
        except NoRoomError:
            self._give_back([row])
            return
        row.read += len(part)
        row.served = 0 if row.is_read else row.served + 1 / PARTS
        self._bytes_per_piece = max(self._bytes_per_piece, self._computer.size(row.memory) / row.read)
        if asked.given is not None:
            first = begun - len(given)
            for place, logprob in enumerate(likely, first):
                if place >= len(row.told) and not row.gone:
                    row.tell(Drawn(asked.given[place], logprob))
        elif row.is_read and not row.told:
            row.tell(asked.sampler(logprobs))

    def _step(self, rows: list[_Row[Memory]]) -> None:
        """Take a step with some rows; what a row has told already is not drawn again."""
        asked = [(row.memory, row.asked.variant, row.told[row.fed]) for row in rows if row.memory is not None]
        try:
            found = self._computer.step(asked)
        except NoRoomError:
            self._give_back(rows)
            return
        for row, logprobs in zip(rows, found, strict=True):
            row.fed += 1
            row.served += 1 / TURN
            if row.fed == len(row.told):
                row.tell(row.asked.sampler(logprobs))

    def _keep_within(self) -> None:
        """Take back the memory of the newest rows, as long as there is more than there may be."""
        holding = self._holding()
        while len(holding) > 1 and (len(holding) > self._most or self._held() > self._room):
            self._put_back([holding.pop()])

    def _give_back(self, rows: list[_Row[Memory]]) -> None:
        """The memory has run out: these rows begin again, with less than was tried; a row that was alone fails.

        There is one row fewer each time, whatever is known of sizes: so it comes to an end.
        """
        holding = len(self._holding())
        if holding == 1:
            rows[0].end(NoRoomError())  # a new one, without the frames that hold what there was no room for
            return
        self._room, self._most = int(SHRINK * self._held()), holding - 1
        self._put_back(rows)

    def _put_back(self, rows: list[_Row[Memory]]) -> None:
        """Take the memory and places of rows; they are the first to wait."""
        for row in rows:
            row.forget()
            row.served = 0
        self._active = [row for row in self._active if row not in rows]
        self._waiting = [*rows, *(row for row in self._waiting if row not in rows)]
