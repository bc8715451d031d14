"""The fused run as a law: every raw row has one outcome, nothing straddles the split, growing moves no row.

And nothing is made twice that is there already.
"""

from __future__ import annotations

import json
import re
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.amounts import drawn
from tests.execution.conftest import SHARD_BYTES, Row, write_rows
from tuneset.errors import TunesetError
from tuneset.execution import row_steps, shard_store, shard_tasks, sides, storage
from tuneset.execution.fused_run import RunOutcome, prepare
from tuneset.execution.progress import no_progress
from tuneset.model import StageResult, Tables
from tuneset.params import Params, parse_params
from tuneset.reading import raw_shards
from tuneset.stages import dedup, gate, report, tokenize

WORD = st.sampled_from(["alpha", "beta", "Gamma", "d\u00e9j\u00e0 vu", "<|endoftext|>", " ", "", "\x00x", "na\u00efve"])
TEXT = st.lists(WORD, max_size=4).map(" ".join)
MESSAGE = st.fixed_dictionaries(
    {"role": st.sampled_from(["system", "user", "assistant", "tool", "bot"]), "content": st.one_of(TEXT, st.none())}
)
CHAT = st.builds(lambda messages: {"messages": messages}, st.lists(MESSAGE, max_size=4))
PAIR = st.fixed_dictionaries({"question": TEXT, "answer": TEXT})
ROW = st.one_of(CHAT, PAIR, st.just({"a": 1}), st.just([1])).map(orjson.dumps)
LINE = st.one_of(ROW, ROW, ROW, st.binary(max_size=20).map(lambda data: data.replace(b"\n", b"")))

PARAMS = parse_params({"workers": 1, "ingest": {"encoding": "utf-8"}, "split": {"validation": 0.4}}, "params")
"""Lines that are not UTF-8 are rejected one by one: by default they stop the run, with the likely encodings."""


def run(lines: list[bytes], folder: Path) -> RunOutcome:
    # The first row is whole and text, so that the file is read as what it is.
    first = b'{"question": "Which number?", "answer": "Seven."}'
    (folder / "raw.jsonl").write_bytes(b"\n".join([first, *lines]))
    return prepare([folder / "raw.jsonl"], folder / "out", PARAMS, no_progress)


@pytest.mark.slow
@settings(max_examples=drawn(8, 50), deadline=None)
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


@pytest.mark.slow
@settings(max_examples=drawn(4, 25), deadline=None)
@given(st.sets(st.integers(0, 500), min_size=40, max_size=60), st.sets(st.integers(501, 999), max_size=30))
def test_new_rows_move_no_old_row_to_the_other_side(old: set[int], new: set[int]):
    sides: list[dict[bytes, str]] = []
    for numbers in (old, old | new):
        with tempfile.TemporaryDirectory() as name:
            run([question(n) for n in sorted(numbers, reverse=True)], Path(name))
            files = {side: (Path(name) / "out" / f"{side}.jsonl").read_bytes() for side in ("train", "validation")}
            sides.append({line: side for side, data in files.items() for line in data.splitlines()})
    before, after = sides
    # Not of a few rows: there those with the lowest hashes fill what chance left empty, until there are enough.
    assert all(after[line] == side for line, side in before.items())


def test_work_of_a_killed_run_is_cleared_and_nothing_else_is_left(tmp_path: Path):
    (tmp_path / "out" / ".work" / "before-dedup").mkdir(parents=True)
    (tmp_path / "out" / ".work" / "before-dedup" / "0123456789abcdef-00000.examples").write_bytes(b"half")
    run([question(n) for n in range(20)], tmp_path)
    assert {path.name for path in (tmp_path / "out").iterdir()} == {
        *("train.jsonl", "validation.jsonl", "metrics.json", "manifest.json", "gate.json", "plots"),
        *("ledger.parquet", "duplicates.parquet", "duplicates.md", "private.parquet"),
        *("distributions.json", "samples.json"),
    }


# --- what is done again, and what is not -------------------------------------------------------------------------


def changed(params: Params = PARAMS, **sections: Any) -> Params:  # noqa: ANN401  any section
    document = params.as_document()
    for name, section in sections.items():
        document[name] |= section
    return parse_params(document, "params")


