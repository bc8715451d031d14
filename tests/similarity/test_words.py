"""Which texts have the same units, and which must not."""

from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.similarity import support
from tuneset.similarity.words import folded_bytes, unit_hashes

# Surrogates are no text; beyond plane 1 the tables of the regular expressions and ours differ on purpose.
TEXTS = st.text(st.characters(exclude_categories=["Cs"], max_codepoint=0x1FFFF))


def hashes(text: str) -> list[int]:
    return [int(value) for value in unit_hashes(folded_bytes(pl.Series([text], dtype=pl.String))).values]


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("3 + 4", "3 - 4"),
        ("C", "C++"),
        ("sorting in C", "sorting in C#"),
        ("cost: $5", "cost: 5 €"),
        ("a bc", "ab c"),
        ("a b", "b a"),
        ("naive", "naïve"),
        ("well done \N{THUMBS UP SIGN}", "well done \N{THUMBS DOWN SIGN}"),
        ("12345678", "123456789"),
        ("x" * 8 + "y" * 8 + "a", "y" * 8 + "x" * 8 + "a"),
        ("x" * 100 + "a", "x" * 100 + "b"),
        ("x" * 64, "x" * 65),
        ("x_1", "x 1"),
    ],
)
def test_texts_that_mean_different_things_differ(left: str, right: str):
    assert hashes(left) != hashes(right)


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("Well, well!!", "well Well !!"),
        ("  a\n\tb ", "a b"),
        ("\u201cQuoted\u201d \u2013 it\u2019s", "quoted it's"),
        ("f(x)[1]", "f x 1"),
        ("\uff21\uff22\uff23 \uff11\uff12", "abc 12"),
        ("STRASSE ÄÖÜ", "strasse äöü"),
        ("e\u0301t\xe9", "\xe9t\xe9"),
        ("你好\uff0c世界\uff01", "你好 世界!"),
    ],
)
def test_case_spacing_quotes_and_compatibility_forms_do_not_matter(left: str, right: str):
    assert hashes(left) == hashes(right)


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("", 0),
        ("...\n(\"'),;:?", 0),
        ("一二三", 3),
        ("使用Python的list", 5),
        ("ラーメンを食べる", 8),
        ("ภาษาไทย", 7),
        ("안녕하세요 세계", 2),
        ("नमस्ते दुनिया", 2),
        ("Привет, мир", 2),
        ("𠀀𠀁", 2),
        ("\U000f0000 \u200b", 0),
    ],
)
def test_a_unit_is_a_word_or_a_character_of_a_script_without_spaces(text: str, count: int):
    assert len(hashes(text)) == count


@given(st.lists(TEXTS, max_size=6))
def test_units_are_those_of_a_regular_expression(texts: list[str]):
    found = unit_hashes(folded_bytes(pl.Series(texts, dtype=pl.String)))
    expected = [support.units(text) for text in texts]
    assert found.counts.tolist() == [len(units) for units in expected]
    names: dict[str, int] = {}
    for unit, value in zip([unit for units in expected for unit in units], found.values.tolist(), strict=True):
        assert names.setdefault(unit, value) == value
    assert len(set(names.values())) == len(names)


@given(st.lists(TEXTS | st.none(), max_size=6))
def test_a_text_has_the_same_units_in_any_company(texts: list[str | None]):
    together = unit_hashes(folded_bytes(pl.Series(texts, dtype=pl.String)))
    assert together.values.tolist() == [unit for text in texts for unit in hashes(text or "")]
