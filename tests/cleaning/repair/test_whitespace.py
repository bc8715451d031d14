"""Indentation, diffs and tables keep the white space that says something."""

import polars as pl
import pytest

from tuneset.cleaning.repair.whitespace import strip_white_space


def stripped(text: str) -> str:
    result: str = strip_white_space(pl.Series([text])).item()
    return result


@pytest.mark.parametrize(
    "text",
    [
        "    return x",
        "\tif err != nil {",
        "\u3000これは段落です。",
        " -q, --quiet   be quiet",  # one line of a help text
        "@@ -1,3 +1,3 @@\n a\n \n-b\n+c\n ",
        "name\tage\n\t\nAnn\t3",
        "name\tage\tcity\nAnn\t3\t",
        "\tname\tage\n1\tAnn\t3",
        "all:\n\tcc x.c\n\n\t@echo done",
        "a line  \nbroken in Markdown",
        "So:\n\n```python\nclass A:\n    x = 1\n    \n    def f(self): ...\n```",
        "~~~~\ncat <<EOF\n  \n```\n\t\nEOF\n~~~~\nand so on",
        "« Bonjour\u202f! »",
        " \t\n\r\x0b\x0c\x85\u2028\u2029",
    ],
)
def test_what_says_something_stays(text: str) -> None:
    assert stripped(text) == text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (" Paris\n", "Paris"),
        ("a\n   \nb", "a\n\nb"),
        ("x = 1\n\t\n\ty = 2\n\t", "x = 1\n\n\ty = 2"),
        ("+b\n  \n-c \n\n", "+b\n\n-c"),
        ("the end\x0c\n", "the end"),
        ("```\na\n \n```\n \nb\n```\nc\n \nd", "```\na\n \n```\n\nb\n```\nc\n\nd"),  # a fence that is not closed
        ("\n\n  code\n  more", "  code\n  more"),
    ],
)
def test_what_says_nothing_goes(text: str, expected: str) -> None:
    assert stripped(text) == expected
