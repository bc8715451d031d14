"""What an engine of many machines does by parts leaves the bytes of a local run, also where each task is done twice."""

from __future__ import annotations

import contextlib
import pickle
import secrets
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.execution.conftest import Row, write_rows
from tests.execution.test_duplicates import logged
from tests.execution.test_near_families import story
from tuneset.execution import fused_run, kept_results
from tuneset.execution.accounts import account_counts, duplicates_file, report_run
from tuneset.execution.duplicates import band_parts, near_lots
from tuneset.execution.executor import Executor
from tuneset.execution.executors.serial import SerialExecutor
from tuneset.execution.gate import measurement
from tuneset.execution.progress import no_progress
from tuneset.execution.stores.location import RemotePath
from tuneset.params import Params, parse_params


class Machines(SerialExecutor):
    """Does each task twice, the second time when it is done, as a cluster does that has lost the result."""

    repeats = True

    def map(
        self, function: Callable[[Any], Any], tasks: Iterable[Any], *, label: str, size: int, count: int | None = None
    ) -> Iterator[Any]:
        """Yield the second result of each task, in another copy of everything."""
        for task in tasks:
            for _ in range(2):
                work, given = pickle.loads(pickle.dumps((function, task)))
                result = work(given)
            yield pickle.loads(pickle.dumps(result))


def bytes_of(folder: Path | RemotePath) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}


SECTIONS: dict[str, dict[str, object]] = {
    "dedup": {"prefer": "length", "prefer_sources": ["*b.*"], "prefixes": "together"},
    "split": {"test": 0.1, "stratify_by": "source"},
}


@contextlib.contextmanager
def machines(params: Params, progress: object) -> Iterator[Executor]:
    yield Machines(None, no_progress)


@pytest.mark.slow
@pytest.mark.parametrize("stored", [False, True])
def test_work_by_parts_leaves_the_bytes_of_a_local_run(
    stored: bool,
    tmp_path: Path,
    with_copies: list[Row],
    small_shards: None,
    monkeypatch: pytest.MonkeyPatch,
):
    raw = [write_rows(tmp_path / f"{name}.jsonl", with_copies[start:90:2]) for start, name in enumerate("ab")]
    params = parse_params({"workers": 1, **SECTIONS}, "params")
    monkeypatch.setattr(duplicates_file, "_ROWS_A_ROW_GROUP", 4)
    local = fused_run.prepare(raw, tmp_path / "local", params, no_progress)
    monkeypatch.setattr(duplicates_file, "ROWS_A_RANGE", 9)
    monkeypatch.setattr(duplicates_file, "SHARDS_A_LOT", 2)
    monkeypatch.setattr(fused_run, "open_engine", machines)
    monkeypatch.setattr(account_counts, "SHARDS_A_LOT", 2)
    monkeypatch.setattr(account_counts, "KEYS_A_RANGE", 9)
    monkeypatch.setattr(band_parts, "KEYS_A_RANGE", 30)
    monkeypatch.setattr(near_lots, "ROWS_A_LOT", 7)
    if not stored:
        done = fused_run.prepare(raw, tmp_path / "machines", params, no_progress)
        assert bytes_of(tmp_path / "machines") == bytes_of(tmp_path / "local")
    else:
        monkeypatch.setattr(measurement, "FEWER_STEP_BYTES", 1000)  # ranges that end within a line
        out, reports = RemotePath(f"memory://{secrets.token_hex(8)}"), tmp_path / "reports"
        reports.mkdir()
        done = fused_run.prepare(raw, out, params, no_progress, reports=reports)
        assert bytes_of(out) | bytes_of(reports) == bytes_of(tmp_path / "local")
        assert out.ask("listed", lambda files: files.find(f"{out}/.work")) == []
    assert done.measured == local.measured
    assert sum(share or 0 for share in done.measured.leaks.values()) > 0


@pytest.mark.slow
@pytest.mark.parametrize("key", ["messages", "answer"])
def test_rows_that_are_told_apart_by_parts_leave_the_bytes_of_a_local_run(
    key: str, tmp_path: Path, small_shards: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What rows say is read of those in groups alone; of answers alone nothing is."""
    filled = [
        (f"{story(number // 6)} Was the {thing} lit at {9 + number % 3} o'clock?", f"{story(number // 6)} {thing}.")
        for number, thing in enumerate(["lamp", "lamp", "oven", "door", "oven", "lamp"] * 12)
    ]
    raw = write_rows(tmp_path / "raw.jsonl", filled)
    params = parse_params({"workers": 1, "dedup": {"near": {"key": key}}}, "params")
    local = fused_run.prepare([raw], tmp_path / "local", params, no_progress)
    monkeypatch.setattr(fused_run, "open_engine", machines)
    monkeypatch.setattr(near_lots, "ROWS_A_LOT", 7)
    fused_run.prepare([raw], tmp_path / "machines", params, no_progress, keep_work=True)
    assert bytes_of(tmp_path / "machines") == bytes_of(tmp_path / "local")
    near = local.metrics["rows"]["dropped_by_code"].get("DUP002", 0)
    assert near > 0
    assert (near == len(filled) - 12) is (key == "answer")
    left = {path.name for path in (tmp_path / "machines" / ".work" / "after-dedup").iterdir()}
    assert not [name for name in left if "linked" in name or "saying" in name or "alike" in name or "group-" in name]


@pytest.mark.slow
def test_conversations_by_parts_leave_the_bytes_of_a_local_run(
    tmp_path: Path, small_shards: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    raw, params = [logged(tmp_path / "raw.jsonl")], parse_params({"workers": 1}, "params")
    local = fused_run.prepare(raw, tmp_path / "local", params, no_progress)
    monkeypatch.setattr(fused_run, "open_engine", machines)
    fused_run.prepare(raw, tmp_path / "machines", params, no_progress, keep_work=True)
    assert bytes_of(tmp_path / "machines") == bytes_of(tmp_path / "local")
    assert local.metrics["rows"]["dropped_by_code"]["DUP004"] > 50
    left = {path.suffix for path in (tmp_path / "machines" / ".work" / "after-dedup").iterdir()}
    there = {".decisions", ".grouped", ".done", ".rejects", ".dropped", ".lines", ".text", ".private", ".json", ".md"}
    assert left <= there  # what goes from step to step is gone


def test_a_report_that_broke_off_leaves_nothing(
    tmp_path: Path, with_copies: list[Row], monkeypatch: pytest.MonkeyPatch
) -> None:
    raw, params = [write_rows(tmp_path / "a.jsonl", with_copies[:40])], parse_params({"workers": 1}, "params")

    def breaks_off(*_: object) -> None:
        raise ConnectionError

    monkeypatch.setattr(fused_run, "open_engine", machines)
    monkeypatch.setattr(report_run, "run_report", breaks_off)
    with pytest.raises(ConnectionError):
        fused_run.prepare(raw, tmp_path / "out", params, no_progress, keep_work=True)
    assert (tmp_path / "out").is_dir()
    assert not [*(tmp_path / "out").rglob(report_run.COUNTS_FOLDER)]


def _twice(number: int) -> list[int]:
    return [number, 2 * number]


def test_results_of_a_run_that_was_killed_are_not_in_the_way(tmp_path: Path) -> None:
    (tmp_path / "kept").mkdir()
    (tmp_path / "kept" / "0").write_bytes(b"broken off")
    kept = kept_results.keep(Machines(None, no_progress), _twice, [1, 2], tmp_path / "kept", 2, label="x", size=0)
    assert [[*kept_results.read(kept.of_part(part))] for part in (0, 1)] == [[1, 2], [2, 4]]
