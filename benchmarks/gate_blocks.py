"""What the gate costs a training row, by how many blocks validation has: CPU microseconds and their ratio to one block.

    python benchmarks/gate_blocks.py

Both tables are of the same training rows (`rows.py`). In the first the same validation is cut into more blocks. In the
second validation grows by blocks of the same size: what a row really has in common with it grows as well, since
paragraphs of these rows repeat. All is done in this process; of several rounds, in which each case has its turn, the
least counts.
"""

from __future__ import annotations

import argparse
import gc
import itertools
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from rows import rows

from tuneset.execution.executors.process_setup import GC_THRESHOLD
from tuneset.execution.executors.serial import SerialExecutor
from tuneset.execution.gate import measurement, validation_blocks
from tuneset.execution.stores.file_ranges import Range, ranges
from tuneset.params import NearParams

BLOCKS = (1, 2, 4, 8)
BLOCK_BYTES = measurement.STEP_BYTES  # the least that there is; of the gate it is 128 MiB
INDEX, COMPARISON = "gate: validation", "gate: train"


def main() -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=30_000, help="of training")
    parser.add_argument("--rounds", type=int, default=3)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        every = rows(args.rows + 8 * BLOCK_BYTES // 800)
        train = written(folder / "train.jsonl", list(itertools.islice(every, args.rows)))
        lines = list(every)
        print(f"{args.rows:,} rows of training, {len(lines):,} of validation in blocks of {BLOCK_BYTES >> 20} MiB")
        whole = written(folder / "whole.jsonl", lines, BLOCKS[-1] * BLOCK_BYTES)
        size = whole.stat().st_size
        cut = [(blocks, whole, -(-size // (blocks * BLOCK_BYTES)) * BLOCK_BYTES) for blocks in BLOCKS]
        table("the same validation in more blocks", train, args.rows, cut, args.rounds)
        grown = [
            (blocks, written(folder / f"{blocks}.jsonl", lines, blocks * BLOCK_BYTES), BLOCK_BYTES) for blocks in BLOCKS
        ]
        table("more blocks of validation", train, args.rows, grown, args.rounds)


def written(file: Path, lines: Sequence[bytes], most: int | None = None) -> Path:
    """A file of lines, of up to so many bytes."""
    with file.open("wb") as handle:
        for line in lines:
            if most is not None and handle.tell() + len(line) > most:
                break
            handle.write(line)
    return file


def table(title: str, train: Path, count: int, cases: Sequence[tuple[int, Path, int]], rounds: int) -> None:
    """Print what the gate costs in each case: how many blocks there are, the validation file, the bytes of a block."""
    least = [(float("inf"), float("inf"))] * len(cases)
    for _ in range(rounds):
        for place, (blocks, validation, size) in enumerate(cases):
            index, comparison = measured(train, validation, size, blocks)
            least[place] = min(least[place][0], index), min(least[place][1], comparison)
    print(f"{title}\n  blocks  validation MB  index s  comparison us a training row  ratio")
    for (blocks, validation, _), (index, comparison) in zip(cases, least, strict=True):
        megabytes, ratio = validation.stat().st_size / 1e6, comparison / least[0][1]
        print(f"  {blocks:6}  {megabytes:13.1f}  {index:7.2f}  {comparison / count * 1e6:28.1f}  {ratio:5.2f}")


def measured(train: Path, validation: Path, block_bytes: int, blocks: int) -> tuple[float, float]:
    """CPU seconds of indexing validation and of comparing training with it."""
    begins: dict[str, float] = {}

    def note(label: str, done: int, total: int) -> None:
        del done, total
        begins.setdefault(label, time.process_time())

    validation_blocks.BLOCK_BYTES = block_bytes
    assert len(validation_blocks.blocks(ranges_of(validation))) == blocks, "as many blocks as there should be"
    with tempfile.TemporaryDirectory() as work:
        measurement.measure(train, validation, NearParams(), SerialExecutor(1, note), work=Path(work, "gate"))
    end = time.process_time()
    return begins[COMPARISON] - begins[INDEX], end - begins[COMPARISON]


def ranges_of(file: Path) -> list[Range]:
    """The ranges in which the gate reads a file."""
    return ranges(file, file.stat().st_size, measurement.STEP_BYTES)


if __name__ == "__main__":
    gc.set_threshold(GC_THRESHOLD)  # as workers have it
    main()
