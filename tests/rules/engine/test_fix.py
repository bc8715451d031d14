"""Repairs: only what is certain, twice is the same as once, and what was repaired passes its rule."""

import json
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import given, settings

from tests.amounts import drawn
from tests.rules.passes.test_example import mutants
from tests.rules.support import context, findings
from tuneset.rules.engine.check_context import Settings
from tuneset.rules.engine.file_check import Repaired, Source
from tuneset.rules.engine.fix import fix_file, fix_line, fixed_path
from tuneset.rules.registry import listed
from tuneset.rules.samples import ANSWER, ASK, WEATHER_TOOL, call_turn, chat, turn

SETTINGS = Settings("sft", "openai", "gpt-4.1-mini-2025-04-14")
LIMA = chat(turn("user", "What is the capital of Peru?"), turn("assistant", "Lima."))


def _fix(folder: Path, data: bytes) -> tuple[bytes | None, list[Repaired]]:
    path = folder / "train.jsonl"
    path.write_bytes(data)
    target = fixed_path(path)
    target.unlink(missing_ok=True)
    repairs = fix_file(Source(path, path.name), target, "auto", SETTINGS)
    assert path.read_bytes() == data
    return target.read_bytes() if target.is_file() else None, repairs


def test_what_is_not_certain_is_left_alone(tmp_path: Path) -> None:
    uncertain = b"\n".join(
        [
            chat(ASK, {**ANSWER, "weight": 0.5}),
            chat(ASK, ANSWER, source="atlas"),
            LIMA.replace(b'"Lima."', b'"Lima.","content":"Quito."'),
            b"not json",
            chat(ASK, {**ANSWER, "name": "a b"}),
        ]
    )
    assert _fix(tmp_path, uncertain + b"\n") == (uncertain + b"\n", [])


@pytest.mark.parametrize("rule", [rule for rule in listed() if rule.fixable], ids=lambda rule: rule.code)
def test_the_bad_sample_of_a_fixable_rule_passes_it_once_fixed(rule: Any, tmp_path: Path) -> None:  # noqa: ANN401  a rule, or a sample
    fixed, repairs = _fix(tmp_path, rule.bad.data)
    assert fixed is not None
    assert rule.code in {code for _, code, _ in repairs}
    assert rule.code not in {found.code for found in findings(tmp_path, fixed)}
    assert _fix(tmp_path, fixed) == (fixed, [])


def test_a_repair_changes_what_it_says_and_nothing_else(tmp_path: Path) -> None:
    spaced = b'{ "messages" : ' + json.dumps([ASK, ANSWER]).encode() + b" }"
    data = b"\xef\xbb\xbf" + LIMA + b"\n\n" + spaced + b"\n" + chat({**ASK, "weight": 1, "name": None}, ANSWER)
    fixed, repairs = _fix(tmp_path, data)
    assert repairs == [(1, "FIL003", ""), (2, "FIL006", ""), (4, "SHP006", "REP001"), (4, "CNV007", "REP009")]
    assert fixed is not None
    lines = fixed.split(b"\n")
    assert lines[:2] == [LIMA, spaced]
    assert orjson.loads(lines[2]) == {"messages": [ASK, ANSWER]}
    assert lines[3:] == [b""]


def test_arguments_become_the_text_of_one_object() -> None:
    checked = context()
    for arguments in ({"city": "Paris"}, '"{\\"city\\": \\"Paris\\"}"'):
        line = chat(ASK, call_turn(arguments), tools=[WEATHER_TOOL])
        fixed, _ = fix_line(line, checked)
        function = orjson.loads(fixed)["messages"][1]["tool_calls"][0]["function"]
        assert orjson.loads(function["arguments"]) == {"city": "Paris"}


def test_large_integers_survive_a_repair() -> None:
    fixed, codes = fix_line(
        b'{"messages":[{"role":"user","content":"Hi","name":null}],"n":' + b"9" * 30 + b"}", context("rft")
    )
    assert codes == [("SHP006", "REP001")]
    assert b"9" * 30 in fixed


def test_several_values_on_a_line_and_pretty_printed_json_are_taken_apart(tmp_path: Path) -> None:
    first, second = chat(ASK, ANSWER), LIMA
    expected = [orjson.loads(first), orjson.loads(second)]
    for data in (first + b", " + second, b"[" + first + b",\n" + second + b"]", b"{\n" + first[1:] + b"\n" + second):
        fixed, _ = _fix(tmp_path, data)
        assert fixed is not None
        assert [orjson.loads(line) for line in fixed.splitlines()] == expected


SHARE_GPT = [{"from": "human", "value": "What is the capital of Peru?"}, {"from": "gpt", "value": "Lima."}]
TWO = [{"messages": [ASK, ANSWER]}, orjson.loads(LIMA)]


@pytest.mark.parametrize(
    "data",
    [
        orjson.dumps([ASK, ANSWER]) + b"\n" + orjson.dumps(SHARE_GPT) + b"\n",
        orjson.dumps([[ASK, ANSWER], SHARE_GPT]),
        orjson.dumps([[ASK, ANSWER], SHARE_GPT], option=orjson.OPT_INDENT_2),
        orjson.dumps([ASK, ANSWER], option=orjson.OPT_INDENT_2) + b"\n" + orjson.dumps(SHARE_GPT),
        orjson.dumps([ASK, ANSWER]) + orjson.dumps(SHARE_GPT),
    ],
)
def test_a_list_of_messages_is_one_conversation_and_never_one_line_a_message(data: bytes, tmp_path: Path) -> None:
    fixed, repairs = _fix(tmp_path, data)
    assert fixed is not None
    assert [orjson.loads(line) for line in fixed.splitlines()] == TWO
    assert {code for _, code, _ in repairs} <= {"JSN007", "JSN008", "JSN009"}
    assert findings(tmp_path, fixed) == findings(tmp_path, chat(ASK, ANSWER) + b"\n" + LIMA + b"\n")


def test_an_unknown_speaker_of_a_bare_list_keeps_the_name(tmp_path: Path) -> None:
    fixed, _ = _fix(tmp_path, orjson.dumps([{"from": "narrator", "value": "Once."}, ANSWER]))
    assert fixed is not None
    assert orjson.loads(fixed)["messages"][0] == turn("narrator", "Once.")


def test_a_list_of_anything_else_is_left_alone(tmp_path: Path) -> None:
    data = orjson.dumps([1, 2]) + b"\n" + LIMA + b"\n"
    assert _fix(tmp_path, data) == (data, [])


def test_a_document_that_is_broken_is_not_copied(tmp_path: Path) -> None:
    assert _fix(tmp_path, b"[\n" + LIMA + b",\n{]") == (None, [])


@settings(max_examples=drawn(100, 300))
@given(mutants())
def test_fixing_twice_is_fixing_once(example: dict[str, Any]) -> None:
    for line_format in ("sft", "dpo", "rft"):
        checked = context(line_format)
        once, codes = fix_line(orjson.dumps(example), checked)
        assert fix_line(once, checked) == (once, [])
        if not codes:
            assert once == orjson.dumps(example)
