"""Ground truth without the code under test: shingles as tuples of strings, all pairs by brute force; and one run."""

from __future__ import annotations

from collections import Counter, defaultdict
from pathlib import Path

import polars as pl

from tuneset.similarity import near_duplicates
from tuneset.similarity.minhash import Likeness, band_keys
from tuneset.similarity.ragged import Texts
from tuneset.similarity.set_store import write_sets
from tuneset.similarity.shingles import shingle_sets
from tuneset.similarity.words import SYMBOLS

NO_SPACES = (
    r"\p{scx:Han}\p{scx:Hiragana}\p{scx:Katakana}\p{Bopomofo}\p{Yi}"
    r"\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}\p{Tai_Le}\p{New_Tai_Lue}\p{Tai_Tham}\p{Tai_Viet}\p{Ahom}"
)
ASCII_SYMBOLS = "".join(rf"\x{ord(character):02x}" for character in SYMBOLS)
UNIT = rf"[\w&&[{NO_SPACES}]]|[\p{{S}}&&[^\x00-\x7f]]|[{ASCII_SYMBOLS}]|[\w--[{NO_SPACES}]]+"


def units(text: str) -> list[str]:
    """The units of one text, as strings."""
    folded = pl.Series([text]).str.normalize("NFKC").str.to_lowercase()
    return [unit.lower() for unit in folded.str.extract_all(UNIT)[0]]


def shingles(text: str, n: int) -> set[tuple[str, ...]]:
    """The shingles of one text, as strings."""
    found = units(text)
    return {tuple(found[i : i + n]) for i in range(max(len(found) - n + 1, min(len(found), 1)))}


def similarity(left: str, right: str, n: int) -> float:
    """Jaccard similarity of two texts."""
    first, second = shingles(left, n), shingles(right, n)
    return len(first & second) / len(first | second) if first | second else 0.0


def all_pairs(texts: list[str], n: int, threshold: float) -> dict[tuple[int, int], float]:
    """Every pair of texts that reaches the threshold, by counting what each shares with each earlier one."""
    holders: defaultdict[tuple[str, ...], list[int]] = defaultdict(list)
    sets = [shingles(text, n) for text in texts]
    pairs = {}
    for row, found in enumerate(sets):
        shared: Counter[int] = Counter()
        for shingle in found:
            shared.update(holders[shingle])
            holders[shingle].append(row)
        for other, count in shared.items():
            value = count / (len(found) + len(sets[other]) - count)
            if value >= threshold:
                pairs[other, row] = value
    return pairs


def run(texts: list[str], folder: Path, likeness: Likeness, rank: list[int] | None = None) -> pl.DataFrame:
    """Find the near duplicates among texts, as the flow does: keys, candidates, sets, groups."""
    column = pl.Series("text", texts, pl.String)
    keys = band_keys(Texts.whole(column), likeness)
    shared = near_duplicates.candidates(keys.__getitem__, likeness)
    wanted = column.filter(pl.Series(shared, dtype=pl.Boolean))
    sets = write_sets([folder / "sets.u64"], [[shingle_sets(Texts.whole(wanted), likeness.n)]])
    ranks = None if rank is None else pl.Series(rank)
    return near_duplicates.find(keys.__getitem__, shared, sets, likeness, ranks)


def dropped(groups: pl.DataFrame) -> dict[int, int]:
    """The rows that are dropped, each with the row that is kept for it."""
    return dict(groups.filter(pl.col("row") != pl.col("kept")).select("row", "kept").iter_rows())
