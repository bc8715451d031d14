"""The rules on private data: they find what redaction finds, say where, and never show it."""

from pathlib import Path

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.amounts import drawn
from tests.labelled_texts.key_forms import SHAPE_OF, shortest_key
from tests.labelled_texts.measured import labelled_set
from tests.private import PRIVATE, says
from tests.rules.support import context, findings, places
from tuneset.cleaning.private_data.kinds import EVERY, Kind
from tuneset.cleaning.private_data.rewrite import find_in
from tuneset.rules.engine.check_context import CHECK_FAMILIES
from tuneset.rules.engine.private_scan import private_findings
from tuneset.rules.families.private_data import COMMON_CODES, OPTIONAL_CODES, private_issues, said_of
from tuneset.rules.samples import ANSWER, ASK, call_turn, chat, pair, tool_chat, turn

ALL_ON = (("EGR005", "warning"), ("EGR006", "warning"), ("EGR007", "error"))
EVERYTHING = context(families=CHECK_FAMILIES, severity=dict(ALL_ON))
CODES: dict[Kind, str] = {
    "iban": "EGR005",
    "national_id": "EGR005",
    "ip": "EGR006",
    "birth_date": "EGR005",
    "url_credentials": "EGR007",
    "connection_string": "EGR007",
    "password": "EGR007",
}
DRAWN = "q7Zx0LmP2vB9sKd4TjW8nR5cY1hF6gEaU3q7Zx0LmP2vB9sKd4TjW8"
"""What looks drawn at random, as the body of a real key does."""


def common(text: str) -> list[str]:
    """The codes of the rules that every check holds, on a chat with this answer."""
    example = {"messages": [ASK, turn("assistant", text)]}
    return [one.code for one in private_issues(example, EVERYTHING)]


@pytest.mark.parametrize(
    "text",
    [
        "import numpy as np  # 1.26.4",
        "@property\n@name.setter",
        "user@example.com and root@localhost",
        "2024-01-01 10:00:00 and 192.168.100.200",
        "0.4012888888881881 and 4012888888881882",
        "commit 40128888888818814012888888881881",
        "task-" + "a" * 30,
        "pi is 3.14159265358979",
        "+1 for that",
        "ISBN 978-3-16-148410-0",
        "in 2024 there were 2 102 650 people",
        "to DE64 6444 6169 3100 6117 47",  # an account (EGR005), whose last digits would do for a card
        # what redaction leaves on purpose
        "aws_access_key_id = AKIAIOSFODNN7EXAMPLE in the AWS documentation.",
        f"Put ghp_{'x' * 36} into GITHUB_TOKEN.",
        "A PEM file starts with -----BEGIN PRIVATE KEY----- on a line.",
        "Use the css class sk-loading-indicator-large-dark here.",
        f"OPENAI_API_KEY=sk-{'x' * 32}",
        "ask support@team.internal",
        "the order 4012888888881881 of +123456789",
        "eyJ" + "a" * 20 + ".eyJ" + "b" * 20 + "." + "c" * 20,
        "+49 (0)30 <PHONE_1>, not 00-555-0000",
    ],
)
def test_what_is_left_on_purpose_is_no_finding(text: str) -> None:
    assert common(text) == []


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("key: sk-proj-" + DRAWN[:32], "EGR001"),
        ("ghp_" + DRAWN[:36], "EGR001"),
        ("AIza" + DRAWN[:35], "EGR001"),
        ("npm_" + DRAWN[:36], "EGR001"),
        (says("private_key"), "EGR001"),
        (says("jwt"), "EGR001"),
        ("write to ann.smith+news@mail.acme.co.uk.", "EGR002"),
        ("a@acme.org", "EGR002"),
        ("/reset?user=ann%40acme.org", "EGR002"),
        ("4012-8888-8888-1881", "EGR003"),
        ("4012.8888.8888.1881", "EGR003"),
        ("378282246310005", "EGR003"),
        ("from 378282246310005 to DE64 6444 6169 3100 6117 47", "EGR003"),
        ("+49 (0)30 901820", "EGR004"),
        ("(415) 200-2671", "EGR004"),
    ],
)
def test_common_forms_are_found_by_every_check(text: str, code: str, tmp_path: Path) -> None:
    assert common(text) == [code]
    found = findings(tmp_path, chat(ASK, turn("assistant", text)))
    assert [one.code for one in found] == [code], "the fast passes see it as well"


@pytest.mark.parametrize(("kind", "code"), [("email", "EGR002"), ("card", "EGR003")])
def test_every_address_and_every_card_is_found_by_every_check(kind: str, code: str) -> None:
    for sample in labelled_set(150):
        if sample.kind in ("email", "card", "phone"):
            expected = any(span.kind == kind for span in find_in(sample.text))
            assert (code in common(sample.text)) == expected, sample.text


