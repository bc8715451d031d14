"""Whole files: any bytes are survived, ranges do not change findings, and places are physical lines."""

import functools
import gzip
import os
import random
import tempfile
from pathlib import Path

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.amounts import drawn
from tests.rules.support import TODAY, VISION_MODEL, codes, context, findings, places, reports
from tuneset.execution.executor import open_executor
from tuneset.execution.executors import process_pool
from tuneset.execution.progress import no_progress
from tuneset.reading import line_ranges
from tuneset.rules.engine import file_check
from tuneset.rules.engine.check_context import Settings
from tuneset.rules.engine.file_check import Source, check_files
from tuneset.rules.families.dataset import size_issues
from tuneset.rules.registry import listed
from tuneset.rules.samples import ANSWER, ASK, GOOD_CHAT, GOOD_PAIR, GOOD_PROMPT, chat, turn

LIMA = chat(turn("user", "What is the capital of Peru?"), turn("assistant", "Lima."))


def test_blank_lines_count_and_separators_within_strings_do_not_end_a_line(tmp_path: Path) -> None:
    odd = chat(turn("user", "a\u2028b\u0085c"), ANSWER)
    data = b"\n\n" + odd + b"\r\n" + LIMA + b"\n" + chat(ASK, ANSWER, x=1)
    found = findings(tmp_path, data)
    assert places(found) == [("FIL006", 1, ""), ("FIL006", 2, ""), ("SHP002", 5, "$.x")]
    assert [one.example for one in found] == [0, 0, 3]


def test_the_format_is_recognised_and_it_is_said_by_what(tmp_path: Path) -> None:
    said = [
        (report.format, report.decided)
        for data in (GOOD_CHAT.data, GOOD_PAIR.data, GOOD_PROMPT.data, b'{"prompt":"a"}\n{"prompt":"b"}')
        for report in reports(tmp_path, data)
    ]
    assert said == [
        ("sft", "messages with answers in the first 1 line"),
        ("dpo", "input and outputs in the first 1 line"),
        ("rft", "messages without answers in the first 1 line"),
        (None, "no line has the keys of a format"),
    ]


def test_a_conversation_cut_short_is_no_other_format(tmp_path: Path) -> None:
    data = chat(ASK, ANSWER) + b"\n" + chat(turn("user", "Peru?"))
    assert places(findings(tmp_path, data)) == [("CNV005", 2, "$.messages")]


def test_a_missing_file_is_a_finding_and_the_others_are_checked(tmp_path: Path) -> None:
    found = reports(tmp_path, b"", LIMA, names=("no/such.jsonl", "train.jsonl"))
    assert [[one.code for one in report.findings] for report in found] == [["FIL001"], []]
    assert [one.message for one in found[0].findings] == ["cannot be read: No such file or directory"]


def test_a_pipe_is_a_finding_and_is_not_waited_for(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe.jsonl"
    os.mkfifo(pipe)
    reported = list(check_files([Source(pipe, "pipe.jsonl")], "auto", Settings("sft", "openai", "x"), map, today=TODAY))
    assert [one.code for report in reported for one in report.findings] == ["FIL001"]


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (gzip.compress(LIMA, mtime=0), "the file is gzip-compressed"),
        (LIMA.decode().encode("utf-16"), "the file is UTF-16 text"),
        (b"PAR1....", "the file is a Parquet file"),
    ],
)
def test_other_kinds_of_files_are_named_once(tmp_path: Path, data: bytes, message: str) -> None:
    found = findings(tmp_path, data)
    assert [(one.code, one.line, one.message) for one in found] == [("FIL002", 0, message)]


def test_pretty_printed_json_is_named_once(tmp_path: Path) -> None:
    data = orjson.dumps(orjson.loads(LIMA), option=orjson.OPT_INDENT_2)
    assert places(findings(tmp_path, data)) == [("JSN007", 0, "")]


def test_overlap_is_said_of_the_later_file_only(tmp_path: Path) -> None:
    other = chat(ASK, turn("assistant", "Lyon."))
    first, second = reports(tmp_path, LIMA + b"\n" + GOOD_CHAT.data, LIMA + b"\n" + other)
    assert list(first.findings) == []
    assert [(one.code, one.line, one.message) for one in second.findings] == [
        ("DAT006", 1, "the same example stands in train.jsonl"),
        ("DAT007", 2, "the same prompt stands in train.jsonl, with another answer"),
    ]


def test_overlap_is_said_of_the_first_earlier_file_that_has_the_example(tmp_path: Path) -> None:
    other = chat(ASK, turn("assistant", "Lyon."))
    names = ("train.jsonl", "validation.jsonl", "test.jsonl")
    *_, last = reports(tmp_path, GOOD_CHAT.data, other, GOOD_CHAT.data, names=names)
    assert [(one.code, one.message) for one in last.findings] == [
        ("DAT006", "the same example stands in train.jsonl"),
    ]
    *_, last = reports(tmp_path, other, GOOD_CHAT.data, GOOD_CHAT.data, names=names)
    assert [(one.code, one.message) for one in last.findings] == [
        ("DAT007", "the same prompt stands in train.jsonl, with another answer"),
        ("DAT006", "the same example stands in validation.jsonl"),
    ]


def test_duplicates_are_found_whatever_the_white_space(tmp_path: Path) -> None:
    spaced = LIMA.replace(b'":', b'": ').replace(b',"', b', "')
    found = findings(tmp_path, LIMA + b"\n" + spaced)
    assert [(one.code, one.line, one.example, one.message) for one in found] == [
        ("DAT004", 2, 2, "the same example as in line 1")
    ]


