"""Whether two examples that are nearly the same say something else: what tells them apart, though they share the rest.

Of two examples whose prompts and answers are alike, neither stands for the other where

- each answer has a number that the other has not ("in 5 days", "in 7 days"), or each prompt of short answers,
- a few words of the answers differ, and a word that denies is among them ("it is", "it is not"), or one that agrees
  where the other answer has something else ("yes", "hardly"),
- what is another word in the prompt is another word in the answer: one form, filled in with two things,
- the answers are short, and what only the one prompt asks is unlike what only the other asks (`other_questions.py`),
- the system texts are unlike, and either the answers are short or these texts are long: what is told of differs,
- no word differs, nor their order, but how lines are indented: two programs,
- they train other answers of one conversation.

Words are compared as `words.py` divides them, each once a text, words that deny as often as they stand there. A number
that is written out is its digits, in a few languages; "can't", "cant" and "cannot" are as "can not"; greetings at the
beginning fill no form. Whether examples are alike at all is decided elsewhere.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import xxhash

from tuneset.similarity.layout import NO_LAYOUT, layouts
from tuneset.similarity.other_questions import FEW_WORDS, ask_otherwise
from tuneset.similarity.ragged import Hashes, Positions, Ragged, Texts, distinct, joined
from tuneset.similarity.set_store import SetStore, chunks, jaccard, read
from tuneset.similarity.shingles import SET_BITS
from tuneset.similarity.special_words import (
    AGREES,
    DENIES,
    GREETING,
    NUMBER,
    OPENING,
    WORD,
    hash_of,
    special_words,
    with_plain_numbers,
)
from tuneset.similarity.words import folded_bytes, mix, unit_spans

MOST_WORDS = 3
"""So many words of an answer may differ on either side for one of them to turn its meaning: "rose", "did not rise"."""

LONG_SYSTEM = 16
"""Shingles of a system text that tells of something: a document, a customer. Shorter ones say how to answer."""

TEXTS_AT_ONCE = 512
"""Of up to 1 << (64 - SET_BITS)."""

LAYOUT, ORDER, UNTRAINED = 5, 6, 7
"""What a value stands for, in its lowest bits, beside what a word is (`special_words.py`): of a text of several lines
how they are indented, and the order of all words; which answers are not trained."""
_KIND_BITS = 3
_KINDS = np.uint64((1 << _KIND_BITS) - 1)
_APOSTROPHES = tuple(mark.encode()[-1] for mark in "'`\u2019")
"""The last byte of each."""


class Said(NamedTuple):
    """What examples say: what `said_sets` gives of prompts and answers, lines of prompts, shingles of system texts."""

    prompts: SetStore
    answers: SetStore
    lines: SetStore
    systems: SetStore


def said_sets(texts: Texts, left_out: Hashes | None = None) -> Ragged:
    r"""The distinct words of each text, ascending, as hashes of SET_BITS bits, the last of which say what they are.

    `left_out` has a number for which answers of each example are not trained, 0 where all are.

    >>> import polars as pl
    >>> found = said_sets(Texts.whole(pl.Series(["It is not 5, not five.", "", "a:\n  b"])))
    >>> [sorted((one & _KINDS).tolist()) for one in np.split(found.values, found.starts[1:-1])]
    [[0, 0, 2, 3, 3], [], [0, 0, 5, 6]]
    """
    folded, indented = folded_bytes(with_plain_numbers(texts.pieces)), layouts(texts.pieces)
    in_lines = texts.pieces.str.contains("\n", literal=True).fill_null(value=False).to_numpy()
    parts = []
    for first in range(0, len(texts.starts) - 1, TEXTS_AT_ONCE):
        starts = texts.starts[first : first + TEXTS_AT_ONCE + 1]
        some = slice(starts[0], starts[-1])
        marks = None if left_out is None else left_out[first : first + TEXTS_AT_ONCE]
        parts.append(_batch(folded[some], indented[some], in_lines[some], starts - starts[0], marks))
    return joined(parts)


def _batch(
    folded: list[bytes],
    indented: Hashes,
    in_lines: npt.NDArray[np.bool_],
    piece_starts: Positions,
    left_out: Hashes | None,
) -> Ragged:
    """The sets of so few texts that the text's number and a value share 64 bits: one sort does for all."""
    spans = unit_spans(folded)
    starts = spans.units.starts[piece_starts]
    values = _kinds(spans.units.values, spans.raw, spans.begins, starts)
    count = len(starts) - 1
    owners = np.repeat(np.arange(count), np.diff(starts))
    wholes = [
        (place, whole)
        for place, (start, end) in enumerate(itertools.pairwise(piece_starts.tolist()))
        if in_lines[start:end].any()
        for whole in _wholes(indented[start:end], values[starts[place] : starts[place + 1]])
    ]
    if left_out is not None:
        wholes += [(place, _value(left_out[place].tobytes(), UNTRAINED)) for place in np.flatnonzero(left_out).tolist()]
    values = np.concatenate([_counted(values, owners), np.array([whole for _, whole in wholes], np.uint64)])
    owners = np.concatenate([owners, np.array([place for place, _ in wholes], np.int64)])
    keys = distinct(values | owners.astype(np.uint64) << np.uint64(SET_BITS))
    held = np.bincount((keys >> np.uint64(SET_BITS)).astype(np.int64), minlength=count)
    return Ragged(keys & np.uint64((1 << SET_BITS) - 1), np.concatenate([[0], np.cumsum(held)]))