COMMON_KEYS = {
    "sk-", "AKIA", "ASIA", "ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_", "glpat-", "xox", "AIza", "sk_live_",
    "rk_live_", "hf_", "npm_", "pypi-", "SG.",
}  # fmt: skip


@pytest.mark.parametrize("literal", SHAPE_OF)
def test_the_shortest_key_of_a_common_form_is_found_by_every_check(literal: str) -> None:
    assert common(f"use {shortest_key(literal)} here") == (["EGR001"] if literal in COMMON_KEYS else [])


@pytest.mark.parametrize("kind", PRIVATE)
def test_each_kind_has_its_code_at_its_place_and_its_value_is_not_shown(kind: Kind, tmp_path: Path) -> None:
    data = b"\n".join([b"", chat(ASK, ANSWER), b"no json", chat(ASK, turn("assistant", says(kind)))])
    found = [one for one in findings(tmp_path, data, severity=ALL_ON) if one.code.startswith("EGR")]
    scanned = [one for one in found if one.code not in COMMON_CODES]
    assert places(scanned) == ([(CODES[kind], 4, "$.messages[1].content")] if kind in CODES else [])
    assert [one.example for one in scanned] == [2] * len(scanned)
    assert found, "each kind is found by one rule or another"
    value = PRIVATE[kind][1]
    assert not any(part in f"{one.message} {one.hint}" for one in found for part in (value, value[:12], value[-12:]))


def test_the_last_step_of_a_place_is_the_key_that_a_text_stands_under() -> None:
    drawn = DRAWN[:16]
    assert list(said_of(drawn, ("password", 0, "text"), EVERY)) == []
    assert list(said_of(drawn, ("api_key", "password", "content"), EVERY)) == []
    assert [code for code, _ in said_of(drawn, ("messages", 0, "password"), EVERY)] == ["EGR007"]


def test_they_are_off_until_asked_for(tmp_path: Path) -> None:
    data = b"\n".join(chat(ASK, turn("assistant", says(kind))) for kind in CODES)
    assert not {one.code for one in findings(tmp_path, data)} & {*OPTIONAL_CODES}
    some = findings(tmp_path, data, severity=(("public-address", "error"),))
    assert {(one.code, one.severity) for one in some if one.code in OPTIONAL_CODES} == {("EGR006", "error")}


def test_arguments_parts_and_both_outputs_are_looked_through(tmp_path: Path) -> None:
    address = says("ip")
    part = {"role": "user", "content": [{"type": "text", "text": address}]}
    argument = orjson.dumps({"city": address}).decode()
    data = b"\n".join(
        [chat(part, ANSWER), tool_chat(ASK, call_turn(argument), turn("tool", "x", tool_call_id="call_1"))]
    )
    found = findings(tmp_path, data, severity=ALL_ON)
    assert [one[1:] for one in places(found) if one[0] == "EGR006"] == [
        (1, "$.messages[0].content[0].text"),
        (2, "$.messages[1].tool_calls[0].function.arguments"),
    ]
    outputs = pair([turn("assistant", address)], [turn("assistant", f"No: {address}")])
    assert [one.path for one in findings(tmp_path, outputs, severity=ALL_ON) if one.code == "EGR006"] == [
        "$.preferred_output[0].content",
        "$.non_preferred_output[0].content",
    ]


def test_a_key_whose_form_is_always_looked_for_is_told_once(tmp_path: Path) -> None:
    common = "AKIA" + "Q7ZX2LMP4VB5SKDT"
    found = findings(tmp_path, chat(ASK, turn("assistant", f"Use {common} here.")), severity=ALL_ON)
    assert [one.code for one in found] == ["EGR001"]
    found = findings(tmp_path, chat(ASK, turn("assistant", f"api_key: '{common}'")), severity=ALL_ON)
    assert [one.code for one in found] == ["EGR001"]
    rarer = "dckr_pat_" + "q7Zx0LmP2vB9sKd4TjW8nR5c"
    found = findings(tmp_path, chat(ASK, turn("assistant", f"Use {rarer} here.")), severity=ALL_ON)
    assert [one.code for one in found] == ["EGR007"]


PIECES = [*(says(kind) for kind in PRIVATE), "Plain words.", "1.2.3.4.5", "SSN", "password =", "\n", "\t", '"', "é 😀"]


@settings(max_examples=drawn(66, 200), deadline=None)
@given(st.lists(st.lists(st.sampled_from(PIECES), max_size=4).map(" ".join), min_size=1, max_size=5))
def test_what_is_found_is_what_redaction_finds(answers: list[str]) -> None:
    lines = [chat(ASK, turn("assistant", answer)) for answer in answers]
    found = {(one.line, one.code) for one in private_findings(lines, EVERYTHING)}
    expected = {
        (number, CODES[span.kind])
        for number, answer in enumerate(answers, start=1)
        for span in find_in(answer)
        if span.kind in CODES
    }
    assert found == expected
