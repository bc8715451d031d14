"""What params name and is not there is told before any row is read, all of it at once; what no stage uses is not."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.builders import chat
from tuneset import stage_table
from tuneset.errors import InputError, TunesetError, UsageError
from tuneset.execution import params_named
from tuneset.execution.fused_run import prepare
from tuneset.params import Params, parse_params

MISSING: list[tuple[str, Any, str]] = [
    ("clean.map", "no_such_module:fn", "clean.map: no_such_module cannot be imported"),
    ("clean.filters.function", "json:nope", "clean.filters.function: json has no function nope"),
    ("clean.filters.patterns", ["("], "clean.filters.patterns: '(' is no regular expression"),
    ("clean.filters.languages", ["English"], "clean.filters.languages: English is no code of a language"),
    ("clean.repair", ["REP999"], "clean.repair: unknown repair REP999"),
    ("clean.redact.detectors", ["nobody"], "clean.redact.detectors: nobody is no detector"),
    ("validate.ignore", ["ZZZ9"], "unknown rule ZZZ9"),
    ("dedup.evaluation.files", ["nope.jsonl"], "nope.jsonl: does not exist"),
    ("dedup.evaluation.benchmarks", ["gsm8k"], "dedup.evaluation.benchmarks: no index is called gsm8k"),
    ("tokenize.encoding", "klingon", "tokenize.encoding: klingon is no encoding"),
    ("target.model", "no/such-model", "target no/such-model: is no folder"),
    ("target.template", "nope.jinja", "target.template: no model is named"),
    ("endpoint.profile", "klingon", "unknown profile klingon"),
    ("review.file", "nope.jsonl", "review.file: nope.jsonl does not exist"),
    ("gate.baseline", "nope.json", "nope.json: cannot be read"),
]


def params(*named: tuple[str, Any]) -> Params:
    document: dict[str, Any] = {"workers": 1}
    for key, value in named:
        *parents, last = key.split(".")
        section = document
        for parent in parents:
            section = section.setdefault(parent, {})
        section[last] = value
    return parse_params(document, "params")


@pytest.mark.parametrize(("key", "value", "text"), MISSING)
def test_no_row_is_read_before_it_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, key: str, value: object, text: str
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "raw.jsonl").write_text(json.dumps(chat("What is one?", "A number.")) + "\n")
    began: list[str] = []
    with pytest.raises((UsageError, InputError)) as caught:
        prepare([Path("raw.jsonl")], Path("out"), params((key, value)), lambda label, *_: began.append(label))
    assert caught.value.message.startswith(text)
    assert began == []


def test_a_review_with_a_line_that_is_none_is_told_too(tmp_path: Path) -> None:
    (tmp_path / "review.jsonl").write_text("[]\n")
    with pytest.raises(InputError, match="no mark of a review"):
        params_named.require(params(("review.file", str(tmp_path / "review.jsonl"))), ["review"])


def test_all_that_is_missing_is_told_at_once() -> None:
    with pytest.raises(UsageError) as caught:
        params_named.require(params(*((key, value) for key, value, _ in MISSING[:3])), stage_table.names())
    lines = str(caught.value).splitlines()
    assert lines[0] == "3 things that params name cannot be used:"
    assert [line for line in lines if line.startswith("  clean.")] == [
        "  clean.map: no_such_module cannot be imported: No module named 'no_such_module'",
        "  clean.filters.function: json has no function nope",
        "  clean.filters.patterns: '(' is no regular expression",
    ]


@pytest.mark.parametrize(("key", "value", "text"), MISSING)
def test_a_stage_looks_for_what_it_uses_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, key: str, value: object, text: str
) -> None:
    monkeypatch.chdir(tmp_path)
    told = {stage: _told(params((key, value)), stage) for stage in stage_table.names()}
    refusing = {stage: words for stage, words in told.items() if words}
    section = {"target": "tokenize", "endpoint": "validate"}.get(key.partition(".")[0], key.partition(".")[0])
    assert section in refusing
    assert "split" not in refusing
    assert all(words.startswith(text) for words in refusing.values())


def _told(settings: Params, stage: str) -> str:
    try:
        params_named.require(settings, [stage])
    except TunesetError as error:
        return error.message
    return ""


def test_the_defaults_name_nothing_that_is_missing() -> None:
    params_named.require(Params(), stage_table.names())
