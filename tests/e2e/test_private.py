"""Rows with private data, contamination, near duplicates and much else: told by code and place, never by value."""

from __future__ import annotations

import dataclasses
import json
import random
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pytest
import yaml
from typer.testing import CliRunner

from tests.amounts import cases
from tests.builders import chat
from tests.private import PRIVATE, says
from tuneset.cli.main import app
from tuneset.drop_reasons import REASONS
from tuneset.sample import write

POLICIES = {"ip": "drop", "phone": "flag"}  # the others are redacted
QUESTION = "A train leaves at nine and travels three hours at sixty kilometres an hour; how far does it go?"
ANSWER = "It travels one hundred and eighty kilometres, because three hours at sixty kilometres an hour make that."
LONG = (
    "The tide comes in twice a day because the moon pulls the water of the sea towards itself, and on the far side of"
    " the earth the water is left behind, so that there are two hills of water under which the earth turns."
)
GERMAN = "Die Katze sitzt auf dem Dach und schaut den Vögeln zu, während es langsam zu regnen beginnt."
PARAMS = {
    "clean": {
        "redact": POLICIES,
        "filters": {
            "languages": ["en"], "max_chars": 6000, "max_turns": 4, "min_answer_chars": 3, "max_run": 20,
            "max_symbols": 0.5, "refusals": True, "patterns": ["zebra[0-9]"], "keywords": ["internal use only"],
            "function": "mine:keep", "score": {"column": "stars", "at_least": 2},
        },
        "trace": True,
    },
    "dedup": {"evaluation": {"files": ["eval.jsonl"]}},
    "tokenize": {"max_tokens": 900},
    "gate": {"max_drop_rate": None},
    "workers": 1,
}  # fmt: skip
DROPPED: dict[str, list[object]] = {
    "JSN001": ['{"question": "Broken?", "answer": "' + says("email")],
    "TXT001": [chat("What ends a text?", f"This does: <|endoftext|>, and {says('email')}")],
    "CLN001": [chat(says("email"), "")],
    "CLN002": [chat("Where does it run?", says("ip"))],
    "CLN003": [chat(says("email"), GERMAN)],
    "CLN004": [chat("Tell me much.", f"{says('card')} " + "".join(f"word{n} " for n in range(900)))],
    "CLN005": [{"messages": chat("One?", says("email"))["messages"] * 3}],
    "CLN006": [chat(says("email"), "No")],
    "CLN007": [chat("Really?", f"{says('email')} N{'o' * 30}!")],
    "CLN008": [chat("?!?!?!?!?!?!?!?!?!?!", "<Ann.Smith@acme.org> ?!?!?!?!?!?!?!?!?!?!?!?!?!")],
    "CLN009": [chat(says("email"), "I'm sorry, but I can't help with that.")],
    "CLN010": [chat(says("email"), "The zebra7 project is what you mean.")],
    "CLN011": [chat(says("email"), "This is for internal use only, as it says there.")],
    "CLN012": [chat(says("email"), "My own function does not want this row.")],
    "CLN013": [{**chat(says("email"), "Few people liked this answer."), "stars": 1}],
    "DUP001": [chat("Why are there tides in the sea?", f"{LONG} {says('email')}")] * 2,
    "DUP002": [chat("Why does it snow?", f"{LONG[::-1]} {says('email')} {end}") for end in ("Really", "Indeed")],
    "DUP003": [chat(f"{says('email')} {QUESTION}", "It depends."), chat("How far?", f"{ANSWER} {says('email')}")],
    "DUP004": [
        {
            "messages": [
                *chat("What is a harbour for?", f"Ships lie there, ask {says('email')} about it.")["messages"],
                *chat("And in a storm?", "They are safe from its waves.")["messages"],
            ]
        },
        chat("What is a harbour for?", f"Ships lie there, ask {says('email')} about it."),
    ],
    "TOK001": [chat("Count.", " ".join(str(n) for n in range(1000, 1500)) + f" {says('email')}")],
}
"""By code the rows that lead to it; of duplicates the first stays."""
STAYING = {"DUP001": 1, "DUP002": 1, "DUP004": 1}
SPECIAL = {"JSN001", "TXT001"}  # rules of check; the others are reasons


