"""What asks the same whatever its punctuation, case, marks and width, and what does not, in several scripts."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tuneset.cleaning import question_folding
from tuneset.cleaning.question_folding import fold_question, fold_questions


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("C++", "C"),
        ("C++", "C#"),
        ("3 + 4", "3 - 4"),
        ("-5", "5"),
        ("5!", "5"),
        ("What is 12!?", "What is 12?"),
        ("3!=6", "3 6"),
        ("a != b", "a = b"),
        ("3.5", "35"),
        ("x_1", "x1"),
        ("\U0001f600", "\U0001f602"),
        ("?", "!"),
        ("now here", "nowhere"),
        ("\u0e21\u0e32", "\u0e21\u0e49\u0e32"),  # Thai: to come, horse; a tone
        ("\u0e04\u0e32\u0e22", "\u0e04\u0e48\u0e32\u0e22"),
        ("\u0915\u093f", "\u0915\u0940"),  # Devanagari: two vowels
        ("\u0995\u09bf", "\u0995\u09c1"),  # Bengali
        ("\u0b95\u0bbf", "\u0b95\u0bc1"),  # Tamil
        ("\u304b", "\u304c"),  # kana: ka, ga
        ("\u043c\u043e\u0439", "\u043c\u043e\u0438"),  # Cyrillic: my, of one and of many
        ("\ud55c\uad6d", "\ud56d\uad6d"),  # Hangul
        ("\u0622", "\u0627"),  # Arabic: alef with and without madda
    ],
)
def test_another_question_stays_another(one: str, other: str) -> None:
    assert fold_question(one) != fold_question(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("What is a list?", "what is a list"),
        ("What's up?!", "WHATS UP"),
        ("Happy 2024!", "happy 2024"),
        ("Is it room 12!!", "is it room 12"),
        ("Reset Router7!", "reset router7"),
        ("What\u2019s \u201cit\u201d\u2026", "What's it"),
        ("e-mail \u2013 or fax", "E mail or fax"),
        ("\u00c7a va, o\u00f9\u00a0?", "ca va ou"),
        ("\u00bfCu\u00e1ntos a\u00f1os tienes?", "cuantos anos tienes"),
        ("Stra\u00dfe", "STRASSE"),
        ("e\u0301te\u0301", "\u00e9t\u00e9"),
        ("\ufb01ne", "fine"),
        ("\uff37\uff48\uff41\uff54\uff1f", "what"),
        ("\uff76\uff9e", "\u30ac"),  # half-width kana
        ("\u4f60\u597d\uff0c\u4e16\u754c\uff01", "\u4f60\u597d \u4e16\u754c"),
        ("\u300c\u6771\u4eac\u300d\u306f\uff1f", "\u6771\u4eac\u306f"),
        ("\u0e14\u0e35 \u0e04\u0e23\u0e31\u0e1a", "\u0e14\u0e35\u0e04\u0e23\u0e31\u0e1a"),
        ("\u0915\u094d\u092f\u093e \u0939\u0948\u0964", "\u0915\u094d\u092f\u093e \u0939\u0948?"),
        ("\u0645\u064f\u062d\u064e\u0645\u0651\u064e\u062f\u061f", "\u0645\u062d\u0645\u062f"),
        ("\u05e9\u05c1\u05b8\u05dc\u05d5\u05b9\u05dd", "\u05e9\u05dc\u05d5\u05dd"),
        ("\u0427\u0442\u043e \u044d\u0442\u043e \u0451?", "\u0447\u0442\u043e \u044d\u0442\u043e \u0435"),
        ("\u03a4\u03af \u03b5\u03af\u03bd\u03b1\u03b9;", "\u03c4\u03b9 \u03b5\u03b9\u03bd\u03b1\u03b9"),
        ("\u03a3\u0391\u03a3", "\u03c3\u03b1\u03c2"),
        ("zero\u200bwidth \ufeffsoft\u00ad", "zerowidth soft"),
    ],
)  # fmt: skip
def test_punctuation_case_marks_and_width_make_no_other_question(one: str, other: str) -> None:
    assert fold_question(one) == fold_question(other)


@given(st.text("aB c-!.'1?=", max_size=12), st.text("\u00e9\u4e16\u0e32 .", max_size=4))
def test_the_way_of_ascii_is_that_of_all(text: str, wide: str) -> None:
    separated = f"{text} \u3002 z"  # punctuation beyond ASCII takes the other way
    assert fold_question(separated) == fold_question(f"{text} . z")
    assert fold_question(f"{text} {wide}") == fold_question(f"{text.upper()}  {wide} ")


@given(st.text(max_size=12))
def test_what_is_equal_to_unicode_is_equal_here(text: str) -> None:
    forms = [unicodedata.normalize(form, text) for form in ("NFC", "NFD", "NFKC", "NFKD")]
    assert len({fold_question(form) for form in forms}) == 1


@given(st.text(max_size=12))
def test_no_text_with_a_character_that_is_seen_is_folded_to_nothing(text: str) -> None:
    assert bool(fold_question(text)) == bool(text.split())


ASCII = st.text("aB9-!='` ?\n", max_size=12) | st.text(st.characters(max_codepoint=127))
TEXTS = st.lists(ASCII | st.text("\u00e9\u4e16\u0e32 .-!aB", max_size=4) | st.text(), max_size=9)


@given(TEXTS)
def test_many_texts_are_folded_as_one_by_one(texts: list[str]) -> None:
    assert fold_questions(texts) == [fold_question(text) for text in texts]


def test_where_many_texts_meet_nothing_is_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(question_folding, "_TEXTS_AT_ONCE", 3)
    texts = ["-a", "b-", "-", "--", "3!", "!", "=", "a!=b", "3!!", "", "\u00e9-", "a--b c -- d", "?!"]
    assert fold_questions(texts) == [fold_question(text) for text in texts]


@given(
    st.lists(
        st.sampled_from(["what", "Is", "room12", "x_1", "2024", "C++", "-2024", "été", "数字7"]), min_size=1, max_size=6
    ),
    st.sampled_from(["?", "!", "!!", "?!", ".", "…", "!!!", " ?", "。", "！"]),  # noqa: RUF001  full width
)
def test_a_mark_at_the_end_makes_no_other_question(words: list[str], mark: str) -> None:
    text = " ".join(words)
    assert fold_question(text + mark) == fold_question(text) == fold_questions([text + mark])[0]