def test_the_number_of_examples_is_not_asked_of_a_validation_file(tmp_path: Path) -> None:
    first, second = reports(tmp_path, LIMA, GOOD_CHAT.data, ignore=())
    assert places(list(first.findings)) == [("DAT001", 0, "")]
    assert list(second.findings) == []


def test_an_azure_file_may_have_a_byte_order_mark(tmp_path: Path) -> None:
    assert findings(tmp_path, b"\xef\xbb\xbf" + LIMA, profile="azure") == []


def test_a_line_that_is_too_long_is_a_finding(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(line_ranges, "MAX_LINE_BYTES", 4096)
    monkeypatch.setattr(file_check, "TASK_BYTES", 1024)  # a range is always shorter than the longest line
    data = LIMA + b"\n" + b"x" * 4097 + b"\n" + chat(ASK, ANSWER, x=1)
    assert places(findings(tmp_path, data)) == [("FIL005", 2, ""), ("SHP002", 3, "$.x")]


def test_limits_of_sheer_size() -> None:
    sft, rft = context(families={"DAT", "VIS"}), context("rft", families={"DAT"})
    assert codes(list(size_issues("a", 50_001, 0, 1, rft))) == [("DAT002", "")]
    assert codes(list(size_issues("a", 60_000, 50_001, 1, sft))) == [("VIS009", "")]
    assert codes(list(size_issues("a", 10, 0, (8 << 30) + 1, sft))) == [("DAT003", "")]
    assert list(size_issues("a", 10, 0, 8 << 30, sft)) == []


def test_line_lengths_are_no_matter_for_the_cut_into_ranges(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lines = [chat(turn("user", f"{n}" * (n % 7 + 1)), ANSWER, **({"x": 1} if n % 5 == 0 else {})) for n in range(60)]
    data = b"\n".join([*lines, b"", b"not json", *lines[:3]])
    whole = findings(tmp_path, data)
    assert {one.code for one in whole} == {"SHP002", "FIL006", "JSN001", "DAT004"}
    for size in (1, 7, 100, 1000):
        monkeypatch.setattr(file_check, "TASK_BYTES", size)
        assert findings(tmp_path, data) == whole
    monkeypatch.setattr(process_pool, "SMALL_BRIEF_WORK_BYTES", 0)
    with open_executor(2, no_progress, brief=True) as executor:
        map_tasks = functools.partial(executor.map, label="check", size=len(data))
        assert findings(tmp_path, data, map_tasks=map_tasks) == whole


@settings(max_examples=drawn(200))
@given(st.lists(st.binary(max_size=12).map(lambda raw: raw.replace(b"\n", b" ")), max_size=8), st.booleans())
def test_ranges_give_every_line_once(lines: list[bytes], ended: bool) -> None:
    data = b"\n".join(lines) + (b"\n" if ended and lines else b"")
    expected = data.split(b"\n")[:-1] if data.endswith(b"\n") or not data else data.split(b"\n")
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        path = Path(folder) / "a"
        path.write_bytes(data)
        for size in (1, 3, 8):
            patch.setattr(line_ranges, "RANGE_BYTES", size)
            assert list(line_ranges.file_lines(path, 0)) == expected


# --- any bytes at all ----------------------------------------------------------------------------------------------


@settings(max_examples=drawn(100, 300))
@given(st.binary(max_size=400) | st.lists(st.binary(max_size=60), max_size=6).map(b"\n".join))
def test_any_bytes_give_findings_and_nothing_else(data: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        for report in reports(Path(folder), data):
            assert all(one.severity in ("error", "warning", "info") for one in report.findings)


def _mutant(dice: random.Random, lines: list[bytes]) -> bytes:
    """A line with a few bytes changed, or parts of two lines joined."""
    line = bytearray(dice.choice(lines))
    for _ in range(dice.randrange(1, 6)):
        at = dice.randrange(len(line) + 1)
        kind = dice.randrange(5)
        if kind == 0:
            line[at : at + dice.randrange(1, 9)] = b""
        elif kind == 1:
            line[at:at] = bytes(dice.randrange(256) for _ in range(dice.randrange(1, 4)))
        elif kind == 2:
            line[at:at] = dice.choice(
                [b'"', b"{", b"}", b"[", b"\\u0000", b"\\ud800", b"null", b"NaN", b":", b",", b" "]
            )
        elif kind == 3:
            other = dice.choice(lines)
            line[at:] = other[dice.randrange(len(other) + 1) :]
        else:
            line[at : at + 12] = line[at : at + 12] * 2
    return bytes(line).replace(b"\n", b"")


@pytest.mark.slow
def test_ten_thousand_mutated_lines_are_survived(tmp_path: Path) -> None:
    dice = random.Random(7)
    lines = [rule.bad.data for rule in listed() if rule.bad.data] + [rule.good.data for rule in listed()]
    lines = [line for data in lines for line in data.split(b"\n") if line and len(line) < 4000]
    data = b"\n".join(_mutant(dice, lines) for _ in range(10_000))
    for asked in ("auto", "sft", "dpo", "rft"):
        (report,) = reports(tmp_path, GOOD_CHAT.data + b"\n" + data, asked=asked, model=VISION_MODEL)
        assert {one.line for one in report.findings} <= set(range(10_002))
        assert len({one.code for one in report.findings}) > 10


@pytest.mark.parametrize(("profile", "judged"), [("openai", True), ("bedrock", False)])
def test_a_grader_of_a_providers_own_is_left_to_that_provider(tmp_path: Path, profile: str, judged: bool) -> None:
    grader = {"type": "lambda", "lambda": {"function": "arn:aws:lambda:us-west-2:123456789012:function:reward"}}
    (report,) = reports(tmp_path, GOOD_PROMPT.data, asked="rft", profile=profile, grader=grader)
    assert ("RFT004" in {one.code for one in report.findings}) == judged
