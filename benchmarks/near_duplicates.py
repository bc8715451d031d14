"""Near duplicates and contamination alone, on realistic rows: seconds, memory, recall against brute force.

    python benchmarks/near_duplicates.py --rows 200000

Rows are those of `rows.py`, exact repetitions left out, in shards on disk; row-wise work runs in worker processes of
one thread each, the rest in this process. CPU seconds are what to compare: times on a shared machine are noisy.
"""

from __future__ import annotations

import argparse
import itertools
import multiprocessing
import os
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np
import numpy.typing as npt
import orjson
import polars as pl
from memory import watched
from rows import rows

from tuneset.similarity import near_duplicates
from tuneset.similarity.contamination import index_evaluation, overlaps
from tuneset.similarity.minhash import Likeness, band_keys
from tuneset.similarity.ragged import Ragged, Texts
from tuneset.similarity.set_store import write_sets
from tuneset.similarity.shingles import shingle_sets

SHARD_ROWS = 7_000
TRUTH_ROWS = 5_000
EVALUATION_TEXTS = 2_000


def main() -> None:
    """Make shards, find near duplicates among them, print the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=200_000)
    parser.add_argument("--workers", type=int, default=os.cpu_count())
    parser.add_argument("--threshold", type=float, default=0.8)
    options = parser.parse_args()
    likeness = Likeness(options.threshold)
    os.environ["POLARS_MAX_THREADS"] = "1"  # read by the workers; this process has loaded polars already
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        shards = make_shards(options.rows, folder)
        count = sum(pl.scan_ipc(shard).select(pl.len()).collect().item() for shard in shards)
        print(f"{options.rows:,} rows, {count:,} without exact repetitions, {os.cpu_count()} cores", flush=True)
        print(f"threshold {likeness.threshold}, n {likeness.n}, bands x rows {likeness.bands}", flush=True)
        with watched() as peak, ProcessPoolExecutor(options.workers, multiprocessing.get_context("spawn")) as pool:
            groups = find(shards, folder, likeness, pool, count)
        dropped = groups.filter(pl.col("row") != pl.col("kept")).height
        print(f"peak memory, all processes   {peak[0] / 2**20:7,.0f} MiB")
        print(f"near duplicates dropped      {dropped:,} in {groups['group'].n_unique():,} groups", flush=True)
        check(shards, folder, likeness)
        contamination(shards)


def make_shards(count: int, folder: Path) -> list[Path]:
    """Write the texts of rows, one column `text`, each text once, SHARD_ROWS rows a file."""
    paths: list[Path] = []
    seen: set[int] = set()
    lines = rows(count)
    while batch := list(itertools.islice(lines, SHARD_ROWS)):
        texts = ["\n\n".join(message["content"] for message in orjson.loads(line)["messages"]) for line in batch]
        fresh = [text for text in texts if hash(text) not in seen]
        seen.update(map(hash, fresh))
        paths.append(folder / f"{len(paths):05d}.arrow")
        pl.DataFrame({"text": fresh}).unique(maintain_order=True).write_ipc(paths[-1])
    return paths


def write_keys(shard: Path, likeness: Likeness) -> float:
    """Write the band keys of a shard beside it; give the CPU seconds."""
    started = time.process_time()
    np.save(shard.with_suffix(".npy"), band_keys(Texts.whole(pl.read_ipc(shard)["text"]), likeness))
    return time.process_time() - started


def wanted_sets(shard: Path, wanted: npt.NDArray[np.bool_], n: int) -> tuple[Ragged, float]:
    """The shingle sets of some rows of a shard, and the CPU seconds."""
    started = time.process_time()
    sets = shingle_sets(Texts.whole(pl.read_ipc(shard)["text"].filter(pl.Series(wanted))), n)
    return sets, time.process_time() - started


def find(shards: list[Path], folder: Path, likeness: Likeness, pool: ProcessPoolExecutor, count: int) -> pl.DataFrame:
    """Find the groups of near duplicates over all shards, and print what each step took."""
    started = time.perf_counter()
    show("band keys", count, started, sum(pool.map(write_keys, shards, itertools.repeat(likeness))))
    keys = [np.load(shard.with_suffix(".npy"), mmap_mode="r") for shard in shards]

    def read_band(band: int) -> npt.NDArray[np.uint64]:
        return np.concatenate([of_shard[band] for of_shard in keys])

    started, cpu = time.perf_counter(), time.process_time()
    shared = near_duplicates.candidates(read_band, likeness)
    show("candidates", count, started, time.process_time() - cpu)
    started, spent = time.perf_counter(), [0.0]
    (sets,) = write_sets([folder / "sets"], stored_sets(shards, shared, likeness, pool, spent))
    show("shingle sets of candidates", count, started, sum(spent))
    started, cpu = time.perf_counter(), time.process_time()
    groups = near_duplicates.find(read_band, shared, [sets], likeness)
    show("compare and group", count, started, time.process_time() - cpu)
    size = sets.path.stat().st_size
    print(f"{int(shared.sum()):,} candidates, shingle sets of {size / 1e6:,.0f} MB on disk", flush=True)
    return groups


def stored_sets(
    shards: list[Path],
    shared: npt.NDArray[np.bool_],
    likeness: Likeness,
    pool: ProcessPoolExecutor,
    spent: list[float],
) -> Iterator[list[Ragged]]:
    """The shingle sets of all candidates, shard by shard; CPU seconds are added to `spent`."""
    sizes = [pl.scan_ipc(shard).select(pl.len()).collect().item() for shard in shards]
    wanted = np.split(shared, np.cumsum(sizes)[:-1])
    for sets, seconds in pool.map(wanted_sets, shards, wanted, itertools.repeat(likeness.n)):
        spent.append(seconds)
        yield [sets]


def show(name: str, count: int, started: float, cpu: float) -> None:
    """Print wall and CPU seconds of one step, and CPU time a row."""
    wall = time.perf_counter() - started
    print(f"{name:28} {wall:7.1f} s   CPU {cpu:7.1f} s   {cpu / count * 1e6:6.1f} us a row", flush=True)


def check(shards: list[Path], folder: Path, likeness: Likeness) -> None:
    """Compare with brute force over all pairs of the first rows; print how many pairs were found."""
    texts = pl.scan_ipc(shards).select("text").head(TRUTH_ROWS).collect().to_series()
    keys = band_keys(Texts.whole(texts), likeness)
    shared = near_duplicates.candidates(keys.__getitem__, likeness)
    (sets,) = write_sets([folder / "truth"], [[shingle_sets(Texts.whole(texts.filter(pl.Series(shared))), likeness.n)]])
    groups = near_duplicates.find(keys.__getitem__, shared, [sets], likeness)
    found = dict(groups.select("row", "kept").iter_rows())
    dropped = {row for row, kept in found.items() if row != kept}
    pairs = list(alike_pairs(shingle_sets(Texts.whole(texts), likeness.n), likeness.threshold))
    missed = sum(left not in dropped and right not in dropped for left, right in pairs)
    right_ones = sum((min(pair), max(pair)) in set(pairs) for pair in found.items() if pair[0] != pair[1])
    print(f"brute force over {len(texts):,} rows: {len(pairs):,} pairs, {missed} of them both kept")
    print(f"dropped rows that brute force calls alike: {right_ones} of {len(dropped)}", flush=True)


def alike_pairs(sets: Ragged, threshold: float) -> Iterator[tuple[int, int]]:
    """Every pair of sets that reaches the threshold, by counting what each shares with each earlier one."""
    holders: defaultdict[int, list[int]] = defaultdict(list)
    sizes = sets.counts.tolist()
    for row, size in enumerate(sizes):
        shared: Counter[int] = Counter()
        for value in sets.values[sets.starts[row] : sets.starts[row + 1]].tolist():
            shared.update(holders[value])
            holders[value].append(row)
        for other, count in shared.items():
            if count / (size + sizes[other] - count) >= threshold:
                yield other, row


def contamination(shards: list[Path]) -> None:
    """Look for the evaluation texts of the last shard in the first, and print the time a row."""
    evaluation = pl.read_ipc(shards[-1])["text"].head(EVALUATION_TEXTS).str.slice(0, 400)
    texts = pl.read_ipc(shards[0])["text"]
    index = index_evaluation(evaluation)
    started, cpu = time.perf_counter(), time.process_time()
    overlaps(texts, index)
    show(f"contamination, {len(evaluation):,} texts", len(texts), started, time.process_time() - cpu)


if __name__ == "__main__":
    main()
