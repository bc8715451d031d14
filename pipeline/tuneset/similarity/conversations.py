"""Conversations that grew: gateways log one row a request, each with the whole history so far.

Rows of one conversation are found by the keys of their beginnings, never by their texts. A beginning counts from one
complete exchange on, a question with its answer: what many rows begin with (a system prompt, examples before the
question, a greeting) makes no conversation of them. `read_talk`, `turn_keys` and `prefix_keys` make the keys of one
row; `chains` looks over those of all rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import polars as pl
import xxhash

from tuneset.roles import SYSTEM_ROLES
from tuneset.similarity.clusters import connect
from tuneset.similarity.ragged import Hashes, Positions

MOST_CONTINUATIONS = 8
"""A beginning that goes on in more ways than this is an opening that conversations share, such as a greeting or an
example that stands before the question: a logged conversation goes on in one way, and in a few where it was edited."""
NO_TURN = np.uint64(0)
"""The last key of a row that has none."""

_MESSAGE = b"\x1e"  # a separator that cleaned text does not contain
_ANSWERED, _ASKED = b"answered", b"asked"

Speaker = tuple[str, str | None]
"""Branch and role of a message."""


class Talk(NamedTuple):
    """Which messages of an example are what, by their places.

    Args:
        asked: its prompt: neither the system's messages nor the answer.
        answers: the assistant's messages that answer something, all that stand in its prompt and the last one.
        ends_asked: whether what is asked in the end is answered outside of the messages, as in a preference pair.
    """

    asked: Sequence[int]
    answers: Sequence[int]
    ends_asked: bool


def read_talk(form: str, said_by: Sequence[Speaker]) -> Talk:
    """What the messages of an example are, by their speakers; `form` is its format.

    >>> read_talk("sft", [("prompt", "system"), ("prompt", "user"), ("prompt", "assistant")])
    Talk(asked=[1], answers=[2], ends_asked=False)
    """
    spoken = [place for place, (branch, role) in enumerate(said_by) if branch == "prompt" and role not in SYSTEM_ROLES]
    # An answer belongs to the prompt only where another answer follows it.
    told = [number for number, place in enumerate(spoken) if said_by[place][1] == "assistant"]
    asked = spoken[: told[-1]] if told and form in ("sft", "kto") else spoken
    question = next((place for place in spoken if said_by[place][1] == "user"), len(said_by))
    answers = [spoken[number] for number in told if spoken[number] > question]
    return Talk(asked, answers, form != "sft")


def turn_keys(talk: Talk, prompt: Sequence[bytes], messages: Sequence[bytes]) -> list[int]:
    """The keys of a conversation, answer by answer: the first exchange, then what comes before each further answer.

    `prompt` holds its asked messages, folded; `messages` all of them.
    """
    if not talk.answers:
        return []
    first, *further = talk.answers
    if not further and not talk.ends_asked:  # as most: all that is asked stands before the one answer
        before_it = xxhash.xxh3_64_digest(_MESSAGE.join(prompt) + _MESSAGE)
        return [_nonzero(xxhash.xxh3_64_intdigest(before_it + _ANSWERED + messages[first]))]
    hashed = xxhash.xxh3_64()
    before = dict(zip(talk.asked, prompt, strict=True))
    for place in talk.asked:
        if place >= first:
            break
        hashed.update(before[place] + _MESSAGE)
    keys = [_nonzero(xxhash.xxh3_64_intdigest(hashed.digest() + _ANSWERED + messages[first]))]
    cuts = {*further, *((len(messages),) if talk.ends_asked else ())}
    for place in talk.asked:
        if place < first:
            continue
        if place in cuts:
            keys.append(_nonzero(xxhash.xxh3_64_intdigest(hashed.digest() + _ASKED)))
        hashed.update(before[place] + _MESSAGE)
    if further or talk.ends_asked:
        keys.append(_nonzero(xxhash.xxh3_64_intdigest(hashed.digest() + _ASKED)))
    return keys


def prefix_keys(talk: Talk, everything: Sequence[bytes]) -> list[int]:
    """The first half of the key of each beginning that ends with an answer but the last; tools stand before all.

    >>> talk = read_talk("sft", [("prompt", role) for role in ("user", "assistant", "user", "assistant")])
    >>> whole = [b"", b"q", b"a", b"r", b"b"]
    >>> [f"{number:016x}" for number in prefix_keys(talk, whole)] == [key(whole[:3])[:16]]
    True
    """
    hashed = xxhash.xxh3_128(everything[0])
    keys, last = [], 0
    for place in talk.answers[:-1]:
        for message in everything[last + 1 : place + 2]:
            hashed.update(_MESSAGE + message)
        last = place + 1
        keys.append(hashed.intdigest() >> 64)
    return keys


def key(texts: Sequence[bytes]) -> str:
    """The key of texts in their order: 32 hex digits."""
    return xxhash.xxh3_128_hexdigest(_MESSAGE.join(texts))


class Beginnings(NamedTuple):
    """Beginnings of rows that are the whole of another row, one entry a row and beginning.

    Args:
        keys: as `turn_keys` gives them.
        following: the key that follows in the same row.
        prefixes: the entry of `prefix_keys` for it; 0 where there is none.
        rows: the row.
    """

    keys: Hashes
    following: Hashes
    prefixes: Hashes
    rows: Positions


_NO_KEYS = np.zeros(0, np.uint64)
NO_BEGINNINGS = Beginnings(_NO_KEYS, _NO_KEYS, _NO_KEYS, np.zeros(0, np.int64))


class Chains(NamedTuple):
    """Conversations among all rows.

    Args:
        rows: the rows that belong to one with others, ascending.
        labels: of each the lowest row of its conversation.
        roots: of each the row by which its conversation is named: the one with the fewest answers.
        kept: of each the longest row that it is a beginning of, word for word; its own where there is none.
    """

    rows: Positions
    labels: Positions
    roots: Positions
    kept: Positions


def beginnings(keys: pl.DataFrame, first: int, taking_part: npt.NDArray[np.bool_], known: Hashes) -> Beginnings:
    """The beginnings of the rows of one shard that are among the known keys.

    Args:
        keys: `turn_keys, prefix_keys` of its rows, in order.
        first: the place of its first row among all rows.
        taking_part: which of its rows take part.
        known: the last keys of all rows, ascending.
    """
    lists = keys["turn_keys"]
    counts = np.where(taking_part, lists.list.len().to_numpy(), 0).astype(np.int64)
    longer = np.flatnonzero(counts > 1)
    if not len(longer):
        return NO_BEGINNINGS
    counts = counts[longer]
    values = lists.gather(longer).explode().to_numpy()
    ends = np.cumsum(counts)
    before = np.ones(len(values), np.bool_)
    before[ends - 1] = False
    places = np.flatnonzero(before)
    prefixes = np.zeros(len(values), np.uint64)
    held = keys["prefix_keys"].list.len().to_numpy()[longer].astype(np.int64)
    # As many as there are beginnings, or none.
    whole = held == counts - 1
    prefixes[places[np.repeat(whole, counts - 1)]] = (
        keys["prefix_keys"].gather(longer[whole]).explode(empty_as_null=False).to_numpy()
    )
    rows = np.repeat(longer, counts) + first
    places = places[np.isin(values[places], known)]
    return Beginnings(values[places], values[places + 1], prefixes[places], rows[places])


def chains(
    own: Hashes, wholes: Hashes, lengths: npt.NDArray[np.uint32], begins: Beginnings, rank: Positions | None = None
) -> Chains:
    """Find the conversations.

    Args:
        own: the last of the `turn_keys` of each row; NO_TURN for a row that takes no part.
        wholes: the first half of its `messages_key`.
        lengths: how many `turn_keys` it has.
        begins: beginnings of rows that take part; at least all those whose key is another row's own.
        rank: one number a row; of two rows that a beginning could be kept by, the one of lower rank is named.
            Default: the earlier.
    """
    shared = shared_openings(begins.keys, begins.following)
    linked = np.flatnonzero(~np.isin(begins.keys, shared))
    known = np.unique(begins.keys[linked])
    members = np.flatnonzero((own != NO_TURN) & np.isin(own, known))
    # Each row of a key with the first of that key.
    keys = np.concatenate([own[members], begins.keys[linked]])
    rows = np.concatenate([members, begins.rows[linked]])
    owned = np.isin(keys, own[members])  # of a beginning that nobody has alone nothing follows
    keys, rows = keys[owned], rows[owned]
    present, numbers = np.unique(rows, return_inverse=True)
    if not len(present):
        none = np.zeros(0, np.int64)
        return Chains(none, none, none, none)
    order = np.lexsort((numbers, keys))
    sorted_keys, sorted_rows = keys[order], numbers[order]
    new = np.concatenate([[True], sorted_keys[1:] != sorted_keys[:-1]])
    first = sorted_rows[np.flatnonzero(new)[np.cumsum(new) - 1]]
    labels = connect(np.arange(len(present)), first, sorted_rows)
    alone = np.bincount(labels, minlength=len(labels))[labels] < 2
    roots = _shortest(labels, lengths[present], own[present])
    kept = _longest(present, own, wholes, lengths, begins, linked, rank)
    found = ~alone
    return Chains(present[found], present[labels[found]], present[roots[found]], kept[found])


def shared_openings(keys: Hashes, following: Hashes) -> Hashes:
    """The keys of beginnings that go on in more than MOST_CONTINUATIONS ways, given what follows each."""
    pairs = np.unique(np.column_stack([keys, following]), axis=0)
    keys, ways = np.unique(pairs[:, 0], return_counts=True)
    return keys[ways > MOST_CONTINUATIONS]


def _shortest(labels: Positions, lengths: npt.NDArray[np.uint32], own: Hashes) -> Positions:
    """Of each row the one with the fewest turns of its group, at equal number of the lowest key."""
    order = np.lexsort((own, lengths, labels))
    groups, firsts = np.unique(labels[order], return_index=True)
    shortest: Positions = order[firsts][np.searchsorted(groups, labels)]
    return shortest


def _longest(
    present: Positions,
    own: Hashes,
    wholes: Hashes,
    lengths: npt.NDArray[np.uint32],
    begins: Beginnings,
    linked: Positions,
    rank: Positions | None,
) -> Positions:
    """Of each present row the longest row that holds it word for word; its own place where there is none."""
    holders = linked[begins.prefixes[linked] != 0]
    order = np.lexsort(
        (
            begins.rows[holders] if rank is None else rank[begins.rows[holders]],
            -lengths[begins.rows[holders]].astype(np.int64),
            begins.prefixes[holders],
        )
    )
    prefixes, best = begins.prefixes[holders][order], begins.rows[holders][order]
    prefixes, firsts = np.unique(prefixes, return_index=True)
    kept = present.copy()
    if not len(prefixes):
        return kept
    place = np.minimum(np.searchsorted(prefixes, wholes[present]), len(prefixes) - 1)
    longer = best[firsts][place]
    held = (prefixes[place] == wholes[present]) & (lengths[longer] > lengths[present]) & (own[present] != NO_TURN)
    kept[held] = longer[held]
    return kept


def _nonzero(number: int) -> int:
    return number or 1
