"""Sets as a run leaves them: lines by side, and the ledger of the raw rows that they come from."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import orjson
import polars as pl

from tests.builders import chat
from tuneset.artifacts import write_json
from tuneset.execution.comparison import rows
from tuneset.execution.comparison.difference import Found, find
from tuneset.execution.comparison.given import take
from tuneset.execution.executors.serial import SerialExecutor
from tuneset.execution.progress import no_progress
from tuneset.ledger import LEDGER_SCHEMA
from tuneset.params import Params


class Row(NamedTuple):
    """A raw row and what became of it: `train`, `validation`, or the code that dropped it."""

    question: str
    answer: str
    outcome: str = "train"


def executor() -> SerialExecutor:
    """One that does all in this process."""
    return SerialExecutor(None, no_progress, brief=True)


def write_set(
    folder: Path, raw: Sequence[Row], source: str = "raw.jsonl", split: dict[str, object] | None = None
) -> Path:
    """Write what a run makes of one raw file."""
    folder.mkdir(parents=True, exist_ok=True)
    lines: dict[str, list[bytes]] = {"train": [], "validation": []}
    account = []
    for number, row in enumerate(raw, start=1):
        kept = row.outcome in lines
        if kept:
            lines[row.outcome].append(orjson.dumps(chat(row.question, row.answer)) + b"\n")
        account.append(
            {
                "source": source,
                "line": number,
                "row_id": f"{number:016x}",
                "outcome": row.outcome if kept else "dropped",
                "stage": "split" if kept else "clean",
                "code": None if kept else row.outcome,
                "detail": None if kept else f"dropped by {row.outcome}",
                "item": 0,
                "written_line": len(lines[row.outcome]) if kept else None,
                "tokens": len(row.question) + len(row.answer) if kept else None,
            }
        )
    for side, written in lines.items():
        (folder / f"{side}.jsonl").write_bytes(b"".join(written))
    frame = pl.DataFrame(account, {name: LEDGER_SCHEMA[name] for name in account[0]} if account else None)
    if account:
        missing = [pl.lit(None, kind).alias(name) for name, kind in LEDGER_SCHEMA.items() if name not in frame.columns]
        frame.with_columns(missing).select(LEDGER_SCHEMA.names()).write_parquet(folder / "ledger.parquet")
    if split is not None:
        write_json(folder / "manifest.json", {"params": {"split": split}})
    return folder


def found(first: Path, second: Path, work: Path) -> Found:
    """How two sets differ."""
    one, other = (rows.read(take(str(path), work, Params()), executor()) for path in (first, second))
    return find(one, other, executor())


def counts(difference: Found) -> dict[str, int]:
    """How many rows are of each kind."""
    return {name: getattr(difference, name).height for name in ("added", "gone", "moved", "changed")}
