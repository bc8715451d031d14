"""What ftfy would change is never passed over, and nothing else is touched."""
# ruff: noqa: RUF001  characters that look like others are the subject

import ftfy
import polars as pl
import pytest
from ftfy.badness import BADNESS_RE, is_bad
from hypothesis import given
from hypothesis import strategies as st

from tuneset.cleaning.repair.affected_texts import not_ascii
from tuneset.cleaning.repair.mojibake import bad_pattern, repair_mojibake, undone

# Every character that ftfy's expression names, and what its classes without names may be.
ALPHABET = sorted({c for c in BADNESS_RE.pattern if not c.isascii()} | set("aZ.,? \t\n\r\x1c\x1f_5²½٣\u0301中"))
PIECES = st.text(st.sampled_from(ALPHABET), max_size=6) | st.text(max_size=4)
MISREAD = st.builds(
    lambda text, encoding: text.encode().decode(encoding),
    st.text(st.characters(codec="utf-8"), max_size=8),
    st.sampled_from(["latin-1", "cp437", "macroman", "iso8859-2"]),
)
TEXTS = st.lists(PIECES | MISREAD | st.sampled_from(["x" * 20, "schÃ¶n", "вЂ™"]), max_size=4).map("".join)


@pytest.mark.parametrize("text", ["", "plain", "schön", "L’été, 5 €", "Москва", "日本語", "²½ x_1", "naïve café"])
def test_what_ftfy_does_not_mind_is_no_suspect(text: str) -> None:
    assert not pl.Series([text]).str.contains(bad_pattern()).item()
    assert repair_mojibake(pl.Series([text])).item() == text


@pytest.mark.parametrize(
    ("damaged", "repaired"),
    [
        ("schÃ¶n", "schön"),
        ("Itâ€™s", "It’s"),
        ("Ã", "Ã"),
        ("voilÃ le travail", "voilà le travail"),
        ("naïve cafÃ©", "naïve café"),
    ],
)
def test_mojibake_is_repaired_as_ftfy_does(damaged: str, repaired: str) -> None:
    assert repair_mojibake(pl.Series([damaged])).item() == repaired == ftfy.fix_encoding(damaged)


def test_nulls_and_the_columns_name_stay() -> None:
    fixed = repair_mojibake(pl.Series("content", [None, "Ã¼", "ü", None]))
    assert (fixed.name, fixed.to_list()) == ("content", [None, "ü", "ü", None])
    assert not_ascii(pl.Series(["ü", "u", None])).to_list() == [True, False, None]


@given(TEXTS)
def test_the_translated_expression_matches_wherever_that_of_ftfy_does(text: str) -> None:
    if is_bad(text):
        assert pl.Series([text]).str.contains(bad_pattern()).item()


@given(st.lists(TEXTS | st.none(), max_size=4))
def test_nothing_that_would_be_changed_is_skipped(texts: list[str | None]) -> None:
    expected = [text if text is None or not is_bad(text) else undone(text) for text in texts]
    assert repair_mojibake(pl.Series(texts, dtype=pl.String)).to_list() == expected


@given(st.text(st.sampled_from(list("éüñßøłżčЖяλ日本語한국กข€—")), min_size=1, max_size=8))
def test_a_text_that_was_misread_as_a_whole_is_read_again(text: str) -> None:
    misread = f"Es heißt {text}, oder?".encode().decode("latin-1")
    assert undone(misread) in (f"Es heißt {text}, oder?", misread)


@pytest.mark.parametrize(
    "text",
    [
        "Müller appears as MÃ¼ller",
        "ł Ã© ü",  # outside of words
        'replace("Ã©", "é")',
        "\x80é\xff",  # as a table has them
        "ÀÁÂÃÄÅÆÇÈÉÊËÌÍÎÏÐÑÒÓÔÕÖ×ØÙÚÛÜÝÞß",
        "[a-z\x80-\xff]",
        "lost: \ufffdÃ©",
        "Andr\x82",  # the é of code page 437
    ],
)
def test_what_is_not_certain_stays(text: str) -> None:
    assert repair_mojibake(pl.Series([text])).item() == text


@pytest.mark.parametrize(("damaged", "repaired"), [("It\x92s", "It’s"), ("\x93Yes\x94, 5 \x80", "“Yes”, 5 €")])
def test_controls_that_stand_as_punctuation_are_that_of_windows(damaged: str, repaired: str) -> None:
    assert repair_mojibake(pl.Series([damaged])).item() == repaired