def told_apart(said: Said, left: Positions, right: Positions, at_least: float) -> npt.NDArray[np.bool_]:
    """Which pairs of examples, by their numbers in the stores, say something else.

    `at_least` is how similar two questions are that ask the same.
    """
    short = np.maximum(said.answers.sizes[left], said.answers.sizes[right]) < FEW_WORDS
    long = np.minimum(said.systems.sizes[left], said.systems.sizes[right]) >= LONG_SYSTEM
    apart: npt.NDArray[np.bool_] = (short | long) & _unlike(said.systems, left, right, at_least)
    places = np.flatnonzero(short)
    apart[places] |= ask_otherwise(said.lines, left[places], right[places], at_least)
    sizes = said.prompts.sizes + said.answers.sizes
    for chunk in chunks(np.arange(len(left)), sizes[left] + sizes[right]):
        apart[chunk] |= _apart(said, left[chunk], right[chunk], short[chunk])
    return apart


def _unlike(sets: SetStore, left: Positions, right: Positions, at_least: float) -> npt.NDArray[np.bool_]:
    """Which pairs of texts share less than that of their shingles, and each has some that the other has not."""
    sizes, alike = sets.sizes[left] + sets.sizes[right], jaccard(sets, left, right, 0.0)
    least = np.minimum(sets.sizes[left], sets.sizes[right])
    shared = np.rint(sizes * alike / (1 + alike))
    unlike: npt.NDArray[np.bool_] = (alike < at_least) & (shared < least)
    return unlike


def numbers_among(values: Hashes) -> npt.NDArray[np.bool_]:
    """Which values of sets stand for words with digits, or for a number that is written out."""
    return values & _KINDS == NUMBER  # type: ignore[no-any-return]


