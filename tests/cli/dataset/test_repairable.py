"""No finding is said to be one that can be repaired where --fix leaves it; clean mends in rows what --fix does."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import example, given, settings

from tests.amounts import drawn
from tests.builders import tables_of
from tests.rules.passes.test_example import mutants
from tests.rules.support import context
from tuneset.cli.dataset.check_run import Choice, Mending, run
from tuneset.example_tables import to_examples
from tuneset.params import CleanParams
from tuneset.rules.context import Context
from tuneset.rules.engine.file_check import FileReport
from tuneset.rules.passes.example import check_example
from tuneset.rules.registry import listed
from tuneset.rules.rule import Rule
from tuneset.rules.samples import ANSWER, ASK, chat, turn
from tuneset.stages.clean import clean

CHOICE = Choice(profile="openai", model="gpt-4.1-mini-2025-04-14", ignore=("DAT001",))


def checked(path: Path) -> FileReport:
    return run([(path, path.name)], CHOICE, Mending(), map)[0]


def said_and_gone(folder: Path, data: bytes) -> tuple[int, int]:
    """How many findings are said to be repairable, and how many of them --fix has taken away."""
    path = folder / "train.jsonl"
    path.write_bytes(data)
    before = checked(path)
    run([(path, path.name)], CHOICE, Mending(wanted=True, in_place=True), map)
    gone = before.findings.counts() - checked(path).findings.counts()
    return before.repairable or 0, gone.total()


def test_of_two_findings_of_a_rule_on_a_line_the_one_that_stays_is_not_counted(tmp_path: Path) -> None:
    line = orjson.dumps({"messages": [turn("user", 7, weight=1), 0, ANSWER]})
    path = tmp_path / "train.jsonl"
    path.write_bytes(line)
    assert sorted(found.code for found in checked(path).findings) == ["CNV007", "SHP004", "SHP004"]
    assert said_and_gone(tmp_path, line) == (2, 2)


def test_all_that_can_be_repaired_is_counted(tmp_path: Path) -> None:
    line = chat({**ASK, "weight": 1, "name": None}, ANSWER)
    assert said_and_gone(tmp_path, b"\xef\xbb\xbf" + line + b"\n\n" + line) == (6, 6)


@pytest.mark.slow
@pytest.mark.parametrize("rule", listed(), ids=lambda rule: rule.code)
def test_no_example_of_a_rule_is_said_to_be_repairable_where_it_is_not(rule: Rule, tmp_path: Path) -> None:
    said, gone = said_and_gone(tmp_path, rule.bad.data)
    assert bool(said) >= rule.fixable
    assert said <= gone


@settings(max_examples=drawn(25, 400), deadline=None)
@given(mutants())
@example({"messages": [{"role": "user", "content": 7, "weight": {"type": "text"}}, 0]})
def test_no_mutant_is_said_to_be_repairable_where_it_is_not(mutant: dict[str, Any]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        said, gone = said_and_gone(Path(folder), orjson.dumps(mutant))
    assert said <= gone


def _as_row(rule: Rule) -> dict[str, Any] | None:
    try:
        found = orjson.loads(rule.bad.data)
    except orjson.JSONDecodeError:
        return None
    if not isinstance(found, dict) or not isinstance(found.get("messages"), list):
        return None
    return found if rule.code in {issue.code for issue in check_example(found, asked(rule))} else None


def asked(rule: Rule) -> Context:
    return context(severity={rule.code: "error"})


ROWS = [(rule, row) for rule in listed() if rule.fixable and (row := _as_row(rule)) is not None]


@pytest.mark.parametrize(("rule", "row"), ROWS, ids=[rule.code for rule, _ in ROWS])
def test_clean_mends_in_a_row_what_fix_mends_in_a_line(rule: Rule, row: dict[str, Any]) -> None:
    kept = to_examples(clean(tables_of([row]), CleanParams()).tables)
    assert kept
    assert rule.code not in {issue.code for one in kept for issue in check_example(one, asked(rule))}
