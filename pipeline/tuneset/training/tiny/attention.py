"""What positions find among the pieces before them: one head of attention (Vaswani et al., 2017), and a sum of all.

A key is made of a piece and the one before it, so that what once followed the present piece can be found; a value of
the piece alone. The sum, over the root of how many there are, is learned from far fewer examples where one word
decides. Nothing tells how far away a piece is. It knows arrays only.
"""

from __future__ import annotations

import dataclasses

import numpy as np

from tuneset.training.tiny.arrays import Floats, Ids, Parameters, normal, sum_by_id

KEY = 16
"""Numbers of a query and of a key."""

SUM = 24
"""Numbers of a sum."""

_NOWHERE = np.float32(-1e9)
"""Added to the score of a piece that may not be seen: its share of the attention is zero."""


@dataclasses.dataclass(frozen=True)
class Memory:
    """What positions can look back at. Positions that stand together share one row of pieces.

    Args:
        pieces: (rows, length) piece ids, filled up at the end of a row.
        row: for each position its row, ascending.
        reach: for each position how many pieces of its row stand before it; at least one, and more than
            for the position before it in the same row.
    """

    pieces: Ids
    row: Ids
    reach: Ids


@dataclasses.dataclass(frozen=True)
class Look:
    """What was computed on the way forward, and is needed on the way back."""

    memory: Memory
    before: Ids
    slot: Ids
    queries: Floats
    keys: Floats
    values: Floats
    shares: Floats


def new_attention(width: int, embedding: int, random: np.random.Generator) -> Parameters:
    """Untrained weights, for positions that are `width` numbers wide."""
    return {
        "query_weight": normal(random, (width, KEY), width**-0.5),
        "key_weight": normal(random, (embedding, KEY), 2 * embedding**-0.5),
        "before_weight": normal(random, (embedding, KEY), 2 * embedding**-0.5),
        "value_weight": normal(random, (embedding, embedding), embedding**-0.5),
        "sum_weight": normal(random, (embedding, SUM), embedding**-0.5),
    }


def attend(parameters: Parameters, seen: Floats, memory: Memory) -> tuple[Floats, Look]:
    """What each position finds, (positions, embedding + SUM), attention first; `seen` is (positions, width)."""
    embedding = parameters["embedding"]
    slot = _slots(memory.row)
    rows, most = len(memory.pieces), int(slot.max()) + 1
    queries = np.zeros((rows, most, KEY), np.float32)
    queries[memory.row, slot] = (seen @ parameters["query_weight"]) * np.float32(KEY**-0.5)
    before = np.concatenate([memory.pieces[:, :1], memory.pieces[:, :-1]], axis=1)
    keys = (embedding @ parameters["key_weight"])[memory.pieces] + (embedding @ parameters["before_weight"])[before]
    values = (embedding @ parameters["value_weight"])[memory.pieces]
    reach = np.ones((rows, most), np.int64)
    reach[memory.row, slot] = memory.reach
    shares: Floats = queries @ keys.transpose(0, 2, 1)
    shares += np.where(np.arange(memory.pieces.shape[1]) < reach[:, :, None], np.float32(0), _NOWHERE)
    shares -= shares.max(axis=2, keepdims=True)
    np.exp(shares, out=shares)
    shares /= shares.sum(axis=2, keepdims=True)
    found = (shares @ values)[memory.row, slot]
    sums = (embedding @ parameters["sum_weight"])[memory.pieces].cumsum(axis=1, dtype=np.float32)
    summed = sums[memory.row, memory.reach - 1] / _root(memory)
    return np.concatenate([found, summed], axis=1), Look(memory, before, slot, queries, keys, values, shares)


def attention_gradients(
    parameters: Parameters, seen: Floats, look: Look, by_found: Floats
) -> tuple[Parameters, Floats, Floats]:
    """The gradients by this file's weights, by the embedding as far as memory goes, and by `seen`."""
    embedding, memory, slot = parameters["embedding"], look.memory, look.slot
    width = embedding.shape[1]
    by_out = np.zeros((*look.queries.shape[:2], width), np.float32)
    by_out[memory.row, slot] = by_found[:, :width]
    by_values = look.shares.transpose(0, 2, 1) @ by_out
    by_scores: Floats = by_out @ look.values.transpose(0, 2, 1)
    by_scores -= (by_scores * look.shares).sum(axis=2, keepdims=True)
    by_scores *= look.shares
    by_keys: Floats = by_scores.transpose(0, 2, 1) @ look.queries
    by_queries: Floats = (by_scores @ look.keys)[memory.row, slot] * np.float32(KEY**-0.5)
    by_sums = np.zeros((*memory.pieces.shape, SUM), np.float32)
    by_sums[memory.row, memory.reach - 1] = by_found[:, width:] / _root(memory)
    by_sums = by_sums[:, ::-1].cumsum(axis=1, dtype=np.float32)[:, ::-1]
    by_pieces = sum_by_id(memory.pieces, np.concatenate([by_keys, by_values, by_sums], axis=2), len(embedding))
    by_before = sum_by_id(look.before, by_keys, len(embedding))
    by_key, by_value, by_sum = np.split(by_pieces, [KEY, KEY + width], axis=1)
    by_embedding: Floats = by_key @ parameters["key_weight"].T
    by_embedding += by_before @ parameters["before_weight"].T
    by_embedding += by_value @ parameters["value_weight"].T
    by_embedding += by_sum @ parameters["sum_weight"].T
    weights = {
        "query_weight": seen.T @ by_queries,
        "key_weight": embedding.T @ by_key,
        "before_weight": embedding.T @ by_before,
        "value_weight": embedding.T @ by_value,
        "sum_weight": embedding.T @ by_sum,
    }
    return weights, by_embedding, by_queries @ parameters["query_weight"].T


def _root(memory: Memory) -> Floats:
    """What a sum is divided by, (positions, 1)."""
    return np.sqrt(memory.reach, dtype=np.float32)[:, None]


def _slots(row: Ids) -> Ids:
    """The place of each position among those of its row.

    >>> _slots(np.array([0, 0, 1, 1, 1])).tolist()
    [0, 1, 0, 1, 2]
    """
    starts = np.flatnonzero(np.r_[True, row[1:] != row[:-1]])
    slots: Ids = np.arange(len(row)) - np.repeat(starts, np.diff(np.r_[starts, len(row)]))
    return slots