def _apart(said: Said, left: Positions, right: Positions, short: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    count = len(left)
    here, there = _only(said.answers, left, right)
    asked_here, asked_there = _only(said.prompts, left, right)

    def of(values: Hashes, kind: int) -> Positions:
        return _per_pair(values[values & _KINDS == kind], count)

    def words(values: Hashes) -> Positions:
        return _per_pair(values[values & _KINDS < LAYOUT], count)

    numbers = (of(here, NUMBER) > 0) & (of(there, NUMBER) > 0)
    numbers |= short & (of(asked_here, NUMBER) > 0) & (of(asked_there, NUMBER) > 0)
    few = np.maximum(words(here), words(there)) <= MOST_WORDS
    denied = of(here, DENIES) + of(there, DENIES) > 0
    both = (words(here) > 0) & (words(there) > 0)
    turned = few & (denied | (both & (of(here, AGREES) + of(there, AGREES) > 0)))
    shared, shared_there = np.intersect1d(here, asked_here), np.intersect1d(there, asked_there)
    filled = (words(shared) > of(shared, GREETING)) & (words(shared_there) > of(shared_there, GREETING))
    everything = [here, there, asked_here, asked_there]
    same = sum(words(values) + of(values, ORDER) for values in everything) == 0
    laid_out = same & (sum(of(values, LAYOUT) for values in everything) > 0)
    untrained = of(here, UNTRAINED) + of(there, UNTRAINED) > 0
    apart: npt.NDArray[np.bool_] = numbers | turned | filled | laid_out | untrained
    return apart


def _only(sets: SetStore, left: Positions, right: Positions) -> tuple[Hashes, Hashes]:
    """What the left set of each pair has alone, and the right one; above each value stands the number of the pair."""
    both = []
    for numbers in (left, right):
        pairs = np.arange(len(numbers), dtype=np.uint64) << np.uint64(SET_BITS)
        both.append(read(sets, numbers) | np.repeat(pairs, sets.sizes[numbers]))
    return tuple(np.setdiff1d(one, other, assume_unique=True) for one, other in (both, both[::-1]))  # type: ignore[return-value]


def _per_pair(values: Hashes, count: int) -> Positions:
    return np.bincount((values >> np.uint64(SET_BITS)).astype(np.int64), minlength=count).astype(np.int64)


def _kinds(hashes: Hashes, raw: bytes, begins: Positions, starts: Positions) -> Hashes:
    """Values of words with what they are; numbers written out are as their digits. Texts begin at `starts`."""
    special, characters = special_words(), np.frombuffer(raw, np.uint8)
    places, entries = special.among(hashes)
    hashes = hashes.copy()
    hashes[places] = special.stands_for[entries]
    kinds = np.full(len(hashes), WORD, np.uint64)
    digits = np.flatnonzero((characters >= ord("0")) & (characters <= ord("9")))  # between two words stands none
    kinds[np.searchsorted(begins, digits, side="right") - 1] = NUMBER
    told = special.kinds[entries] != WORD
    kinds[places[told]] = special.kinds[entries[told]]
    # What stands behind an apostrophe: its first word is at the beginning, behind the padding.
    ends = places[hashes[places] == hash_of("t")]
    ends = ends[np.isin(characters[begins[ends] - 1], _APOSTROPHES)]
    hashes[ends], kinds[ends] = hash_of("not"), DENIES
    greets = np.zeros(len(hashes), np.bool_)
    greets[places] = special.greets[entries]
    first = np.minimum(starts[:-1, None] + np.arange(OPENING), starts[1:, None] - 1)[np.diff(starts) > 0].ravel()
    kinds[first[greets[first]]] = GREETING
    return hashes >> np.uint64(64 - SET_BITS) & ~_KINDS | kinds


def _counted(values: Hashes, owners: Positions) -> Hashes:
    """Values in which a word that denies or agrees is another one each time that it stands in a text."""
    kinds = values & _KINDS
    places = np.flatnonzero((kinds == DENIES) | (kinds == AGREES))
    order = np.lexsort((values[places], owners[places]))
    places = places[order]
    some, whose = values[places], owners[places]
    new = np.ones(len(some), np.bool_)
    new[1:] = (some[1:] != some[:-1]) | (whose[1:] != whose[:-1])
    firsts = np.flatnonzero(new)
    turn = np.arange(len(some)) - firsts[np.cumsum(new) - 1] if len(some) else firsts
    values = values.copy()
    again = turn > 0
    renamed = mix(some[again] + (turn[again].astype(np.uint64) << np.uint64(_KIND_BITS))) >> np.uint64(64 - SET_BITS)
    values[places[again]] = renamed & ~_KINDS | some[again] & _KINDS
    return values


def _wholes(indented: Hashes, words: Hashes) -> Iterator[int]:
    """Of a text of several lines how those of its pieces are indented, if they are, and the order of its words."""
    if (indented != NO_LAYOUT).any():
        yield _value(indented.tobytes(), LAYOUT)
    yield _value(words.tobytes(), ORDER)


def _value(said: bytes, kind: int) -> int:
    return xxhash.xxh3_64_intdigest(said) >> (64 - SET_BITS) & ~int(_KINDS) | kind
