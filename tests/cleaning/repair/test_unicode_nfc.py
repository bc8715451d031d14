"""Letters are put together in words; what NFC exchanges or takes apart stays, and letters that are the subject."""
# ruff: noqa: RUF001  characters that look like others are the subject

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tuneset.cleaning.repair.unicode_nfc import composed


@pytest.mark.parametrize(
    "text",
    [
        "'e\u0301'",
        "[a\u0300-\u036f]",
        "(?:ensi(?:o\u0301?|ó))",  # both ways to write one letter
        "\u212b = 1e-10 m, \u2126",  # signs of units
        "\u8c48 \uf900 \ufa19",  # Chinese characters that only look alike
        "\u2329x\u232a",
        "\u0958\u09df",  # NFC takes them apart
        "\u1004\u103a\u1037",  # it would only change the order
        "e\u0301",
        "a\u0300 a\u0301 a\u0302",
        "x\u20d7",
    ],
)
def test_what_is_meant_stays(text: str) -> None:
    assert composed(text) == text


@pytest.mark.parametrize("word", ["café", "Ångström", "Việt Nam", "한국어", "ガンダム", "সংযোগ", "έλα", "й это йод"])
def test_words_in_pieces_are_put_together(word: str) -> None:
    assert composed(unicodedata.normalize("NFD", f"{word} ok")) == f"{word} ok"


@given(st.text(st.sampled_from(list('aeо "[-ᄒ간\u0300\u0301\u0308\u09c7\u09be\u212b\u0958\uf900é1')), max_size=10))
def test_only_pieces_are_put_together(text: str) -> None:
    once = composed(text)
    assert composed(once) == once
    assert unicodedata.normalize("NFD", once) == unicodedata.normalize("NFD", text)
    assert len(once) <= len(text)
    for exchanged in "\u212b\u0958\uf900":
        assert once.count(exchanged) == text.count(exchanged)
