"""Terms: the same for what a reader takes as the same, letters, digits and marks alone."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tuneset.endpoint.retrieval.terms import LONGEST, query_terms, terms


@pytest.mark.parametrize("text", ["", " \n", "'; -- \"*()^:{}", "\u2026\uff01\uff1f", "_ __", "\u30fb\u0e3f"])
def test_marks_are_no_terms(text: str) -> None:
    assert terms(text) == query_terms(text) == []


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Refunds", "refund"),
        ("CAFÉ", "cafe"),
        ("Straße", "STRASSE"),
        ("ﬁnal", "final"),
        ("\uff21\uff22\uff23\uff11", "abc1"),
        ("\u0435\u0301ж", "\u0435ж"),
        ("كِتَاب", "كتاب"),
        ("ガラス", "ｶﾞﾗｽ"),
    ],
)
def test_spellings_of_one_word_are_one_term(one: str, other: str) -> None:
    assert terms(one) == terms(other) != []


def test_vowel_signs_stay_in_their_words() -> None:
    assert terms("हिन्दी भाषा") == ["हिन्दी", "भाषा"]
    assert terms("ガラス") != terms("カラス")


@given(st.text())
def test_a_term_is_of_letters_digits_and_marks_and_short(text: str) -> None:
    for term in [*terms(text), *query_terms(text)]:
        assert 0 < len(term) <= LONGEST
        assert all(unicodedata.category(char)[0] in "LNM" for char in term)
        assert not any(char.isascii() and not char.isalnum() for char in term)


@given(st.text(alphabet="aZé 東京กาหันabs'\"-", max_size=30), st.text(max_size=10), st.text(max_size=10))
def test_a_word_of_a_text_is_found_in_it(word: str, before: str, after: str) -> None:
    assert set(query_terms(word)) <= set(terms(f"{before} {word} {after}"))