def made(out: Path) -> dict[str, dict[str, int]]:
    """When each finished task of a folder of shards was finished, by folder and task."""
    folders = {folder.name: folder for folder in (out / ".work").iterdir() if folder.is_dir()}
    return {
        name: {marker.name: marker.stat().st_mtime_ns for marker in folder.glob(f"*{shard_store.MARKER}")}
        for name, folder in folders.items()
    }


def fresh(raw: list[Path], folder: Path, params: Params) -> dict[str, bytes]:
    """What a run leaves that knows of no other run."""
    prepare(raw, folder, params, no_progress)
    return outcome(folder)


def outcome(out: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in out.iterdir() if path.is_file()}


@pytest.fixture
def sources(tmp_path: Path, small_shards: None, rows: list[Row]) -> list[Path]:
    """Two raw files of several shards."""
    return [write_rows(tmp_path / "a.jsonl", rows[:250]), write_rows(tmp_path / "c.jsonl", rows[250:400])]


@pytest.mark.slow
def test_another_raw_file_redoes_only_its_share(tmp_path: Path, sources: list[Path], rows: list[Row]) -> None:
    out = tmp_path / "out"
    prepare(sources, out, PARAMS, no_progress, keep_work=True)
    before = made(out)
    assert min(map(len, (before["before-dedup"], before["after-dedup"]))) > 6

    sources.append(write_rows(tmp_path / "b.jsonl", [*rows[400:500], *rows[240:260]]))  # in between, with duplicates
    prepare(sources, out, PARAMS, no_progress, keep_work=True)
    after = made(out)
    assert {name: after["before-dedup"].get(name) for name in before["before-dedup"]} == before["before-dedup"]
    new = len(after["before-dedup"]) - len(before["before-dedup"])
    assert 0 < new < len(before["before-dedup"])
    # After dedup those shards are made again that lose a row to the new file: the one of c with its last ten.
    redone = [name for name, when in before["after-dedup"].items() if after["after-dedup"].get(name) != when]
    assert len(redone) == 1
    assert outcome(out) == fresh(sources, tmp_path / "fresh", PARAMS)


@pytest.mark.slow
def test_a_raw_file_that_goes_takes_its_shards_with_it(tmp_path: Path, sources: list[Path]) -> None:
    out = tmp_path / "out"
    prepare(sources, out, PARAMS, no_progress, keep_work=True)
    before = made(out)
    prepare(sources[:1], out, PARAMS, no_progress, keep_work=True)
    after = made(out)
    for folder in ("before-dedup", "after-dedup"):
        assert 0 < len(after[folder]) < len(before[folder])
        assert after[folder].items() <= before[folder].items()
    assert outcome(out) == fresh(sources[:1], tmp_path / "fresh", PARAMS)


@pytest.fixture(scope="module")
def one_run(tmp_path_factory: pytest.TempPathFactory, rows: list[Row]) -> Path:
    """A folder with `raw.jsonl`, of several shards, and with what a run left in `out`, its work too."""
    folder = tmp_path_factory.mktemp("one")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(raw_shards, "SHARD_BYTES", SHARD_BYTES)
        prepare([write_rows(folder / "raw.jsonl", rows[:150])], folder / "out", PARAMS, no_progress, keep_work=True)
    return folder


@pytest.mark.slow
@pytest.mark.parametrize(
    ("change", "kept"),
    [
        ({"gate": {"min_examples": 3}}, {"before-dedup", "after-dedup"}),
        ({"split": {"validation": 0.2}}, {"before-dedup", "after-dedup"}),
        ({"dedup": {"warn_share": 0.9}}, {"before-dedup", "after-dedup"}),
        ({"tune": {"n_epochs": 7}}, {"before-dedup", "after-dedup"}),
        ({"tokenize": {"max_tokens": 100}}, {"before-dedup"}),
        ({"split": {"group_by": "messages"}}, {"before-dedup"}),
        ({"split": {"salt": "other"}}, {"before-dedup"}),
        ({"ingest": {"system": "Be brief."}}, set[str]()),
        ({"clean": {"whitespace": False}}, set[str]()),
    ],
)
def test_a_change_of_params_redoes_only_the_stages_that_read_them(
    tmp_path: Path, one_run: Path, small_shards: None, change: dict[str, Any], kept: set[str]
) -> None:
    out, raw, other = tmp_path / "out", [one_run / "raw.jsonl"], changed(**change)
    shutil.copytree(one_run / "out", out)
    before = made(out)
    assert min(map(len, (before["before-dedup"], before["after-dedup"]))) > 2
    prepare(raw, out, other, no_progress, keep_work=True)
    after = made(out)
    for folder in ("before-dedup", "after-dedup"):
        same = [after[folder].get(name) == when for name, when in before[folder].items()]
        assert (all(same), any(same)) == (folder in kept, folder in kept)
    assert outcome(out) == fresh(raw, tmp_path / "fresh", other)


