"""Overlap of training texts with evaluation texts: which rows hold what a model will be asked later.

A training text overlaps with an evaluation text by the share of that text's units (words, or characters of scripts
without spaces) that lie in an n-gram of n units which the training text has too. One changed word in the middle
costs little that way, and a training text may be much longer than the evaluation text that it contains.

Questions and answers are compared by the caller, each with an index of its own, since they need different floors.
Near duplicates within the training set are another matter: `near_duplicates`.
"""

from __future__ import annotations

import dataclasses

import numpy as np
import numpy.typing as npt
import polars as pl
import xxhash

from tuneset.similarity.ragged import Hashes, Positions, Ragged
from tuneset.similarity.shingles import shingle_hashes
from tuneset.similarity.words import folded_bytes, unit_hashes

NGRAM = 8
"""Units in an n-gram. Published procedures take 8 to 13 (GPT-3, arXiv 2005.14165, appendix C; Tulu 3, arXiv 2411.15124:
8). The low end, because questions in fine-tuning sets are short: of 20 words with one changed in the middle no 13 in
a row are left, but two runs of 9."""
LEAST_SHARE = 0.5
"""Share of an evaluation text from which a row counts as contaminated (Tulu 3: more than half of the tokens)."""
QUESTION_LEAST_UNITS = 3
"""Shorter questions ("Why?") are no evidence. Below NGRAM units a text is matched by a text equal to it, as a whole."""
ANSWER_LEAST_UNITS = NGRAM
"""Shorter answers ("Yes", "42", "Paris") are what many questions have in common."""
MOST_ITEMS = 10
"""An n-gram of more evaluation texts than this is boilerplate of the evaluation (its instructions), not its content."""

_SLOTS_PER_ENTRY_BITS = 4  # 16 slots an n-gram: 6 in 100 strange n-grams pass the filter, at most
_MOST_SLOT_BITS = 26  # 64 MB

OVERLAPS_SCHEMA = pl.Schema(
    {
        "text": pl.UInt32,  # position of the training text
        "item": pl.UInt32,  # position of the evaluation text that it overlaps with most
        "share": pl.Float64,  # share of the evaluation text's units found in the training text, up to 1.0
    }
)


@dataclasses.dataclass(frozen=True)
class Evaluation:
    """N-grams of evaluation texts, for looking up. One entry an n-gram and place, in the order of `hashes`.

    Args:
        n: units in an n-gram.
        hashes: the n-gram's hash.
        items: position of the evaluation text.
        places: the unit of that text at which the n-gram begins.
        reach: for each evaluation text, how many units an n-gram of it covers: n, or all of a shorter text.
        coverable: for each evaluation text, how many of its units its entries cover together; 0 where it is left out.
        slots: which leading bits of a hash occur at all: a quick test that most n-grams fail.
    """

    n: int
    hashes: Hashes
    items: Positions
    places: Positions
    reach: Positions
    coverable: Positions
    slots: npt.NDArray[np.bool_]


def index_evaluation(texts: pl.Series, n: int = NGRAM, *, least_units: int = QUESTION_LEAST_UNITS) -> Evaluation:
    """Index the n-grams of evaluation texts (a String column).

    Left out are texts of fewer than `least_units` units, repetitions of an earlier text, and n-grams of more than
    MOST_ITEMS texts, unless a text has no others.

    >>> index = index_evaluation(pl.Series(["what is the boiling point of water", "Why?"]))
    >>> index.coverable.tolist()
    [7, 0]
    """
    units = unit_hashes(folded_bytes(texts))
    ngrams = shingle_hashes(units, n)
    items = np.repeat(np.arange(len(texts)), ngrams.counts)
    places = np.arange(len(ngrams.values)) - ngrams.starts[items]
    wanted = (_first_of_equals(units) & (units.counts >= least_units))[items]
    hashes, items, places = ngrams.values[wanted], items[wanted], places[wanted]
    telling = ~_boilerplate(hashes, items)
    has_telling = np.bincount(items[telling], minlength=len(texts)) > 0
    kept = telling | ~has_telling[items]
    order = np.lexsort((places[kept], items[kept], hashes[kept]))
    hashes, items, places = hashes[kept][order], items[kept][order], places[kept][order]
    reach = np.minimum(units.counts, n)
    by_item = np.lexsort((places, items))
    covered = _covered(items[by_item], places[by_item], reach[items[by_item]])
    coverable = np.bincount(items[by_item], weights=covered, minlength=len(texts)).astype(np.int64)
    return Evaluation(n, hashes, items, places, reach, coverable, leading_bits(hashes))


