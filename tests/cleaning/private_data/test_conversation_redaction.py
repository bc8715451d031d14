"""Placeholders: typed, numbered, the same for the same thing in every turn; JSON stays JSON."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.cleaning.private_data.test_find import NOT_PRIVATE
from tests.cleaning.private_data.test_suspects import PIECES
from tuneset.cleaning.private_data.conversation_redaction import redact_conversation
from tuneset.cleaning.private_data.detectors import kinds
from tuneset.cleaning.private_data.kinds import Policy, Rules

TEXT = st.lists(st.sampled_from([*PIECES, "<EMAIL_1>", "<PASSWORD_3>", "{", "}", "[", "]", ","]), max_size=10).map(
    "".join
)
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**20), 10**20)
    | st.floats(allow_nan=False, allow_infinity=False)
    | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=6,
)


def redacted(*texts: str) -> list[str]:
    return redact_conversation(texts, Rules()).texts


def test_clean_texts_stay_as_they_are() -> None:
    assert redacted(*NOT_PRIVATE) == NOT_PRIVATE


def test_one_person_has_one_placeholder_in_every_turn() -> None:
    first, second = redacted("I am Ann@acme.org, not bo@acme.org.", "ok, ann@acme.org")
    assert (first, second) == ("I am <EMAIL_1>, not <EMAIL_2>.", "ok, <EMAIL_1>")


def test_numbers_are_counted_kind_by_kind() -> None:
    assert redacted("ann@acme.org, 81.2.69.142") == ["<EMAIL_1>, <IP_1>"]


def test_a_placeholder_that_stood_there_keeps_its_number_to_itself() -> None:
    assert redacted("<EMAIL_3> wrote", "ann@acme.org") == ["<EMAIL_3> wrote", "<EMAIL_4>"]
    assert redacted(r'{"a":"\u003cEMAIL_7>"}', "ann@acme.org") == [r'{"a":"\u003cEMAIL_7>"}', "<EMAIL_8>"]


def test_tool_arguments_stay_json_inside_json() -> None:
    arguments = json.dumps({"to": "ann@acme.org", "card": 4012888888881881, "text": "call\n(415) 200-2671", "n": 1})
    calls = json.dumps([{"id": "call_1", "type": "function", "function": {"name": "mail", "arguments": arguments}}])
    prompt, written = redacted("mail ann@acme.org", calls)
    assert prompt == "mail <EMAIL_1>"
    (call,) = json.loads(written)
    assert call["id"] == "call_1"
    assert json.loads(call["function"]["arguments"]) == {
        "to": "<EMAIL_1>", "card": "<CARD_1>", "text": "call\n<PHONE_1>", "n": 1,
    }  # fmt: skip


def test_json_keeps_its_white_space_and_the_digits_of_its_numbers() -> None:
    text = '{ "n":1.50 ,"big": 123456789012345678901234567890,\n "to":"ann@acme.org"}'
    assert redacted(text) == [text.replace("ann@acme.org", "<EMAIL_1>")]


def test_the_key_of_a_json_value_is_its_context() -> None:
    assert redacted('{"password": "hunter2", "ssn": "536904399"}') == [
        '{"password": "<PASSWORD_1>", "ssn": "<NATIONAL_ID_1>"}'
    ]
    assert redacted('{"order": "hunter2", "lot": "536904399"}') == ['{"order": "hunter2", "lot": "536904399"}']


def test_the_key_of_one_object_is_no_context_of_the_next() -> None:
    text = '[{"password": "hunter2"}, "hunter3"]'
    assert redacted(text) == ['[{"password": "<PASSWORD_1>"}, "hunter3"]']


def test_a_picture_inside_json_is_left_alone() -> None:
    text = json.dumps(
        [{"type": "image_url", "image_url": {"url": "data:image/png;base64,AKIAQ7ZX2LMP4VB5SKDT/4012888888881881"}}]
    )
    assert redacted(text) == [text]


@pytest.mark.parametrize("policy", ["flag", "drop"])
def test_flag_and_drop_count_and_change_nothing(policy: Policy) -> None:
    result = redact_conversation(["ann@acme.org, ann@acme.org", "81.2.69.142"], Rules({"email": policy}))
    assert result.texts == ["ann@acme.org, ann@acme.org", "<IP_1>"]
    assert result.counts == {"email": 2, "ip": 1}


def test_off_is_neither_counted_nor_changed_and_shields_its_digits() -> None:
    result = redact_conversation(["card phone 4012 8888 8888 1881"], Rules({"card": "off"}))
    assert (result.texts, result.counts) == (["card phone 4012 8888 8888 1881"], {})


def test_groups_of_zero_skip_a_text() -> None:
    assert redact_conversation(["bo@acme.org", "ann@acme.org"], Rules(), [0, 1]).texts == ["bo@acme.org", "<EMAIL_1>"]


@given(st.lists(TEXT, max_size=4))
def test_redacting_twice_changes_nothing(texts: list[str]) -> None:
    once = redacted(*texts)
    again = redact_conversation(once, Rules())
    assert (again.texts, again.counts) == (once, {})


@given(JSON)
def test_json_stays_json_of_the_same_shape_and_is_at_rest(value: object) -> None:
    (written,) = redacted(json.dumps(value))
    parsed = json.loads(written) if isinstance(value, dict | list) else value
    assert type(parsed) is type(value)
    if isinstance(parsed, list) and isinstance(value, list):
        assert len(parsed) == len(value)
    assert redacted(written) == [written]


@given(st.lists(TEXT, max_size=3), st.sampled_from(kinds()))
def test_a_kind_switched_off_is_never_written(texts: list[str], kind: str) -> None:
    name = f"<{kind.upper()}_"
    result = redact_conversation(texts, Rules({kind: "off"}))
    assert sum(text.count(name) for text in result.texts) == sum(text.count(name) for text in texts)
