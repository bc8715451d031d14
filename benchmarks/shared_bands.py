"""How many rows share bands by chance, by the bits of band keys, and how large the components are that this makes.

    python benchmarks/shared_bands.py

All of it is computed: random keys, of so many bits that a sample of rows has the chances that all rows have. It prints
the share of rows that share enough bands with others to be candidates for near duplicates, and how many candidates the
largest component has. Where that is a share of all rows, one worker of a cluster has to compare them. Keys of 32 bits
are what there was before; more rows than 1 << 32 have no numbers.
"""

from __future__ import annotations

import argparse

import numpy as np

from tuneset.similarity import near_duplicates
from tuneset.similarity.clusters import connect
from tuneset.similarity.minhash import FIRST_BITS, KEY_BITS, Likeness

SAMPLE = 200_000
MILLIONS = (10, 50, 100, 150, 200, 300, 1_000, 4_000)
LIKENESS = Likeness(0.8)


def main() -> None:
    """Print a line for each number of rows."""
    argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter).parse_args()
    for bits in (FIRST_BITS, KEY_BITS):
        for rows in MILLIONS:
            candidates, largest = by_chance(rows * 1_000_000, bits)
            print(
                f"{bits} bits, {rows:6,} million rows: {candidates:8.3%} candidates,"
                f" the largest component {largest:,} of {SAMPLE:,}"
            )


def by_chance(rows: int, bits: int) -> tuple[float, int]:
    """The share of candidates, and the rows of the largest component in the sample."""
    random = np.random.default_rng(3)
    distinct = (SAMPLE << bits) // rows
    keys = random.integers(0, distinct, (LIKENESS.bands[0], SAMPLE), dtype=np.uint64)
    # `repeated` wants keys that are spread over all bits, and no key is for a row that takes no part.
    spread = keys * np.uint64((1 << KEY_BITS) // (distinct + 1)) + np.uint64(1)
    shared = np.flatnonzero(near_duplicates.candidates(spread.__getitem__, LIKENESS))
    left, right = [np.zeros(0, np.int64)], [np.zeros(0, np.int64)]
    for band in keys[:, shared]:
        order = np.argsort(band)
        same = np.flatnonzero(band[order][1:] == band[order][:-1])
        left.append(order[same])
        right.append(order[same + 1])
    labels = connect(np.arange(len(shared)), np.concatenate(left), np.concatenate(right))
    return len(shared) / SAMPLE, int(np.bincount(labels).max(initial=0))


if __name__ == "__main__":
    main()
