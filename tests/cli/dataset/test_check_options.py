"""What `check` is asked for beyond the findings: which rules and files, how they are told, and what counts as new."""

import json
from pathlib import Path

import pytest

from tests.cli.dataset.test_check import LIMA, TEN, run
from tests.command_line import tuneset
from tuneset.reporting.colour import coloured
from tuneset.rules.samples import ANSWER, ASK, chat, turn

HALF = chat(ASK, {**ANSWER, "weight": 0.5})  # no repair knows whether 0 or 1 was meant
WHOLE = chat(ASK, {**ANSWER, "weight": 1.0})
LAST = chat(turn("user", "Hi"), turn("assistant", "Hello."), turn("user", "Thanks!"))


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A folder with a good training file, a bad validation file, and files that are none."""
    (tmp_path / "data" / "deep").mkdir(parents=True)
    (tmp_path / "data" / "train.jsonl").write_bytes(TEN)
    (tmp_path / "data" / "deep" / "val.jsonl").write_bytes(HALF + b"\n" + WHOLE + b"\n" + LAST + b"\n")
    (tmp_path / "data" / "notes.md").write_text("notes")
    (tmp_path / "data" / "train.fixed.jsonl").write_bytes(TEN)
    (tmp_path / "data" / ".hidden.jsonl").write_bytes(b"{")
    return tmp_path


def codes(said: str) -> list[str]:
    """The codes of a JSON document, in order."""
    return [found["code"] for file in json.loads(said)["files"] for found in file["findings"]]


def test_a_folder_is_its_files_of_lines(data: Path) -> None:
    document = json.loads(run(data, "check", "data", "--output", "json", "--exit-zero"))
    assert [file["path"] for file in document["files"]] == ["data/deep/val.jsonl", "data/train.jsonl"]
    (data / "empty").mkdir()
    assert "it holds no .jsonl or .ndjson file" in run_error(data, "check", "empty", code=3)


def run_error(folder: Path, *arguments: str, code: int) -> str:
    """What a command that ends with `code` says on stderr."""
    done = tuneset(folder, *arguments)
    assert done.returncode == code, done.stderr
    return done.stderr


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ([], ["CNV006", "CNV006", "CNV002"]),
        (["--select", "CNV002,TXT"], ["CNV002"]),
        (["--select", "invalid-weight"], ["CNV006", "CNV006"]),
        (["--select", "CNV", "--ignore", "CNV006"], ["CNV002"]),
        (["--ignore", "CNV,DAT"], []),
        (["--per-file-ignores", "val*.jsonl=CNV006"], ["CNV002"]),
        (["--per-file-ignores", "data/deep/*=CNV"], []),
        (["--per-file-ignores", "train*=CNV"], ["CNV006", "CNV006", "CNV002"]),
    ],
)
def test_rules_are_chosen_by_code_name_and_family(data: Path, options: list[str], expected: list[str]) -> None:
    said = run(data, "check", "data", "--output", "json", "--exit-zero", *options)
    assert [code for code in codes(said) if code[:3] == "CNV"] == expected


@pytest.mark.parametrize("option", ["--select", "--ignore"])
def test_an_unknown_rule_is_told_with_the_nearest(data: Path, option: str) -> None:
    assert "did you mean CNV006?" in run_error(data, "check", "data", option, "TXT,CNV06", code=2)


def test_a_pattern_without_rules_is_told(data: Path) -> None:
    assert "is not GLOB=RULES" in run_error(data, "check", "data", "--per-file-ignores", "val*.jsonl", code=2)


def test_quiet_tells_errors_alone_and_nothing_of_a_good_file(data: Path) -> None:
    assert run(data, "check", "data/train.jsonl", "--quiet") == ""
    said = run(data, "check", "data", "-q", code=1)
    assert "train.jsonl" not in said
    assert "warning " not in said.replace("0 warnings", "")


def test_statistics_and_concise_are_one_line_a_rule_and_a_finding(data: Path) -> None:
    told = run(data, "check", "data/deep/val.jsonl", "--statistics", "--ignore", "DAT", code=1).splitlines()
    assert told == [
        "        2  error    CNV006 invalid-weight",
        "        1  error    CNV002 last-message-not-assistant",
        "3 errors, 0 warnings",
    ]
    lines = run(data, "check", "data/deep/val.jsonl", "--output", "concise", "--ignore", "DAT", code=1).splitlines()
    assert len(lines) == 4
    assert lines[0].startswith("data/deep/val.jsonl:1: $.messages[1].weight error CNV006 invalid-weight: ")


def test_no_more_is_said_to_be_repairable_than_is_repaired(data: Path) -> None:
    said = run(data, "check", "data/deep/val.jsonl", "--ignore", "DAT", code=1)
    assert "1 of the findings can be repaired with --fix" in said
    (data / "half.jsonl").write_bytes(HALF)
    assert "can be repaired" not in run(data, "check", "half.jsonl", "--ignore", "DAT", code=1)


def test_diff_shows_what_fix_would_change_and_changes_nothing(data: Path) -> None:
    before = (data / "data" / "deep" / "val.jsonl").read_bytes()
    said = run(data, "check", "data", "--diff", code=1).splitlines()
    assert said[:3] == ["--- data/deep/val.jsonl", "+++ data/deep/val.jsonl (fixed)", "@@ -2 +2 @@"]
    assert (said[3], len(said)) == ("-" + WHOLE.decode(), 5)
    assert '"weight":1}' in said[4]
    assert (data / "data" / "deep" / "val.jsonl").read_bytes() == before
    assert run(data, "check", "data/train.jsonl", "--diff") == ""


def test_a_baseline_leaves_new_findings_alone_though_lines_move(data: Path) -> None:
    run(data, "baseline", "data", "--out", "known.json")
    assert b"capital" not in (data / "known.json").read_bytes()
    run(data, "check", "data", "--baseline", "known.json")
    val = data / "data" / "deep" / "val.jsonl"
    val.write_bytes(LIMA + b"\n" + val.read_bytes())
    run(data, "check", "data", "--baseline", "known.json")
    val.write_bytes(val.read_bytes() + HALF + b"\n")  # the same fault once more
    found = run(data, "check", "data", "--baseline", "known.json", "--output", "json", code=1)
    assert [code for code in codes(found) if code != "DAT004"] == ["CNV006"]
    (data / "known.json").write_text("[]")
    assert "no baseline of this version" in run_error(data, "check", "data", "--baseline", "known.json", code=2)


def test_sarif_has_every_rule_and_a_place_for_each_finding(data: Path) -> None:
    document = json.loads(run(data, "check", "data/deep/val.jsonl", "--output", "sarif", "--ignore", "DAT", code=1))
    (only,) = document["runs"]
    assert document["version"] == "2.1.0"
    rules = only["tool"]["driver"]["rules"]
    assert [(one["ruleId"], rules[one["ruleIndex"]]["id"]) for one in only["results"]] == [
        ("CNV006", "CNV006"), ("CNV006", "CNV006"), ("CNV002", "CNV002"),
    ]  # fmt: skip
    place = only["results"][1]["locations"][0]["physicalLocation"]
    assert place == {"artifactLocation": {"uri": "data/deep/val.jsonl"}, "region": {"startLine": 2}}


def test_colour_is_for_severities_and_codes_alone() -> None:
    assert coloured("    train.jsonl:3: an error CNV is no rule") == "    train.jsonl:3: an error CNV is no rule"
    assert coloured("        2  error    CNV006 invalid-weight").count("\x1b[") == 4
    assert coloured("a.jsonl:3: $.messages warning TXT005 x: y").count("\x1b[") == 4
