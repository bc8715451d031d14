"""Answers that are decoded together are those that each would be alone, however they come, go and lack memory."""

from __future__ import annotations

import itertools
import threading
import weakref
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from unittest.mock import Mock

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.amounts import drawn
from tuneset.training import decoding
from tuneset.training.decoding import Asked, Decoder
from tuneset.training.row_computer import NoRoomError
from tuneset.training.sampling import Drawn, LogProbabilities, Sampler

VOCABULARY, END, NO_END = 7, 0, frozenset[int]()
PART, TURN, PARTS = 5, 4, 2
"""As small as these, short questions are read in parts and take turns."""


@pytest.fixture(autouse=True, scope="module")
def small_parts() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(decoding, "PART", PART)
        patched.setattr(decoding, "TURN", TURN)
        patched.setattr(decoding, "PARTS", PARTS)
        yield


class Pieces(list[int]):
    """What a row remembers; it counts as long as anybody has it."""

    __slots__ = ("__weakref__",)


@dataclass
class FakeComputer:
    """Tells what comes next by all the pieces before it, each of which takes one byte; notes what it is asked for.

    `bytes_there` are those of the machine; `before` is called before all that it computes.
    """

    places: int = 3
    room: int = 10**6
    bytes_there: int = 10**6
    before: Callable[[], object] = lambda: None
    steps: list[int] = field(default_factory=list)
    parts: list[int] = field(default_factory=list)
    memories: list[weakref.ref[Pieces]] = field(default_factory=list)

    def new_memory(self, beside: object | None, /) -> Pieces:
        memory = Pieces()
        self.memories.append(weakref.ref(memory))
        return memory

    def size(self, memory: Pieces, /) -> int:
        return len(memory)

    def read(
        self, memory: Pieces, variant: str | None, pieces: Sequence[int], given: Sequence[int], /
    ) -> tuple[LogProbabilities, list[float]]:
        self.before()
        self._take(len(pieces))
        self.parts.append(pieces[0])
        likely = []
        for place, piece in enumerate(pieces):
            memory.append(piece)
            after = len(given) - (len(pieces) - place)
            if after >= 0:
                likely.append(float(self._next(memory, variant)[given[after]]))
        return self._next(memory, variant), likely

    def step(self, rows: Sequence[tuple[Pieces, str | None, int]], /) -> Sequence[LogProbabilities]:
        self.before()
        assert len(rows) <= self.places
        for memory, _, piece in rows:  # the first rows are done where a later one finds no room
            self._take(1)
            memory.append(piece)
        self.steps.append(len(rows))
        return [self._next(memory, variant) for memory, variant, _ in rows]

    def _take(self, more: int) -> None:
        if sum(len(one() or ()) for one in self.memories) + more > self.bytes_there:
            raise NoRoomError

    @staticmethod
    def _next(memory: Pieces, variant: str | None) -> LogProbabilities:
        random = np.random.default_rng([len(memory), *memory, len(variant or "")])
        shares: LogProbabilities = random.dirichlet(np.ones(VOCABULARY))
        return np.log(shares)


def asked(
    prompt: Sequence[int],
    most: int = 20,
    *,
    sampler: Sampler | None = None,
    variant: str | None = None,
    ends: frozenset[int] = NO_END,
    told: Sequence[int] | None = None,
) -> Asked:
    return Asked(prompt, variant, sampler or Sampler(1.0, 0.9, 0, 2), ends, most, told)


def answer(decoder: Decoder[Pieces], one: Asked) -> list[Drawn]:
    return [drawn for drawn in decoder.draw(one) if drawn is not None]