def only_long(evaluation: Evaluation) -> Evaluation:
    """The same index without the texts of fewer than n units, which only a text that is equal to them matches.

    >>> only_long(index_evaluation(pl.Series(["why is it so", "why is it so today"]), 5)).coverable.tolist()
    [0, 5]
    """
    long = (evaluation.reach == evaluation.n)[evaluation.items]
    hashes = evaluation.hashes[long]
    return dataclasses.replace(
        evaluation,
        hashes=hashes,
        items=evaluation.items[long],
        places=evaluation.places[long],
        coverable=np.where(evaluation.reach == evaluation.n, evaluation.coverable, 0),
        slots=leading_bits(hashes),
    )


def leading_bits(hashes: Hashes) -> npt.NDArray[np.bool_]:
    """Which leading bits of the hashes occur at all.

    >>> int(leading_bits(np.array([1 << 63], np.uint64)).argmax())
    16
    """
    bits = min(len(hashes).bit_length() + _SLOTS_PER_ENTRY_BITS, _MOST_SLOT_BITS)
    slots = np.zeros(1 << bits, np.bool_)
    slots[hashes >> np.uint64(64 - bits)] = True
    return slots


def overlaps(texts: pl.Series, evaluation: Evaluation, least_share: float = LEAST_SHARE) -> pl.DataFrame:
    """Which training texts (a String column) overlap with an evaluation text by at least `least_share`.

    Returns OVERLAPS_SCHEMA, one row a contaminated text, in the order of the texts; at equal share the earlier
    evaluation text is named.

    >>> index = index_evaluation(pl.Series(["what is the boiling point of water at sea level in kelvin"]))
    >>> overlaps(pl.Series(["Tell me: what is the boiling point of water at sea level?", "Hello"]), index).rows()
    [(0, 0, 0.8333333333333334)]
    """
    ngrams = shingle_hashes(unit_hashes(folded_bytes(texts)), evaluation.n)
    rows = np.repeat(np.arange(len(texts)), ngrams.counts)
    bits = len(evaluation.slots).bit_length() - 1
    suspects = evaluation.slots[ngrams.values >> np.uint64(64 - bits)]
    found = _look_up(rows[suspects], ngrams.values[suspects], evaluation)
    if not found.height:
        return pl.DataFrame(schema=OVERLAPS_SCHEMA)
    row, item, place = (found[name].to_numpy() for name in found.columns)
    pair = row * len(evaluation.reach) + item
    return (
        found.with_columns(
            covered=pl.Series(_covered(pair, place, evaluation.reach[item])),
            coverable=pl.Series(evaluation.coverable[item]),
        )
        .group_by("text", "item")
        .agg(share=pl.col("covered").sum() / pl.col("coverable").first())
        .filter(pl.col("share") >= least_share)
        .sort("text", "share", "item", descending=[False, True, False])
        .unique("text", keep="first", maintain_order=True)
        .select("text", "item", "share")
        .cast(OVERLAPS_SCHEMA)  # the order of columns is the same
    )


def _look_up(rows: Positions, hashes: Hashes, evaluation: Evaluation) -> pl.DataFrame:
    """The entries of the n-grams of rows: `text, item, place`, each once, sorted."""
    low = np.searchsorted(evaluation.hashes, hashes, side="left")
    counts = np.searchsorted(evaluation.hashes, hashes, side="right") - low
    entries = np.repeat(low - (np.cumsum(counts) - counts), counts) + np.arange(counts.sum())
    columns = {
        "text": np.repeat(rows, counts),
        "item": evaluation.items[entries],
        "place": evaluation.places[entries],
    }
    return pl.DataFrame(columns).unique().sort("text", "item", "place")


def _covered(owners: Positions, places: Positions, reach: Positions) -> Positions:
    """How many units each n-gram covers that the next one of the same owner does not; sorted by owner and place.

    >>> _covered(np.array([0, 0, 1]), np.array([3, 5, 5]), np.array([8, 8, 8])).tolist()
    [2, 8, 8]
    """
    covered = reach.copy()
    same = owners[1:] == owners[:-1]
    covered[:-1][same] = np.minimum(np.diff(places)[same], covered[:-1][same])
    return covered


def _first_of_equals(units: Ragged) -> npt.NDArray[np.bool_]:
    """True for each text that no earlier text equals, unit by unit."""
    seen: set[bytes] = set()
    first = np.zeros(len(units.starts) - 1, np.bool_)
    for text in range(len(first)):
        digest = xxhash.xxh3_128_digest(units.values[units.starts[text] : units.starts[text + 1]].tobytes())
        first[text] = digest not in seen
        seen.add(digest)
    return first


def _boilerplate(hashes: Hashes, items: Positions) -> npt.NDArray[np.bool_]:
    """True for each n-gram that occurs in more than MOST_ITEMS evaluation texts."""
    frame = pl.DataFrame({"hash": hashes, "item": items})
    return frame.select(pl.col("item").n_unique().over("hash") > MOST_ITEMS).to_series().to_numpy()
