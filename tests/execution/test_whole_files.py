"""What a file's rows become does not depend on where it is cut: into shards, into batches, into parts that are kept."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tuneset.example_tables import to_examples
from tuneset.execution import row_again, shard_store, shard_tasks, stage_runner
from tuneset.execution.executors.serial import SerialExecutor
from tuneset.execution.progress import no_progress
from tuneset.execution.whole_files.ingested import ingested
from tuneset.model import Tables
from tuneset.params import Params
from tuneset.reading import raw_shards, records
from tuneset.reading.containers.base import Shard
from tuneset.reading.raw_shards import plan
from tuneset.reading.read import read_records

Row = dict[str, Any]
SFT, KTO = Params(), Params.model_validate({"tune": {"method": "kto"}})
Became = tuple[list[Any], list[Any], dict[str, int]]


def asked(number: int, **more: Any) -> Row:  # noqa: ANN401  any JSON value
    return {"question": f"Is {number} open?", "answer": "It is, till six.", **more}


def lines(rows: list[Row]) -> bytes:
    return "".join(json.dumps(row) + "\n" for row in rows).encode()


def became(raw: Path, work: Path, shard_bytes: int = 1 << 20, batch: int = 8000, params: Params = SFT) -> Became:
    """The examples of a file, its rejects and its counts, as a run of ingest leaves them."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(raw_shards, "SHARD_BYTES", shard_bytes)
        patch.setattr(records, "BATCH_RECORDS", batch)
        stage_runner.run_ingest([raw], work, params, SerialExecutor(1, no_progress, brief=True))
    names = list(shard_store.shards(work))
    tables = [shard_store.open_tables(work, name) for name in names]
    whole = Tables(pl.concat([each.examples for each in tables]), pl.concat([each.messages for each in tables]))
    counts = {name: n for name, n in shard_store.read_stats(work)["ingest"].items() if not name.startswith("classes:")}
    rejects = pl.concat([shard_store.read_rejects(work, name) for name in names]).sort("line", "item")
    return list(zip(whole.examples["row_id"], to_examples(whole), strict=True)), rejects.rows(), counts


SORTED = [asked(1, label=0), asked(2, label=0), asked(3, label=1), asked(4, label=2), asked(5, label=2)]
STATES = [asked(1, status="failed"), asked(2, status="failed"), asked(3, status="shipped")]
VERDICTS = [asked(1, label=0), asked(2, label=1), asked(3, label=0)]
LATE_PARTS = [
    *(asked(number) for number in range(30)),
    *({"conversation_id": 7, "role": role, "content": f"{number}"} for number in (1, 2) for role in ("user", "bot")),
]
UNKNOWN = [{"frage": "Offen?", "antwort": 7}, {"frage": "Offen?", "antwort": "Ja."}, {"frage": 7, "antwort": "Ja."}]
TABLE = [{"question": {"0": "Open?"}, "answer": {"0": "Yes."}}]
VALUE = st.sampled_from([0, 1, 2, -1, "0", "good", "failed", "shipped", True, None])
JUDGED = st.builds(asked, st.integers(0, 99), label=VALUE, status=VALUE, meta=st.builds(dict, good=VALUE))
OTHER = st.sampled_from([*LATE_PARTS[-4:], *UNKNOWN, *TABLE, {"messages": []}])


@pytest.mark.slow
@settings(max_examples=12, deadline=None)
@given(st.lists(st.one_of(JUDGED, JUDGED, OTHER), min_size=1, max_size=6), st.integers(1, 300), st.integers(1, 4))
@example(SORTED, 1, 1)
@example(STATES, 1, 1)
@example(VERDICTS, 1, 1)
@example(LATE_PARTS, 1000, 7)
@example(UNKNOWN, 1, 1)
@example([*TABLE, *TABLE], 1, 1)
@example([*TABLE, asked(1)], 1, 1)
def test_the_same_rows_come_of_a_file_wherever_it_is_cut(rows: list[Row], shard_bytes: int, batch: int) -> None:
    with tempfile.TemporaryDirectory() as name:
        raw, folder = Path(name) / "raw.jsonl", Path(name)
        raw.write_bytes(lines(rows))
        whole = became(raw, folder / "whole")
        assert became(raw, folder / "parts", shard_bytes=shard_bytes) == whole
        raw.write_bytes(json.dumps(rows).encode())
        assert became(raw, folder / "batches", batch=batch) == became(raw, folder / "array")


def test_a_number_is_no_verdict_where_another_part_of_its_file_has_classes(tmp_path: Path) -> None:
    for rows, kept in ((VERDICTS, 1), (SORTED, 5), (STATES, 3)):
        raw = tmp_path / f"{kept}.jsonl"
        raw.write_bytes(lines(rows))
        examples, rejects, _ = became(raw, tmp_path / f"work-{kept}", shard_bytes=1)
        assert len(examples) == kept
        assert len(rejects) == len(rows) - kept
        shards = plan([raw])
        assert sum(result.tables.examples.height for _, result in ingested(shards, Params(), "sft")) == kept


@pytest.mark.parametrize(("shard_bytes", "batch"), [(1, 8000), (1 << 20, 1), (1 << 20, 8000)])
def test_a_number_is_no_label_of_an_unpaired_preference_where_another_part_of_its_file_has_classes(
    tmp_path: Path, shard_bytes: int, batch: int
) -> None:
    certain = [{**row, "label": bool(row["label"])} for row in SORTED[:3]]
    for name, rows, labels in (
        ("verdicts", VERDICTS, [False, True, False]),
        ("classes", SORTED, []),
        ("mixed", [*certain, *SORTED], [False, False, True]),
    ):
        raw = tmp_path / f"{name}.jsonl"
        raw.write_bytes(lines(rows))
        examples, rejects, _ = became(raw, tmp_path / name, shard_bytes, batch, KTO)
        assert [example["label"] for _, example in examples] == labels
        assert len(rejects) == len(rows) - len(labels)
        assert all("label holds other values than 0 and 1 in this file" in str(reject) for reject in rejects)
        shards = plan([raw])
        assert sum(result.tables.examples.height for _, result in ingested(shards, KTO, "kto")) == len(labels)


def test_one_row_read_again_is_judged_as_in_its_whole_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(raw_shards, "SHARD_BYTES", 1)
    raw = tmp_path / "raw.jsonl"
    raw.write_bytes(lines(SORTED))
    found = row_again.read_again(str(raw), 1, 0, {"params": Params().as_document()})
    assert found is not None
    assert found.line is not None


def test_a_shard_that_was_read_again_is_not_read_a_third_time_unless_its_file_has_other_classes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[int] = []

    def noted(shard: Shard, *more: Any) -> Iterator[records.Records]:  # noqa: ANN401  mapping and format
        read.append(shard.line)
        return read_records(shard, *more)

    monkeypatch.setattr(shard_tasks, "read_records", noted)
    raw = tmp_path / "raw.jsonl"
    for rows, lines_read in (
        (SORTED, [1, 2, 3, 4, 5, 1, 2]),
        (SORTED, []),
        ([*SORTED[:3], *VERDICTS[1:2], *VERDICTS[1:2]], [4, 5, 1, 2]),  # no class is left
    ):
        read.clear()
        raw.write_bytes(lines(rows))
        first = became(raw, tmp_path / "work", shard_bytes=1)
        assert read == lines_read
        assert first == became(raw, tmp_path / f"fresh-{len(list(tmp_path.iterdir()))}")