def test_without_asking_for_it_nothing_is_kept(tmp_path: Path, sources: list[Path]) -> None:
    prepare(sources[1:], tmp_path / "out", PARAMS, no_progress)
    assert not (tmp_path / "out" / ".work").exists()


def test_what_an_interrupted_run_wrote_over_is_not_taken_for_what_was_there(
    tmp_path: Path, sources: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    out, raw = tmp_path / "out", sources[1:]
    one, other = (changed(ingest={"system": f"Be {word}."}) for word in ("brief", "clear"))  # of the same length
    prepare(raw, out, one, no_progress, keep_work=True)

    def interrupted(*_: object) -> shard_store.Done:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(shard_store, "finish", interrupted)  # when the files are written, and the marker is not
        with pytest.raises(KeyboardInterrupt):
            prepare(raw, out, other, no_progress)
    again = changed(one, split={"group_by": "messages"})  # so that what lies before dedup is read again
    prepare(raw, out, again, no_progress)
    assert outcome(out) == fresh(raw, tmp_path / "fresh", again)


FAULTS = [ZeroDivisionError, pl.exceptions.PanicException]  # the second is no Exception


@pytest.mark.slow
@pytest.mark.parametrize("fault", FAULTS)
def test_a_shard_that_cannot_be_processed_names_its_rows_and_keeps_what_was_before(
    tmp_path: Path, sources: list[Path], monkeypatch: pytest.MonkeyPatch, fault: type[BaseException]
) -> None:
    out, raw = tmp_path / "out", sources[:1]
    lines = raw[0].read_bytes().splitlines()
    last = orjson.loads(lines[-1])["messages"][-1]["content"]

    def failing(tables: Tables, params: Params) -> StageResult:
        if last in tables.messages["content"]:
            raise fault("a value of the row")
        return tokenize.tokenize(tables, row_steps.length(params))

    with monkeypatch.context() as patch:
        patch.setattr(row_steps, "tokenize_step", failing)
        with pytest.raises(TunesetError) as caught:
            prepare(raw, out, PARAMS, no_progress)
    told = re.fullmatch(
        rf"tokenize failed on (.*), lines (\d+) to (\d+): {fault.__name__}\n"
        r"  do: everything before this shard is kept; repair or leave out those rows, then run it again",
        str(caught.value),
    )
    assert told is not None
    source, first, end = told.groups()
    assert (source, int(end)) == (str(raw[0]), len(lines))
    assert 1 < int(first) < len(lines)
    before = made(out)
    assert len(before["after-dedup"]) > 2
    assert not (out / "train.jsonl").exists()
    prepare(raw, out, PARAMS, no_progress, keep_work=True)
    after = made(out)
    assert after["before-dedup"] == before["before-dedup"]
    assert before["after-dedup"].items() <= after["after-dedup"].items()
    assert len(after["after-dedup"]) == len(before["after-dedup"]) + 1
    assert outcome(out) == fresh(raw, tmp_path / "fresh", PARAMS)


def test_examples_that_share_a_long_prompt_on_purpose_survive(tmp_path: Path, rows: list[Row]) -> None:
    question = f"Here is a text; name one thing that it says. {max((answer for _, answer in rows), key=len)}"
    answers = [" ".join(answer.split()[:25]) for _, answer in rows[:60]]
    raw = write_rows(tmp_path / "raw.jsonl", [(question, answer) for answer in dict.fromkeys(answers)])
    counts = prepare([raw], tmp_path / "out", PARAMS, no_progress).metrics["rows"]["dropped_by_code"]
    assert counts == {}


@pytest.mark.parametrize(
    ("choice", "kept"),
    [
        ({}, "a.jsonl"),
        ({"prefer_sources": ["*/c.jsonl", "*/b.jsonl"]}, "c.jsonl"),
        ({"prefer": "length"}, "b.jsonl"),
        ({"prefer": "length", "prefer_sources": ["*/c.*", "*/a.*"]}, "c.jsonl"),
    ],
)
def test_the_representative_is_the_preferred_one_among_exact_and_near_duplicates(
    tmp_path: Path, rows: list[Row], choice: dict[str, Any], kept: str
) -> None:
    question, answer = max(rows, key=lambda row: len(row[1]))
    raw = [
        write_rows(tmp_path / "a.jsonl", [(question, answer)] * 2),
        write_rows(tmp_path / "b.jsonl", [(question, f"{answer} One more word.")] * 2),
        write_rows(tmp_path / "c.jsonl", [(question, f"{answer} End.")] * 2),
    ]
    params = changed(dedup=choice)
    prepare(raw, tmp_path / "out", params, no_progress)
    ledger = pl.read_parquet(tmp_path / "out" / "ledger.parquet")
    stays = ledger.filter(pl.col("outcome") != "dropped")
    assert [(Path(source).name, line) for source, line in stays.select("source", "line").rows()] == [(kept, 1)]
    gone = ledger.filter(pl.col("outcome") == "dropped")
    assert set(gone["kept_row_id"]) == set(stays["row_id"])
    assert sorted(gone["code"]) == ["DUP001"] * 3 + ["DUP002"] * 2


@pytest.mark.slow
def test_a_run_that_is_cut_off_while_it_writes_makes_again_what_it_had_used_up(
    tmp_path: Path, sources: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "out"
    written = iter(range(2))

    def some(*_: object) -> Iterator[memoryview]:
        if next(written, None) is None:
            raise KeyboardInterrupt
        return iter(())

    with monkeypatch.context() as patch:
        patch.setattr(storage, "read_part", some)
        with pytest.raises(KeyboardInterrupt):
            prepare(sources, out, PARAMS, no_progress)
    left = {path.stem for path in (out / ".work" / "after-dedup").glob("*.text")}
    assert 0 < len(left) < len({path.stem for path in (out / ".work" / "after-dedup").glob("*.lines")})
    assert not (out / "train.jsonl").exists()
    prepare(sources, out, PARAMS, no_progress)
    assert outcome(out) == fresh(sources, tmp_path / "fresh", PARAMS)


@pytest.mark.parametrize("wish", [KeyboardInterrupt, SystemExit])
def test_a_wish_to_end_is_no_fault_of_the_rows(wish: type[BaseException]) -> None:
    def ended(tables: Tables, params: Params) -> StageResult:
        raise wish

    with pytest.raises(wish):
        shard_tasks.run_chain(Tables.empty(), [("clean", ended)], PARAMS)


PANICKING = {
    "dedup, over all rows": (dedup, "decide"), "split, over all rows": (sides, "decide"),
    "report, over all rows": (report, "metrics"), "gate, over all rows": (gate, "equal_prompts"),
}  # fmt: skip


@pytest.mark.parametrize("told", PANICKING)
def test_a_panic_over_all_rows_names_its_stage(told: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def panic(*given: object, **more: object) -> None:
        raise pl.exceptions.PanicException("a value of the row")

    monkeypatch.setattr(*PANICKING[told], panic)
    with pytest.raises(TunesetError, match=f"^{told}: a library panicked\n"):
        run([question(number) for number in range(9)], tmp_path)


def test_long_rows_at_the_end_of_a_shard_are_dropped(tmp_path: Path) -> None:
    short = [question(number) for number in range(898)]
    long = [orjson.dumps({"question": f"Long {n}?", "answer": f"word{n} " * 30_000}) for n in range(2)]
    params = changed(tokenize={"max_tokens": 1000})
    (tmp_path / "raw.jsonl").write_bytes(b"\n".join([*short, *long]))
    rows = prepare([tmp_path / "raw.jsonl"], tmp_path / "out", params, no_progress).metrics["rows"]
    assert rows["dropped_by_code"]["TOK001"] == 2
