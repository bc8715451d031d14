"""How many near duplicates are found, by threshold: texts with planted copies against brute force over all pairs.

    python benchmarks/near_recall.py

Of each text there are copies in which more and more words are others, so that pairs stand on both sides of every
threshold and close to it, where signatures find least. It says nothing of time.
"""

from __future__ import annotations

import argparse
import itertools
import random
import tempfile
from collections.abc import Iterator
from pathlib import Path

import orjson
import polars as pl
from near_duplicates import alike_pairs
from rows import rows

from tuneset.similarity import near_duplicates
from tuneset.similarity.minhash import Likeness, band_keys
from tuneset.similarity.ragged import Texts
from tuneset.similarity.set_store import write_sets
from tuneset.similarity.shingles import shingle_sets

THRESHOLDS = (0.5, 0.7, 0.8, 0.9)
CHANGED = (0.005, 0.01, 0.02, 0.03, 0.05, 0.08)
"""Share of the words that are others in each copy; with 5-grams it is then 0.95 to 0.5 like its text."""
CLOSE = 0.05  # pairs up to so far above the threshold are counted by themselves


def main() -> None:
    """Make texts and copies, and print a line for each threshold."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--texts", type=int, default=1_500, help="of each of which there are six copies")
    options = parser.parse_args()
    texts = pl.Series(list(planted(options.texts)), dtype=pl.String)
    print(f"{len(texts):,} texts")
    print(f"{'threshold':>9} {'bands':>7} {'pairs':>7} {'compared':>9} {'from +.05':>10} {'both kept':>10}")
    for threshold in THRESHOLDS:
        measure(texts, Likeness(threshold))


def planted(count: int) -> Iterator[str]:
    """Yield texts, each with its copies behind it."""
    chance = random.Random(0)
    lines = rows(count * 2)
    bases = dict.fromkeys("\n".join(message["content"] for message in orjson.loads(line)["messages"]) for line in lines)
    for text in itertools.islice(bases, count):
        yield text
        for share in CHANGED:
            words = text.split(" ")
            yield " ".join(f"w{chance.getrandbits(32):x}" if chance.random() < share else word for word in words)


def measure(texts: pl.Series, likeness: Likeness) -> None:
    """Print of how many of the pairs that brute force finds bands bring both sides together, and how many both stay."""
    keys = band_keys(Texts.whole(texts), likeness)
    sets = shingle_sets(Texts.whole(texts), likeness.n)
    pairs, far = (set(alike_pairs(sets, likeness.threshold + more)) for more in (0, CLOSE))
    shared = near_duplicates.candidates(keys.__getitem__, likeness)
    with tempfile.TemporaryDirectory() as folder:
        wanted = shingle_sets(Texts.whole(texts.filter(pl.Series(shared))), likeness.n)
        stored = write_sets([Path(folder, "sets")], [[wanted]])
        groups = near_duplicates.find(keys.__getitem__, shared, stored, likeness)
    dropped = set(groups.filter(pl.col("row") != pl.col("kept"))["row"])
    together = {pair for pair in pairs if (keys[:, pair[0]] == keys[:, pair[1]]).sum() >= likeness.enough_bands}
    kept = sum(left not in dropped and right not in dropped for left, right in pairs)
    bands = "x".join(map(str, likeness.bands))
    print(
        f"{likeness.threshold:>9} {bands:>7} {len(pairs):>7,} {len(together) / len(pairs):>9.2%}"
        f" {len(together & far) / len(far):>10.3%} {kept:>10,}",
        flush=True,
    )


if __name__ == "__main__":
    main()
