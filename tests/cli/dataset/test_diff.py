"""`tuneset diff`: the text at 80 columns, the other outputs, and the exit code of a limit."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner, Result

from tests.builders import chat
from tests.execution.comparison.sets import Row, write_set
from tuneset.cli.dataset.diff import diff
from tuneset.errors import InputError

app = typer.Typer()
app.command()(diff)

OLD = [Row(f"What is the number after {n}?", f"It is {n + 1}, as everybody knows.") for n in range(8)]
NEW = [
    Row("Which birds are tall?", "Storks \x1b[31mand cranes."),
    OLD[0],
    OLD[1]._replace(outcome="validation"),
    OLD[2]._replace(outcome="CLN001"),
    OLD[3]._replace(answer="It is 4, as nearly everybody knows by now, or so they say where I come from."),
    *OLD[5:],
]
SPLIT = {"salt": "tuneset", "validation": 0.1}
TEXT = """\
A  a: 8 rows (train 8)
B  b: 7 rows (train 6, validation 1)

same                5
added               1    12.50% of A
gone                2    25.00% of A
moved               1    12.50% of A
changed             1    12.50% of A

added, why
           1  no-raw-row    its raw row is not there

gone, why
           1  CLN001        dropped by CLN001
           1  no-raw-row    its raw row is not there

moved, why
           1  split-params  split.salt: tuneset -> x

source     A  B  added  gone  moved  changed
raw.jsonl  8  7      1     2      1        1

dropped, by code  A  B  change
CLN001            0  1      +1

distribution       distance  A                    B
tokens               0.1429  mean 55, 55..55..55  mean 60, 44..55..103
turns                0.0000  mean 2, 2..2..2      mean 2, 2..2..2
answer characters    0.1429  mean 28, 28..28..28  mean 34, 23..28..76
languages            0.1429  en 100%              en 86%, unknown 14%
distance: 0 the same, 1 nothing in common; of numbers the largest difference of
the cumulative shares (Kolmogorov-Smirnov), of languages half the sum of the
differences of shares (total variation)

added
+ b/train.jsonl:1 (raw raw.jsonl:1)
    no-raw-row: its raw row is not there

gone
- a/train.jsonl:3 (raw raw.jsonl:3)
    CLN001: dropped by CLN001
- a/train.jsonl:5 (raw raw.jsonl:5)
    no-raw-row: its raw row is not there

moved
> a/train.jsonl:2 -> b/validation.jsonl:1 (raw raw.jsonl:3), train to validation
    split-params: split.salt: tuneset -> x

changed
~ a/train.jsonl:4 -> b/train.jsonl:3 (raw raw.jsonl:5)
      user: What is the number after 3?
    - assistant: It is 4, as everybody knows.
    + assistant: It is 4, as nearly everybody knows by now, or so they say wh...
"""


@pytest.fixture(autouse=True)
def sets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    write_set(Path("a"), OLD, split=SPLIT)
    write_set(Path("b"), NEW, split=SPLIT | {"salt": "x"})


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, arguments, catch_exceptions=False)


def test_the_text_fits_a_terminal_of_80_columns() -> None:
    done = run("a", "b")
    assert done.stdout == TEXT
    assert max(map(len, done.stdout.splitlines())) <= 80
    assert done.exit_code == 0


def test_json_has_counts_reasons_and_rows() -> None:
    document = json.loads(run("a", "b", "--output", "json", "--show", "1").stdout)
    assert document["schema_version"] == 1
    assert document["rows"] == {"same": 5, "added": 1, "gone": 2, "moved": 1, "changed": 1}
    assert document["shares_of_a"]["gone"] == 0.25
    assert [len(rows) for rows in document["shown"].values()] == [1, 1, 1, 1]
    assert document["reasons"]["gone"][0] == {"code": "CLN001", "rows": 1, "for_example": "dropped by CLN001"}
    assert document["shown"]["moved"][0]["from"] == "train"


def test_markdown_has_tables_and_folds_the_rows_away() -> None:
    told = run("a", "b", "--output", "markdown", "--max-gone", "0.1").stdout
    assert "| gone | 2 | 25.00% | 10.00% **passed** |" in told
    assert "| CLN001 | 0 | 1 | +1 |" in told
    assert "<details><summary>changed</summary>" in told
    assert "\x1b" not in told


@pytest.mark.parametrize(
    ("limit", "failed"),
    [
        (("--max-gone", "0.25"), ""),
        (("--max-gone", "0.2"), "more than diff.max_gone allows"),
        (("--set", "diff.max_changed=0.1", "--max-moved", "0"), "more than diff.max_moved, diff.max_changed allows"),
    ],
)
def test_a_limit_that_is_passed_ends_with_1(limit: tuple[str, ...], failed: str) -> None:
    done = run("a", "b", *limit)
    assert done.exit_code == bool(failed)
    assert failed in done.stderr
    assert ("FAILED diff.max_" in done.stdout) == bool(failed)


def test_plain_files_of_any_shape_are_compared_by_content() -> None:
    Path("old.jsonl").write_text("".join(json.dumps(chat(row.question, row.answer)) + "\n" for row in OLD))
    Path("new.csv").write_text("question,answer\n" + "".join(f'{row.question},"{row.answer}"\n' for row in OLD[1:]))
    document = json.loads(run("old.jsonl", "new.csv", "--output", "json").stdout)
    assert document["rows"] == {"same": 7, "added": 0, "gone": 1, "moved": 0, "changed": 0}
    assert document["shown"]["gone"][0]["row"] == "old.jsonl:1"
    assert {one["name"] for one in document["shifts"]} >= {"tokens", "turns"}


def test_what_is_missing_says_what_may_be_named() -> None:
    with pytest.raises(InputError, match=r"nope: is missing\n  allowed: a folder that `tuneset prepare` left, a file"):
        run("nope", "b")
