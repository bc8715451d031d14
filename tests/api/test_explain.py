"""`tuneset.explain` leads from a raw row to its written line and back, and tells what was changed, never a value."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import tuneset
from tests.amounts import drawn

SECRET = "ann.smith@example.com"
DIRTY = [
    {"question": f"Who is {SECRET}?  \r\nSay it.", "answer": "Nobody\u200b knows. "},
    {"messages": [{"role": "User", "content": "Open?"}, {"role": "assistant", "content": "itâ€™s open"}]},
    {"question": "Why?", "answer": "So."},
]


def run(folder: Path, rows: list[Any], params: dict[str, Any] | None = None) -> tuneset.Prepared:
    path = folder / "raw.json"
    path.write_text(json.dumps(rows), encoding="utf-8")
    return tuneset.prepare([path], folder / "out", params)


@pytest.fixture
def done(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuneset.Prepared:
    monkeypatch.chdir(tmp_path)
    return run(tmp_path, DIRTY)


def test_the_texts_before_and_after_hold_no_private_data(done: tuneset.Prepared) -> None:
    told = tuneset.explain("raw.json:1", done)
    assert SECRET not in told.texts() + str(told) + str(told.document())
    assert "- Who is <EMAIL_1>?  \\r" in told.texts()


def test_texts_say_why_there_are_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    done = run(tmp_path, [{"question": f"Who is {SECRET}?", "answer": "Ann."}, {"question": "Why?", "answer": "So."}])
    private = "no text was changed but for private data, which is a placeholder here before and after"
    assert tuneset.explain("raw.json:1:1", done).texts() == private
    assert tuneset.explain("raw.json:1:2", done).texts() == "no text was changed"
    (tmp_path / "raw.json").unlink()
    gone = "the texts are not at hand: the raw file is not where the run read it"
    assert tuneset.explain("raw.json:1:1", done).texts() == gone


def test_a_row_is_told_with_its_line_and_its_changes(done: tuneset.Prepared) -> None:
    told = str(tuneset.explain("raw.json:1:1", done)).splitlines()
    assert told[0] == "raw.json:1"
    assert told[1].startswith("  kept: it is in train.jsonl, line ")
    assert "  redacted: email 1" in told
    assert any(line.startswith("  cleaned: ") and "line endings 1" in line for line in told)
    (counts,) = tuneset.explain("raw.json:1:2", done).changes
    assert counts == {"changed.mojibake": 1, "repaired.REP008": 1}
    assert tuneset.explain("raw.json:1:3", done).changes == [{}]


def test_a_raw_file_that_is_gone_is_said(done: tuneset.Prepared, tmp_path: Path) -> None:
    (tmp_path / "raw.json").unlink()
    told = tuneset.explain("raw.json:1:1", done)
    assert told.changes == [None]
    assert "  what was changed in it: unknown, the raw file is not where the run read it" in str(told).splitlines()


def test_a_raw_file_that_has_changed_is_said(done: tuneset.Prepared, tmp_path: Path) -> None:
    (tmp_path / "raw.json").write_text(json.dumps([{"question": "Other?", "answer": "Yes."}]))
    assert "the raw file has changed since" in str(tuneset.explain("raw.json:1:1", done))
    assert tuneset.explain("raw.json:1:2", done).changes == [None]


def test_a_raw_file_named_as_a_written_one_goes_before_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("train.jsonl").write_text("\n" + json.dumps(DIRTY[2]) + "\n")
    done = tuneset.prepare(["train.jsonl"], "out")
    assert tuneset.explain("train.jsonl:2", done).rows["line"].to_list() == [2]
    assert tuneset.explain("out/train.jsonl:1", done).rows["line"].to_list() == [2]
    with pytest.raises(tuneset.UsageError, match="no row begins on this line"):
        tuneset.explain("train.jsonl:1", done)


TEXT = st.sampled_from(["Why", "Where is it", "itâ€™s", "two  ", "a\r\nb", f"write to {SECRET}", "\u200bx", "é"])
ROW = st.fixed_dictionaries({"question": TEXT, "answer": st.tuples(TEXT, st.integers(0, 99)).map(lambda p: f"{p}")})


@pytest.mark.slow
@settings(max_examples=drawn(3, 20), deadline=None)
@given(rows=st.lists(ROW, min_size=1, max_size=6))
def test_every_written_line_leads_to_its_raw_row_and_comes_from_it(
    rows: list[dict[str, str]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("explain")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        done = run(folder, rows, {"split": {"validation": 0.3}, "workers": 1})
        found = []
        for side in ("train", "validation"):
            for number, _ in enumerate(done.examples(side), 1):
                told = tuneset.explain(f"{side}.jsonl:{number}", done)
                found += told.rows["row_id"].to_list()
                assert told.kept
                assert "comes to another line" not in str(told)
                assert None not in told.changes
        kept = done.ledger.filter(done.ledger["outcome"] != "dropped")["row_id"].to_list()
        assert sorted(found) == sorted(kept)


def test_of_a_row_that_a_program_held_it_is_said_that_no_file_has_it() -> None:
    done = tuneset.prepare([{"question": f"What is {n} plus one?", "answer": f"It is {n + 1}."} for n in range(12)])
    told = str(tuneset.explain("rows:1", done)).splitlines()
    assert "  what was changed in it: unknown, since it came from a program and stands in no file" in told
