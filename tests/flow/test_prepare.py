"""The fused run as a law: every raw row has one outcome, nothing straddles the split, and growing moves no row."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

import orjson
import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.flow.pool import no_progress
from pipeline.flow.prepare import Prepared, prepare
from pipeline.params import parse_params

WORD = st.sampled_from(["alpha", "beta", "Gamma", "d\u00e9j\u00e0 vu", "<|endoftext|>", " ", "", "\x00x", "na\u00efve"])
TEXT = st.lists(WORD, max_size=4).map(" ".join)
MESSAGE = st.fixed_dictionaries(
    {"role": st.sampled_from(["system", "user", "assistant", "tool", "bot"]), "content": st.one_of(TEXT, st.none())}
)
CHAT = st.builds(lambda messages: {"messages": messages}, st.lists(MESSAGE, max_size=4))
PAIR = st.fixed_dictionaries({"question": TEXT, "answer": TEXT})
ROW = st.one_of(CHAT, PAIR, st.just({"a": 1}), st.just([1])).map(orjson.dumps)
LINE = st.one_of(ROW, ROW, ROW, st.binary(max_size=20).map(lambda data: data.replace(b"\n", b"")))

PARAMS = parse_params({"workers": 1, "split": {"validation": 0.4}}, "params")


def run(lines: list[bytes], folder: Path) -> Prepared:
    # The first row is whole and text, so that the file is read as what it is.
    first = b'{"question": "Which number?", "answer": "Seven."}'
    (folder / "raw.jsonl").write_bytes(b"\n".join([first, *lines]))
    return prepare([folder / "raw.jsonl"], folder / "out", PARAMS, no_progress)


@settings(max_examples=40, deadline=None)
@given(st.lists(LINE, max_size=25))
def test_every_raw_row_has_exactly_one_outcome(lines: list[bytes]):
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        rows = run(lines, folder).metrics["rows"]
        ledger = pl.read_parquet(folder / "out" / "ledger.parquet")
        assert rows["read"] == rows["train"] + rows["validation"] + rows["dropped"] == ledger.height
        assert ledger["row_id"].n_unique() == ledger.height
        for side in ("train", "validation"):
            written = (folder / "out" / f"{side}.jsonl").read_bytes().splitlines()
            assert len(written) == rows[side] == ledger.filter(pl.col("outcome") == side).height
            assert all(json.loads(line)["messages"] for line in written)
        kept = ledger.filter(pl.col("kept_row_id").is_not_null())["kept_row_id"]
        assert kept.is_in(ledger["row_id"].implode()).all()


def question(number: int) -> bytes:
    return orjson.dumps({"question": f"What is {number}?", "answer": f"The number {number}."})


@settings(max_examples=15, deadline=None)
@given(st.sets(st.integers(0, 500), min_size=1, max_size=30), st.sets(st.integers(501, 999), max_size=30))
def test_new_rows_move_no_old_row_to_the_other_side(old: set[int], new: set[int]):
    sides: list[dict[bytes, str]] = []
    for numbers in (old, old | new):
        with tempfile.TemporaryDirectory() as name:
            run([question(n) for n in sorted(numbers, reverse=True)], Path(name))
            files = {side: (Path(name) / "out" / f"{side}.jsonl").read_bytes() for side in ("train", "validation")}
            sides.append({line: side for side, data in files.items() for line in data.splitlines()})
    before, after = sides
    assert all(after[line] == side for line, side in before.items())


def test_work_of_a_killed_run_is_cleared_and_nothing_else_is_left(tmp_path: Path):
    (tmp_path / "out" / ".work" / "before-dedup").mkdir(parents=True)
    (tmp_path / "out" / ".work" / "before-dedup" / "0123456789abcdef-00000.examples").write_bytes(b"half")
    run([question(n) for n in range(20)], tmp_path)
    assert {path.name for path in (tmp_path / "out").iterdir()} == {
        *("train.jsonl", "validation.jsonl", "metrics.json", "manifest.json", "gate.json", "plots"),
        *("ledger.parquet", "duplicates.parquet", "duplicates.md", "private.parquet"),
    }
