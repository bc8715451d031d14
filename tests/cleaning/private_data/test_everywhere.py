"""A value found once is that value everywhere in the conversation, and nothing else is."""

import html
import json
from collections.abc import Callable
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tuneset.cleaning.private_data.conversation_redaction import redact_conversation
from tuneset.cleaning.private_data.kinds import Rules

# What is found, and where its value is only a part of something else, or too short to be known again.
APART = [
    ("password: Tr0ub4dor&3", "xTr0ub4dor&3 and Tr0ub4dor&34"),
    ("password: 123456!", "123456 rows"),
    ("pin password: 482913", "row 482913 of 500000"),
    ("call +1 415 200 2671", "14152002671234 and 94152002671"),
    ("pay with 4012 8888 8888 1881", "94012888888881881 and 4012888888881881.5"),
    ("mail ann@acme.org", "joann@acme.org.uk-shop"),
]
SPELLINGS = [
    (
        "my password is Tr0ub4dor&3",
        "<PASSWORD_1>",
        ["Tr0ub4dor&3", "ssh: 'Tr0ub4dor&3' denied", "try Tr0ub4dor&3.", "mysql -pTr0ub4dor&3 -u root"],
    ),
    ("call me on 4152002671", "<PHONE_1>", ["row 4152002671", "415.200.2671", "+1 (415) 200-2671", "0014152002671"]),
    ("pay with 4012 8888 8888 1881", "<CARD_1>", ["order 4012888888881881", "id 4012-8888-8888-1881"]),
    ("my SSN is 536-90-4399", "<NATIONAL_ID_1>", ["part 536904399", "536 90 4399"]),
    ("mail ann@acme.org", "<EMAIL_1>", ["Message-ID: <ANN@acme.org>", "x://ann%40acme.org"]),
    ("the server is 81.2.69.142", "<IP_1>", ["version 81.2.69.142"]),
    ("open https://bob:Xk29vQz7@db.acme.org", "<URL_CREDENTIALS_1>", ["log in with Xk29vQz7", "bob:Xk29vQz7"]),
]


def redacted(*texts: str) -> list[str]:
    return redact_conversation(texts, Rules(), [511, *(0 for _ in texts[1:])]).texts


@pytest.mark.parametrize(("first", "second"), APART)
def test_what_only_holds_the_value_stays(first: str, second: str) -> None:
    assert redacted(first, second)[1] == second


@pytest.mark.parametrize("policy", ["off", "flag", "drop"])
def test_what_is_not_taken_out_is_not_taken_out_elsewhere(policy: str) -> None:
    texts = ["my password is Tr0ub4dor&3", "Tr0ub4dor&3"]
    assert redact_conversation(texts, Rules({"password": policy})).texts == texts  # type: ignore[dict-item]


@pytest.mark.parametrize(("first", "placeholder", "spellings"), SPELLINGS)
def test_a_value_is_known_again_in_every_spelling(first: str, placeholder: str, spellings: list[str]) -> None:
    for spelling in spellings:
        for later in (spelling, json.dumps({"note": spelling, "n": [1, spelling]})):
            one, two = redacted(first, later)
            assert placeholder in one
            assert placeholder in two, later
            assert not any(part in two for part in ("Tr0ub", "8888", "2671", "4399", "69.142", "Xk29", "cme.org")), two
    assert placeholder in redact_conversation([spellings[0], first], Rules()).texts[0]


def test_a_number_of_json_is_known_again() -> None:
    assert redacted("call me on 4152002671", '{"row": 4152002671, "n": 41520026710}')[1] == (
        '{"row": "<PHONE_1>", "n": 41520026710}'
    )


@given(st.text(st.characters(codec="ascii", categories=["Lu", "Ll", "Nd"]), min_size=8, max_size=20))
def test_a_password_that_was_taken_out_stands_nowhere_any_more(word: str) -> None:
    texts = redact_conversation(
        [f'password="{word}#7"', f"and {word}#7, {word}#7", json.dumps([f"{word}#7"])], Rules()
    ).texts
    if "<PASSWORD_1>" in texts[0]:
        assert all(f"{word}#7" not in text for text in texts)


SPELT: tuple[Callable[[str], str], ...] = (
    str,
    quote_plus,
    html.escape,
    lambda value: quote(value, safe=""),
    lambda value: json.dumps({"p": value}),
    lambda value: "log: " + json.dumps({"p": value}) + " end",
    lambda value: json.dumps({"arguments": json.dumps({"p": [value]})}),
)
"""How a value is written in a later turn: bare, in a URL, in HTML, in JSON, in JSON within text and within JSON."""


@given(
    st.text(st.sampled_from("aZ5k&#!%+=?;,|()[]{}<>$@"), min_size=6, max_size=12),
    st.sampled_from(SPELT),
    st.sampled_from(['"{}"', "({})", "[{}]", "see {}.", "{}"]),
)
@example("a&Z5<k#!", html.escape, "{}")
def test_a_password_is_known_again_however_a_later_turn_writes_it(
    word: str, spelt: Callable[[str], str], around: str
) -> None:
    value = f"k7{word}Q9"
    first, later = redacted(f'the password is "{value}"', around.format(spelt(value)))
    if first != 'the password is "<PASSWORD_1>"':
        return  # it looks like code or a template
    assert spelt(value).strip('{}"') not in later
    assert "<PASSWORD_1>" in later
    if spelt is str:
        assert later == around.format("<PASSWORD_1>")


@given(
    st.sampled_from(["(){}", "[]{}", "''", '""', "``", "<>"]),
    st.sampled_from([first for _, _, [first, *_] in SPELLINGS]),
)
def test_quotes_and_brackets_around_a_value_stay(pair: str, spelling: str) -> None:
    text = f"{pair[0]}ann@acme.org{pair[1]} {spelling}"
    assert redacted(text)[0].startswith(f"{pair[0]}<EMAIL_1>{pair[1]}")
