"""`tuneset check`, `rules` and `tokens` as a user runs them: exit codes, outputs, standard input, repairs."""

import json
from pathlib import Path

import orjson
import pytest

from tests.command_line import tuneset
from tuneset.rules.samples import ANSWER, ASK, GOOD_PROMPT, chat, turn

LIMA = chat(turn("user", "What is the capital of Peru?"), turn("assistant", "Lima."))
TEN = b"\n".join(chat(turn("user", f"{n} + 1?"), turn("assistant", f"{n + 1}.")) for n in range(10)) + b"\n"


def run(folder: Path, *arguments: str, data: bytes = b"", code: int = 0) -> str:
    """The standard output of a command, which must end with `code` and without a traceback."""
    done = tuneset(folder, *arguments, data=data, columns=200)
    assert "Traceback" not in done.stderr, done.stderr
    assert done.returncode == code, done.stderr + done.stdout
    return done.stdout if code in (0, 1, 3) else done.stderr


def test_a_clean_file_ends_with_0(tmp_path: Path) -> None:
    (tmp_path / "train.jsonl").write_bytes(TEN)
    assert run(tmp_path, "check", "train.jsonl", "--profile", "openai") == (
        "train.jsonl: sft (messages with answers in the first 10 lines), 10 examples\n0 errors, 0 warnings\n"
    )


def test_warnings_alone_end_with_0_and_errors_with_1(tmp_path: Path) -> None:
    (tmp_path / "train.txt").write_bytes(TEN)
    run(tmp_path, "check", "train.txt")
    run(tmp_path, "check", "train.txt", "--severity", "FIL007=error", code=1)
    run(tmp_path, "check", "train.txt", "--severity", "FIL007=error", "--ignore", "not-named-jsonl")


def test_a_missing_file_ends_with_3_and_the_others_are_reported(tmp_path: Path) -> None:
    (tmp_path / "train.jsonl").write_bytes(TEN)
    said = run(tmp_path, "check", "no.jsonl", "train.jsonl", code=3)
    assert "error FIL001 unreadable-file" in said
    assert "train.jsonl: sft" in said


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["check", "*.jsonl"], "*.jsonl: no file matches"),
        (["rules", "CNV06"], "did you mean CNV006?"),
    ],
)
def test_a_pattern_or_a_code_that_matches_nothing(tmp_path: Path, arguments: list[str], said: str) -> None:
    done = tuneset(tmp_path, *arguments)
    assert done.returncode in (2, 3)
    assert said in done.stderr


@pytest.mark.parametrize(
    ("option", "said"),
    [
        (["--ignore", "nonsense"], "unknown rule nonsense"),
        (["--severity", "CNV006"], "--severity CNV006: is not RULE=LEVEL"),
        (["--severity", "CNV006=fatal"], "--severity CNV006=fatal: is not RULE=LEVEL"),
        (["--profile", "opnai"], "did you mean openai?"),
        (["--in-place"], "--in-place without --fix"),
    ],
)
def test_wrong_usage_ends_with_2(tmp_path: Path, option: list[str], said: str) -> None:
    (tmp_path / "train.jsonl").write_bytes(TEN)
    assert said in run(tmp_path, "check", "train.jsonl", *option, code=2)


def test_standard_input_has_no_name_to_judge(tmp_path: Path) -> None:
    document = json.loads(run(tmp_path, "check", "-", "--output", "json", data=TEN))
    assert [(file["path"], file["findings"]) for file in document["files"]] == [("<stdin>", [])]


def test_params_yaml_switches_rules_off(tmp_path: Path) -> None:
    (tmp_path / "train.jsonl").write_bytes(TEN + b"\n")
    (tmp_path / "params.yaml").write_text("validate:\n  severity: {blank-line: error}\n", encoding="utf-8")
    run(tmp_path, "check", "train.jsonl", code=1)
    (tmp_path / "params.yaml").write_text("validate:\n  ignore: [FIL006]\n", encoding="utf-8")
    assert run(tmp_path, "check", "train.jsonl").endswith("0 errors, 0 warnings\n")


def test_fix_writes_a_copy_and_reports_on_it(tmp_path: Path) -> None:
    bad = TEN + b"\n" + chat({**ASK, "weight": 0}, ANSWER)
    (tmp_path / "train.jsonl").write_bytes(bad)
    document = json.loads(run(tmp_path, "check", "train.jsonl", "--fix", "--output", "json"))
    assert [file["path"] for file in document["files"]] == ["train.fixed.jsonl"]
    assert document["files"][0]["repairs"] == [
        {"line": 11, "code": "FIL006"},
        {"line": 12, "code": "CNV007", "repair": "REP009"},
    ]
    assert (tmp_path / "train.jsonl").read_bytes() == bad
    assert (tmp_path / "train.fixed.jsonl").read_bytes() == TEN + chat(ASK, ANSWER) + b"\n"
    run(tmp_path, "check", "train.jsonl", "--fix", "--in-place")
    assert (tmp_path / "train.jsonl").read_bytes() == TEN + chat(ASK, ANSWER) + b"\n"


def test_a_grader_is_held_against_the_lines(tmp_path: Path) -> None:
    (tmp_path / "train.jsonl").write_bytes(GOOD_PROMPT.data)
    grader = {"type": "string_check", "name": "a", "operation": "eq", "input": "{{item.answer}}", "reference": "r"}
    (tmp_path / "grader.json").write_bytes(orjson.dumps(grader))
    said = run(
        tmp_path, "check", "train.jsonl", "--profile", "azure", "--model", "o4-mini-2025-04-16", "--ignore", "DAT001",
        "--grader", "grader.json", code=1,
    )  # fmt: skip
    assert "train.jsonl:1 $: the grader refers to {{item.answer}}, and the line has no such column" in said


def test_tokens_are_counted_by_file(tmp_path: Path) -> None:
    (tmp_path / "train.jsonl").write_bytes(TEN + b"not json\n")
    (file,) = json.loads(run(tmp_path, "tokens", "train.jsonl", "--profile", "openai", "--output", "json"))["files"]
    assert (file["examples"], file["skipped"], file["model"]) == (10, 1, "gpt-4.1-mini-2025-04-14")
    assert file["percentiles"]["min"] <= file["percentiles"]["p50"] <= file["percentiles"]["max"]
    assert file["epochs"] == 10
    assert "  epochs     10 by default" in run(tmp_path, "tokens", "train.jsonl", "--profile", "openai")
    run(tmp_path, "tokens", "no.jsonl", code=3)


def test_rules_are_listed_and_explained(tmp_path: Path) -> None:
    assert "  CNV006  invalid-weight" in run(tmp_path, "rules")
    assert run(tmp_path, "rules", "cln001").startswith("CLN001 empty-message: a reason for which the stage clean")
    assert json.loads(run(tmp_path, "rules", "--output", "json"))["schema_version"] == 1
