"""The optional rules on private data: they find what redaction finds, say where, and never show it."""

from pathlib import Path

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.private import PRIVATE, says
from tests.rules.support import context, findings, places
from tuneset.cleaning.private_data.find import find_private
from tuneset.cleaning.private_data.kinds import Kind
from tuneset.rules.engine.check_context import CHECK_FAMILIES
from tuneset.rules.families.egress import CLOSER_CODES, holds_secret
from tuneset.rules.families.private_data import closer_findings
from tuneset.rules.samples import ANSWER, ASK, call_turn, chat, pair, tool_chat, turn

ALL_ON = (("EGR005", "warning"), ("EGR006", "warning"), ("EGR007", "error"))
EVERYTHING = context(families=CHECK_FAMILIES, severity=dict(ALL_ON))
CODES: dict[Kind, str] = {
    "iban": "EGR005",
    "national_id": "EGR005",
    "ip": "EGR006",
    "url_credentials": "EGR007",
    "connection_string": "EGR007",
    "password": "EGR007",
    "api_key": "EGR007",
}
OWN = {"EGR001", "EGR002", "EGR003", "EGR004"}
"""Codes of the forms that are always looked for; the other codes here are those of the closer look."""


@pytest.mark.parametrize("kind", PRIVATE)
def test_each_kind_has_its_code_at_its_place_and_its_value_is_not_shown(kind: Kind, tmp_path: Path) -> None:
    data = b"\n".join([b"", chat(ASK, ANSWER), b"no json", chat(ASK, turn("assistant", says(kind)))])
    found = [one for one in findings(tmp_path, data, severity=ALL_ON) if one.code.startswith("EGR")]
    closer = [one for one in found if one.code not in OWN]
    assert places(closer) == ([(CODES[kind], 4, "$.messages[1].content")] if kind in CODES else [])
    assert [one.example for one in closer] == [2] * len(closer)
    assert found, "each kind is found by one rule or another"
    value = PRIVATE[kind][1]
    assert not any(part in f"{one.message} {one.hint}" for one in found for part in (value, value[:12], value[-12:]))


def test_they_are_off_until_asked_for(tmp_path: Path) -> None:
    data = b"\n".join(chat(ASK, turn("assistant", says(kind))) for kind in CODES)
    assert not {one.code for one in findings(tmp_path, data)} & {*CLOSER_CODES}
    some = findings(tmp_path, data, severity=(("public-address", "error"),))
    assert {(one.code, one.severity) for one in some if one.code in CLOSER_CODES} == {("EGR006", "error")}


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
    rarer = "dckr_pat_" + "q7Zx0LmP2vB9sKd4TjW8nR5c"
    found = findings(tmp_path, chat(ASK, turn("assistant", f"Use {rarer} here.")), severity=ALL_ON)
    assert [one.code for one in found] == ["EGR007"]


PIECES = [*(says(kind) for kind in PRIVATE), "Plain words.", "1.2.3.4.5", "SSN", "password =", "\n", "\t", '"', "é 😀"]


@settings(max_examples=200, deadline=None)
@given(st.lists(st.lists(st.sampled_from(PIECES), max_size=4).map(" ".join), min_size=1, max_size=5))
def test_what_is_found_is_what_redaction_finds(answers: list[str]) -> None:
    lines = [chat(ASK, turn("assistant", answer)) for answer in answers]
    found = {(one.line, one.code) for one in closer_findings(lines, EVERYTHING)}
    expected = {
        (number, CODES[span.kind])
        for number, answer in enumerate(answers, start=1)
        for span in find_private(answer)
        if span.kind in CODES and not (span.kind == "api_key" and holds_secret(answer))
    }
    assert found == expected