def together(decoder: Decoder[Pieces], several: Sequence[Callable[[], Asked]]) -> list[list[Drawn]]:
    """The answers of questions that are asked at the same time."""
    found: list[list[Drawn]] = [[] for _ in several]

    def hear(place: int) -> None:
        found[place] = answer(decoder, several[place]())

    threads = [threading.Thread(target=hear, args=(place,)) for place in range(len(several))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return found


PROMPTS = st.integers(1, 3 * PART)


@st.composite
def questions(draw: st.DrawFn) -> Callable[[], Asked]:
    length, most, seed = draw(PROMPTS), draw(st.integers(1, 4 * TURN)), draw(st.integers(0, 3))
    variant = draw(st.sampled_from([None, "a", "other"]))
    prompt = [1 + (seed + place) % 5 for place in range(length)]
    temperature, top_p = draw(st.sampled_from([0.0, 0.7, 1.5])), draw(st.sampled_from([0.5, 1.0]))
    ends = draw(st.sampled_from([NO_END, frozenset({END})]))
    told = draw(st.none() | st.just([1, 2, 3, 1] * PART) | st.just([4]))

    def make() -> Asked:  # a sampler draws one answer
        sampler = Sampler(temperature, top_p, seed, 1)
        if told is not None:
            return asked(prompt, len(told), sampler=sampler, variant=variant, told=told)
        return asked(prompt, most, sampler=sampler, variant=variant, ends=ends)

    return make


@settings(max_examples=drawn(40))
@given(st.lists(questions(), min_size=1, max_size=8), st.integers(1, 4), st.sampled_from([1, 20, 60, 10**6]))
def test_an_answer_is_the_same_beside_others_as_alone_however_little_room_there_is(
    several: list[Callable[[], Asked]], places: int, room: int
) -> None:
    alone = [answer(Decoder(FakeComputer()), one()) for one in several]
    assert together(Decoder(FakeComputer(places=places, room=room)), several) == alone


@settings(max_examples=drawn(40))
@given(st.lists(questions(), min_size=1, max_size=6), st.integers(3 * PART + 4 * max(PART, TURN), 90))
def test_memory_that_runs_out_changes_no_answer(several: list[Callable[[], Asked]], there: int) -> None:
    """The longest question needs 3 * PART + 4 * PART bytes, and so fits by itself."""
    alone = [answer(Decoder(FakeComputer()), one()) for one in several]
    assert together(Decoder(FakeComputer(bytes_there=there)), several) == alone


def test_rows_hold_no_more_than_they_may() -> None:
    computer = FakeComputer(room=40)
    held: list[int] = []
    computer.before = lambda: held.append(sum(len(one() or ()) for one in computer.memories))
    answers = together(Decoder(computer), [lambda: asked([1] * 5, 30)] * 3)
    assert [len(drawn) for drawn in answers] == [30] * 3
    assert 35 < max(held) <= computer.room + computer.places


def test_what_does_not_fit_by_itself_fails_and_the_next_one_is_answered() -> None:
    computer = FakeComputer(bytes_there=50)
    decoder = Decoder(computer)
    with pytest.raises(NoRoomError):
        answer(decoder, asked([1] * 60))
    assert answer(decoder, asked([1] * 5, most=3))


def test_those_that_do_not_fit_by_themselves_all_fail_though_nothing_of_them_was_ever_read() -> None:
    computer, all_there = FakeComputer(bytes_there=PART - 1), threading.Event()
    computer.before = all_there.wait
    decoder = Decoder(computer)
    draws = [decoder.draw(asked([1] * PART)) for _ in range(3)]
    assert [next(one) for one in draws] == [None] * 3
    all_there.set()
    for one in draws:
        with pytest.raises(NoRoomError):
            list(itertools.islice(one, 100))


def test_a_thread_that_cannot_be_started_is_told_and_the_next_question_starts_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    decoder = Decoder(FakeComputer())
    with monkeypatch.context() as patched:
        patched.setattr(threading.Thread, "start", Mock(side_effect=RuntimeError("can't start new thread")))
        with pytest.raises(RuntimeError):
            answer(decoder, asked([1]))
    assert [one for one in itertools.islice(decoder.draw(asked([1], 3)), 50) if one is not None]


def test_a_defect_is_told_to_all_who_wait_and_the_next_question_is_answered() -> None:
    computer = FakeComputer(places=1)
    decoder = Decoder(computer)
    left = [1]

    def fail() -> None:
        if left:
            left.pop()
            raise ZeroDivisionError

    computer.before = fail
    with pytest.raises(ZeroDivisionError):
        answer(decoder, asked([1]))
    assert len(answer(decoder, asked([1]))) == 20


def test_who_leaves_frees_the_place_and_what_it_remembered() -> None:
    computer = FakeComputer(places=1)
    first = Decoder(computer).draw(asked([1, 2, 3], most=10**6))
    assert next(first) is not None
    (decoding,) = (thread for thread in threading.enumerate() if thread.name == "decoding")
    first.close()
    decoding.join(300)
    assert not decoding.is_alive()
    assert [memory() for memory in computer.memories] == [None]


def at_once(computer: FakeComputer, first: Asked, second: Asked) -> tuple[list[Drawn], list[Drawn]]:
    """The answers of two questions, the first of which came first, and is over last."""
    decoder = Decoder(computer)
    begun, both_there = threading.Event(), threading.Event()

    def wait() -> None:
        begun.set()
        both_there.wait()

    computer.before = wait
    found: list[list[Drawn]] = []
    thread = threading.Thread(target=lambda: found.append(answer(decoder, first)))
    thread.start()
    begun.wait()
    draws = decoder.draw(second)
    assert next(draws) is None  # it is there, and waits
    both_there.set()
    heard = [drawn for drawn in draws if drawn is not None]
    assert not found, "the second is over before the first"
    thread.join()
    return found[0], heard


def test_a_short_answer_waits_for_no_long_one_that_holds_the_only_place() -> None:
    long, short = at_once(FakeComputer(places=1), asked([1], 900), asked([2], TURN))
    assert (len(long), len(short)) == (900, TURN)


def test_a_short_answer_waits_for_no_long_prompt_that_holds_the_only_place() -> None:
    long, short = at_once(FakeComputer(places=1), asked([1] * (200 * PART), 1), asked([2], 3))
    assert (len(long), len(short)) == (1, 3)


def test_long_prompts_are_read_in_turn_and_answers_go_on_between_their_parts() -> None:
    computer = FakeComputer()
    long, short = at_once(computer, asked([1] * (200 * PART), 1), asked([2] * (3 * PART), 30))
    assert (len(long), len(short)) == (1, 30)
    assert computer.parts[:7] == [1, 2, 1, 2, 1, 2, 1]


def test_given_pieces_are_told_with_their_probabilities_and_none_is_drawn() -> None:
    computer = FakeComputer()
    pieces = [3, 4, 5]
    found = answer(Decoder(computer), asked([1, 2], 3, told=pieces))
    assert [drawn.piece for drawn in found] == pieces
    assert [drawn.logprob for drawn in found] == [
        float(FakeComputer._next(Pieces([1, 2, *pieces[:place]]), None)[piece]) for place, piece in enumerate(pieces)
    ]
    assert not computer.steps
