"""Every line is accounted for: rows in are rows written, left out or split; the same dataset gives the same bytes."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.writing import lines
from tests.writing.lines import Line
from tests.writing.support import MEMORY, write_dataset
from tuneset.drop_reasons import REASONS
from tuneset.writing import registry
from tuneset.writing.export import export
from tuneset.writing.exporter import Order

FLAVOURS = [one for one in registry.EXPORTERS if not one.needs_target]
KINDS: dict[str, st.SearchStrategy[Line]] = {
    "sft": lines.conversations(images=True, reasoning=True, weights=True),
    "dpo": lines.preferences(reasoning=True),
    "kto": lines.labelled(),
    "rft": lines.tasks(),
}
ANY = st.one_of(*KINDS.values(), st.just({"text": "neither"}))


def files_of(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


@pytest.mark.slow
@pytest.mark.parametrize("flavour", [one.name for one in FLAVOURS])
@settings(max_examples=15)
@given(data=st.data())
def test_every_line_is_written_split_or_left_out_and_told_of(flavour: str, data: st.DataObject) -> None:
    exporter = registry.exporter(flavour)
    first = data.draw(KINDS[min(exporter.methods)])
    others = data.draw(st.lists(ANY, max_size=4))
    with tempfile.TemporaryDirectory(dir=MEMORY) as name:
        dataset = write_dataset(Path(name) / "a", [first, *others], others)
        manifest = export(dataset, exporter, Path(name) / "b", Order())
        again = export(dataset, exporter, Path(name) / "c", Order())
        assert manifest == again
        assert files_of(Path(name) / "b") == files_of(Path(name) / "c")
        ledger = pl.read_parquet(Path(name) / "b" / "ledger.parquet")
        rows = {side: _rows(Path(name) / "b", side) for side in ("train", "validation")}
    assert ledger.select("side", "line").rows() == [
        *(("train", number) for number in range(1, len(others) + 2)),
        *(("validation", number) for number in range(1, len(others) + 1)),
    ]
    assert (ledger["rows"] > 0).to_list() == ledger["code"].is_null().to_list()
    assert set(ledger["code"].drop_nulls()) <= REASONS.keys()
    assert {code for codes in ledger["changes"].to_list() for code in codes} <= REASONS.keys()
    for side, count in rows.items():
        kept = ledger.filter((pl.col("side") == side) & (pl.col("rows") > 0))
        sources = [line for line, n in kept.select("line", "rows").rows() for _ in range(n)]
        assert len(sources) == count  # each written row traces to one line
        assert kept["first_row"].to_list() == [sources.index(line) + 1 for line in kept["line"]]
    assert manifest["rows"] == sum(rows.values())
    assert manifest["lines"]["read"] == manifest["lines"]["exported"] + sum(manifest["lines"]["left_out"].values())


def _rows(folder: Path, side: str) -> int:
    """How many rows a side's file has; none where it is not there."""
    for name in (f"{side}.jsonl", "valid.jsonl" if side == "validation" else ""):
        if (folder / name).is_file():
            return (folder / name).read_bytes().count(b"\n")
    table = folder / f"{side}.parquet"
    return pl.read_parquet(table).height if table.is_file() else 0


def test_rows_of_another_format_than_the_first_are_left_out_with_a_code(tmp_path: Path) -> None:
    task: dict[str, Any] = {"messages": [{"role": "user", "content": "?"}], "reference_answer": "!"}
    chat: dict[str, Any] = {"messages": [{"role": "user", "content": "?"}, {"role": "assistant", "content": "!"}]}
    export(write_dataset(tmp_path / "a", [chat, task]), registry.exporter("trl"), tmp_path / "b", Order())
    ledger = pl.read_parquet(tmp_path / "b" / "ledger.parquet")
    assert ledger.select("code", "detail").rows() == [(None, None), ("EXP001", "a line of the format rft")]
