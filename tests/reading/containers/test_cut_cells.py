"""A cell as long as Excel lets one be is told by column; one of another length, or of another file, is not."""

import pytest

from tuneset.params import IngestParams
from tuneset.reading.containers.cut_cells import EXCEL_CELL, counts
from tuneset.reading.records import Records
from tuneset.stages.ingest import ingest
from tuneset.stages.report_warnings import cut_warnings


@pytest.mark.parametrize("length", [0, 1, EXCEL_CELL // 2, EXCEL_CELL - 1, EXCEL_CELL + 1, 2 * EXCEL_CELL])
@pytest.mark.parametrize("source", ["a.csv", "raw/b.XLSX"])
def test_another_length_is_not_told(length: int, source: str) -> None:
    assert counts([{"answer": "é" * length, "n": EXCEL_CELL}], source) == {}


@pytest.mark.parametrize("source", ["a.csv", "raw/b.XLSX", "c.tsv.gz"])
def test_a_full_cell_is_kept_and_told(source: str) -> None:
    row = {"question": "Is it?", "answer": "x" * EXCEL_CELL}
    result = ingest(Records([2], [0], [row]), source, IngestParams(), "sft")
    assert result.tables.examples.height == 1
    (said,) = cut_warnings(result.metrics)
    assert said.startswith("column answer holds cells of exactly 32,767 characters (1)")
    assert cut_warnings(ingest(Records([2], [0], [row]), "a.jsonl", IngestParams(), "sft").metrics) == []