@dataclasses.dataclass(frozen=True)
class Run:
    """What one run printed, where it lies, and at which lines the rows of each code stand."""

    folder: Path
    printed: str
    lines: dict[str, list[int]]


def rows() -> Iterator[tuple[str, object]]:
    """All raw rows, each with its code; those that stay have none."""
    for example in write.examples()[:4000:90]:
        yield "", chat(example.question, example.answer[:1500])
    for kind in PRIVATE:
        if kind not in POLICIES:
            about = random.Random(kind).sample(LONG.split(), 20)
            yield "", chat(f"What about {' '.join(about)}?", f"{says(kind)} {' '.join(reversed(about))}")
    yield "", chat("How do I reach you?", f"{says('phone')} We are always glad to hear from you there.")
    for code, dropped in DROPPED.items():
        for row in dropped:
            yield code, row


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """One run of prepare over all rows."""
    folder = tmp_path_factory.mktemp("private")
    lines: dict[str, list[int]] = {}
    with (folder / "raw.jsonl").open("w", encoding="utf-8") as handle:
        for line, (code, row) in enumerate(rows(), start=1):
            lines.setdefault(code, []).append(line)
            handle.write((row if isinstance(row, str) else json.dumps(row, ensure_ascii=False)) + "\n")
    (folder / "params.yaml").write_text(yaml.safe_dump(PARAMS))
    (folder / "eval.jsonl").write_text(json.dumps({"question": QUESTION, "answer": ANSWER}) + "\n")
    (folder / "mine.py").write_text("def keep(messages):\n    return 'own function' not in messages[-1]['content']\n")
    command = [sys.executable, "-m", "tuneset", "prepare", "raw.jsonl", "--out", "out"]
    ended = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return Run(folder, ended.stdout + ended.stderr, lines)


def held(text: str, *, but: tuple[str, ...] = ()) -> list[str]:
    """The kinds of private data whose value stands in a text, as it is or as JSON writes it."""
    spellings = {kind: (value, json.dumps(value)[1:-1]) for kind, (_, value) in PRIVATE.items() if kind not in but}
    return [kind for kind, known in spellings.items() if any(one.lower() in text.lower() for one in known)]


def test_the_raw_rows_do_hold_every_value(done: Run) -> None:
    assert held((done.folder / "raw.jsonl").read_text(encoding="utf-8")) == list(PRIVATE)


def test_what_is_printed_and_every_report_is_free_of_values(done: Run) -> None:
    assert held(done.printed) == []
    out = done.folder / "out"
    for name in (
        "metrics.json",
        "manifest.json",
        "gate.json",
        "distributions.json",
        "samples.json",
        "report.html",
        "report.md",
    ):
        assert held((out / name).read_text(encoding="utf-8")) == [], name
    for name in ("ledger", "private", "contamination", "duplicates"):
        assert held(pl.read_parquet(out / f"{name}.parquet").write_csv()) == [], name
    assert held((out / "duplicates.md").read_text(encoding="utf-8")) == []


def test_no_value_is_written_but_where_it_is_only_flagged(done: Run) -> None:
    written = "".join((done.folder / f"out/{side}.jsonl").read_text("utf-8") for side in ("train", "validation"))
    assert held(written, but=("phone",)) == []
    assert held(written) == ["phone"]
    assert all(f"<{kind.upper()}_1>" in written for kind in PRIVATE if kind not in POLICIES)


def test_only_the_trace_that_was_asked_for_shows_old_and_new(done: Run) -> None:
    trace = (done.folder / "out/clean_trace.md").read_text(encoding="utf-8")
    assert "- Please write to ann.smith@acme.org today.\n+ Please write to <EMAIL_1> today.\n" in trace
    others = {path.name for path in (done.folder / "out").glob("*.md")} - {"clean_trace.md"}
    assert others == {"duplicates.md", "report.md"}


