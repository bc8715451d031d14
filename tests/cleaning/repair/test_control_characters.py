"""Control characters that are data or meant stay; what terminals were sent is as they show it."""
# ruff: noqa: RUF001  characters that look like others are the subject

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tuneset.cleaning.repair.control_characters import without_control_characters
from tuneset.cleaning.repair.invisible import without_marks
from tuneset.cleaning.repair.terminal import as_shown


@pytest.mark.parametrize(
    "text",
    [
        "\x03\x02\x16\x05\x16\xb0\n\x16",  # written by a program
        "\x00 \r\n\x85\u2028\u2029",  # a list of what ends a line
        " \t\n\r\x0b\x0c",
        "8=FIX.4.2\x019=65\x0135=D\x01",
        "normal \x01\nlet rel = 1",  # a key in an editor's macro
        "[\x01-\x1f]",
        "Andr\x82 x",
        "\x1b$BJ8\x1b(B",  # Japanese in ISO-2022
        "feed('\x1b[A')",
        'Use "\x1b[31m" for red and `\x1b[0m` to end it.',
        "the key is '\x08'",
        "\u1780\u200b\u1781",
        "@\u200beveryone",
        "`\u200b``",
        "👩\u200d👩\u200d👧 می\u200cخواهم",
    ],
)
def test_what_is_meant_stays(text: str) -> None:
    assert without_control_characters(text) == text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[1;31mError\x1b[0m: no", "Error: no"),
        ("\x1b]0;title\x07$ ls", "$ ls"),
        ("\x1b]8;;https://a.org\x1b\\here\x1b]8;;\x1b\\", "here"),
        ("\x01\x1b[32m\x02$\x01\x1b[0m\x02 ls", "$ ls"),
        ("one\x1b[5Ctwo", "one     two"),
        ("one\x1b[Htwo", "one\ntwo"),
        ("\x1b[2K\x1b[1Gdone", "done"),
        ("bold\x1b(B\x1b[m", "bold"),
        ("N\bNA\bAM\bME\bE", "NAME"),
        ("_\bf_\bi_\bl_\be", "file"),
        ("+\bo an item", "o an item"),
        ("10%\b\b\b20%", "20%"),
        ("page one\n\x0cpage two", "page one\n\npage two"),
        ("page one\n\x0c\npage two", "page one\n\npage two"),
        ("a line\x0banother", "a line\nanother"),
        ("infor\x02mation", "information"),
        ("the end\x1a", "the end"),
        ("d\x00a\x00t\x00a\x00", "data"),
        ("name\x00\x00\x00value\x00", "name value"),
    ],
)
def test_it_is_written_as_it_shows(text: str, shown: str) -> None:
    assert without_control_characters(text) == shown


@given(
    st.text(
        st.sampled_from(list('aA1 _\n"[\x00\x01\x02\x03\x07\b\x0b\x0c\x1b[;m\x1e\x7f\x85\x9b\u2028\u200b\ufeff\x1b')),
        max_size=14,
    )
)
def test_a_second_run_changes_nothing(text: str) -> None:
    once = without_control_characters(text)
    assert without_control_characters(once) == once
    assert as_shown(as_shown(text)) == as_shown(text)


@given(st.text(st.sampled_from(list("aб1 .\n@`\u1780\u0e01日\u200b\ufeff")), max_size=10))
def test_marks_stay_beside_scripts_without_spaces(text: str) -> None:
    kept = without_marks(text)
    assert kept.replace("\u200b", "").replace("\ufeff", "") == text.replace("\u200b", "").replace("\ufeff", "")
    for script in "\u1780\u0e01日":
        assert kept.count(f"{script}\u200b{script}") == text.count(f"{script}\u200b{script}")
