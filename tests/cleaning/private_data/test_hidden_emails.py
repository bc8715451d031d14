"""An address that is hidden from programs, by brackets or by marks that nobody sees, is found as the plain one is."""

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tuneset.cleaning.private_data.email import emails
from tuneset.cleaning.private_data.find import find_private
from tuneset.cleaning.private_data.suspects import find_suspects

ADDRESSES = ("ann@acme.org", "bo.lee@mail.acme.de", "j+x@acme.co.uk")
AT = ("(at)", " (at) ", "[AT]", " [ at ] ", "{at}", "(@)")
DOT = (".", " [dot] ", "(dot)", " (DOT) ", "[.]")
UNSEEN = ("\u00ad", "\u200b", "\u200c", "\u200d", "\u2060", "\ufeff")


def found(text: str) -> list[tuple[str, str]]:
    return [(text[span.start : span.end], span.value) for span in emails(text)]


@given(st.sampled_from(ADDRESSES), st.sampled_from(AT), st.sampled_from(DOT))
def test_brackets_around_its_marks_hide_no_address(address: str, at: str, dot: str) -> None:
    hidden = address.replace("@", at).replace(".", dot)
    text = f"Write to {hidden}, please."
    assert found(text) == [(hidden, address)]
    assert find_suspects(pl.Series([text])).item() > 0


@given(st.sampled_from(ADDRESSES), st.data())
def test_marks_that_nobody_sees_hide_no_address(address: str, data: st.DataObject) -> None:
    marks = data.draw(st.lists(st.sampled_from(("", *UNSEEN)), min_size=len(address) - 1, max_size=len(address) - 1))
    hidden = "".join(letter + mark for letter, mark in zip(address, [*marks, ""], strict=True))
    text = f"Write to {hidden}, please."
    assert found(text) == [(hidden, address)]
    assert [span.kind for span in find_private(text)] == ["email"]
    assert find_suspects(pl.Series([text])).item() > 0


@pytest.mark.parametrize(
    "text",
    [
        "Meet me (at) noon.",
        "values[at].append(1)",
        "ann at acme dot org",
        "user (at) example.com",
        "x[at] y.z",
        "We met (at) the office. Nobody came.",
        "call f(at)g.run(x)",
        "name (at) host.unknown",
        "@\u200beveryone",
    ],
)
def test_words_and_code_are_no_hidden_address(text: str) -> None:
    assert found(text) == []
