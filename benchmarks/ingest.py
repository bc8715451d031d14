"""CPU time of reading and ingesting rows of several shapes, beside `orjson.loads` of the same lines in the same run.

    python -m benchmarks.ingest [--rows 100000] [--repeat 3]

The ratio to orjson is what to compare between machines and versions. The rows are made up and short, so that what each
row costs shows and not the length of its text.
"""

from __future__ import annotations

import argparse
import gc
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import orjson

from tuneset.execution.executors.process_setup import GC_THRESHOLD
from tuneset.params import IngestParams
from tuneset.reading.raw_shards import plan
from tuneset.reading.read import read_records
from tuneset.stages.ingest import ingest

TEXT = "What does the second paragraph say about returns after thirty days?"


class Times(NamedTuple):
    """CPU seconds of one pass over the rows."""

    orjson: float
    read: float
    ingest: float


def _chat(number: int) -> dict[str, Any]:
    ask = {"role": "user", "content": f"{number} {TEXT}"}
    return {"messages": [ask, {"role": "assistant", "content": f"{TEXT} {number}"}]}


KINDS: dict[str, Callable[[int], dict[str, Any]]] = {
    "messages": _chat,
    "messages and an id": lambda number: {"id": f"row-{number}", **_chat(number)},
    "messages and a note": lambda number: {**_chat(number), "note": f"{TEXT} {number}"},
    "prompt and completion": lambda number: {"prompt": f"{number} {TEXT}", "completion": f"{TEXT} {number}"},
}


def rows_of(kind: str, count: int) -> Iterator[bytes]:
    """Yield lines of one kind, each with its line end."""
    for number in range(count):
        yield orjson.dumps(KINDS[kind](number), option=orjson.OPT_APPEND_NEWLINE)


def measured(path: Path) -> Times:
    """One pass over a file: parsed alone, then read, then ingested."""
    lines = path.read_bytes().splitlines()
    start = time.process_time()
    for line in lines:
        orjson.loads(line)
    parsed = time.process_time() - start
    read = taken = 0.0
    for shard in plan([path]):
        start = time.process_time()
        batches = list(read_records(shard))
        read += time.process_time() - start
        start = time.process_time()
        for records in batches:
            ingest(records, shard.source, IngestParams(), "sft")
        taken += time.process_time() - start
    return Times(parsed, read, taken)


def main() -> None:
    """Print a table of kind, microseconds of CPU a row, and ratio to orjson."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--repeat", type=int, default=3, help="passes, of which the fastest of each part counts")
    options = parser.parse_args()
    gc.set_threshold(GC_THRESHOLD)  # as in a worker
    print(f"{'rows':<24}{'orjson, us':>12}{'read, us':>12}{'ingest, us':>12}{'ratio':>8}")
    for kind in KINDS:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "rows.jsonl"
            path.write_bytes(b"".join(rows_of(kind, options.rows)))
            passes = [measured(path) for _ in range(options.repeat)]
        best = Times(*(min(column) for column in zip(*passes, strict=True)))
        a_row = [seconds / options.rows * 1e6 for seconds in best]
        ratio = (best.read + best.ingest) / best.orjson
        print(f"{kind:<24}" + "".join(f"{each:>12.2f}" for each in a_row) + f"{ratio:>8.1f}")


if __name__ == "__main__":
    main()
