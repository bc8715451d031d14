"""The fast search misses nothing that a detector would find."""

# ruff: noqa: E501  a table of pieces
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.text.redaction.detect import find_private
from pipeline.text.redaction.suspects import find_suspects
from tests.text.redaction.test_detect import PRIVATE

CLEAN = ["", "Nothing here.", "for key in keys: print(key)", "12 + 30 = 42", "def f(x): return x @ y", "token by token"]
PIECES = [
    "ann@acme.org", "%40acme.org", "+1 415 200 2671", "030/901820", "4012888888881881", "DE89370400440532013000", "81.2.69.142",
    "2a02:26f0::1", "AB 12 34 56 C", "RCCMNL83S18D969H", "131052-308T", "password", "api_key", "token", "secret", "=", ": ", '"', "'", "\\", " is ", "--",
    "hunter2x", "q7Zx0LmP2vB9sKd4TjW8", "sk-", "ghp_", "AKIA", "https://", "postgres://", "ann:", "@", "/", "?sig=", "&key=", "Password=", ";", "Server=x", "jdbc:mysql:",
    "\n", "\t", " ", "call", "SSN ", "phone ", ".", "é", "中", "-",
]  # fmt: skip


def groups_of(text: str) -> int:
    return int(find_suspects(pl.Series([text]))[0])


@pytest.mark.parametrize("text", CLEAN)
def test_a_clean_text_is_no_suspect(text: str) -> None:
    assert groups_of(text) == 0


def test_null_is_no_suspect() -> None:
    assert find_suspects(pl.Series([None, None], dtype=pl.String)).to_list() == [0, 0]


@pytest.mark.parametrize(("kind", "marked"), PRIVATE)
def test_every_kind_of_find_is_a_suspect_of_the_right_group(kind: str, marked: str) -> None:
    text = marked.replace("[", "", 1)
    text = text[: text.rindex("]")] + text[text.rindex("]") + 1 :]
    assert find_private(text, groups=groups_of(text)) == find_private(text)
    assert [span.kind for span in find_private(text)] == [kind]


@given(st.lists(st.sampled_from(PIECES), max_size=8).map("".join))
def test_the_groups_of_a_suspect_find_all_that_is_there(text: str) -> None:
    assert find_private(text, groups=groups_of(text)) == find_private(text)