def test_private_data_is_named_by_row_kind_and_policy(done: Run) -> None:
    found = pl.read_parquet(done.folder / "out/private.parquet")
    policies = dict(found.select("kind", "policy").unique().rows())
    assert policies == {kind: POLICIES.get(kind, "redact") for kind in PRIVATE}
    assert found.filter(pl.col("policy") == "drop")["line"].to_list() == done.lines["CLN002"]
    metrics = json.loads((done.folder / "out/metrics.json").read_text())
    clean = metrics["stages"]["clean"]
    assert {name: clean[name] for name in clean if name.startswith("private.") and name.endswith(".rows")} == {
        f"private.{kind}.rows": count for kind, count in found.group_by("kind").len().sort("kind").iter_rows()
    }


def test_every_row_is_dropped_for_its_code_and_no_other(done: Run) -> None:
    ledger = pl.read_parquet(done.folder / "out/ledger.parquet")
    dropped = ledger.filter(pl.col("outcome") == "dropped").select("line", "code").sort("line")
    expected = {line: code for code, lines in done.lines.items() if code for line in lines[STAYING.get(code, 0) :]}
    assert dict(dropped.iter_rows()) == expected
    assert ledger.height == sum(map(len, done.lines.values()))


def test_contamination_is_told_by_side_and_by_what_it_matched(done: Run) -> None:
    found = pl.read_parquet(done.folder / "out/contamination.parquet").select("line", "side", "evaluation")
    asked, answered = done.lines["DUP003"]
    assert found.rows() == [(asked, "question", "eval.jsonl:1"), (answered, "answer", "eval.jsonl:1")]


def explained(done: Run, line: int, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.chdir(done.folder)
    told = CliRunner().invoke(app, ["explain", f"raw.jsonl:{line}"])
    assert told.exit_code == 0, told.output
    assert held(told.output) == []
    return told.output


@pytest.mark.parametrize("code", [code for code in DROPPED if code not in SPECIAL])
def test_explain_tells_stage_reason_and_remedy(code: str, done: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    reason = REASONS[code]
    for line in done.lines[code][STAYING.get(code, 0) :][: cases(1, 9)]:
        story = explained(done, line, monkeypatch).splitlines()
        assert story[:2] == [f"raw.jsonl:{line}", f"  dropped by {reason.stage}: {code} {reason.name}"]
        assert f"  what to do: {reason.remedy}" in story


@pytest.mark.parametrize("code", sorted(SPECIAL))
def test_explain_refers_to_the_rule_where_one_was_broken(code: str, done: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    (line,) = done.lines[code]
    story = explained(done, line, monkeypatch)
    assert f": {code} " in story
    assert f"  more: tuneset rules {code}\n" in story


@pytest.mark.parametrize("code", list(STAYING))
def test_explain_names_the_representative_of_a_duplicate(code: str, done: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    kept, copy = done.lines[code]
    outcome = explained(done, kept, monkeypatch).splitlines()[1].removeprefix("  kept: it is in ")
    assert outcome.split(", line ")[0] in ("train.jsonl", "validation.jsonl")
    assert f"its representative is raw.jsonl:{kept}, which is in {outcome}\n" in explained(done, copy, monkeypatch)


def test_explain_names_the_evaluation_text(done: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    asked, answered = done.lines["DUP003"]
    assert "\n  holds 100 % of the question at eval.jsonl:1\n" in explained(done, asked, monkeypatch)
    assert "\n  holds 100 % of the answer at eval.jsonl:1\n" in explained(done, answered, monkeypatch)


def test_all_codes_of_clean_and_dedup_are_among_the_rows() -> None:
    assert {code for code, reason in REASONS.items() if reason.stage in ("clean", "dedup", "tokenize")} <= set(DROPPED)
