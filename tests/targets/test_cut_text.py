"""A text that is cut ends with a whole character, and code that was closed is not left open."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.builders import chat, tables_of
from tuneset.stages.tokenize import Length, tokenize
from tuneset.targets.cut_text import cut_at
from tuneset.targets.target import Target

O200K = Target("o200k_base")
CHARACTERS = (
    *("a", " ", ".", "é", "中", "\n", "\r\n"),
    "e\u0301",  # an accent of its own
    "\U0001f468\u200d\U0001f469\u200d\U0001f467",  # a family
    "\U0001f44d\U0001f3fd",  # a thumb with a tone of skin
    "\u2764\ufe0f",  # a heart in colour
    "1\ufe0f\u20e3",  # a key with a digit
    "\U0001f1eb\U0001f1f7",  # a flag
    "\U0001f3f4\U000e0067\U000e0062\U000e007f",  # a flag of a region, by tags
    "\u0928\u093f",  # a syllable of Devanagari
)


@given(st.lists(st.sampled_from(CHARACTERS), max_size=12), st.integers(0, 40))
def test_what_is_left_of_a_text_is_whole_characters(characters: list[str], end: int) -> None:
    text = "".join(characters)
    left = cut_at(text, min(end, len(text)))
    assert text.startswith(left)
    assert left in {"".join(characters[:count]) for count in range(len(characters) + 1)}
    assert len(left) > end - len(max(CHARACTERS, key=len)) or len(left) == len(text)


@pytest.mark.parametrize("fence", ["```", "~~~~"])
@given(end=st.integers(0, 60))
def test_code_whose_fence_would_stay_open_is_left_out(fence: str, end: int) -> None:
    text = f"Do this:\n{fence}python\nprint('a')\n{fence}\nAnd then:\n{fence}\nls\n{fence}\nThat is all."
    left = cut_at(text, min(end, len(text)))
    assert text.startswith(left)
    assert left.count(fence) % 2 == 0


def test_code_that_is_open_in_the_text_itself_is_cut_anywhere() -> None:
    text = "Do this:\n```\nls -l"
    assert cut_at(text, 15) == text[:15]


@pytest.mark.parametrize(
    "answer", ["So: " + "\U0001f468\u200d\U0001f469\u200d\U0001f467" * 9, "So:\n```\nls\n```\nAnd so on."]
)
def test_an_answer_that_is_shortened_fits_and_ends_well(answer: str) -> None:
    whole = O200K.count_example(chat("q", answer)).tokens
    for less in range(1, 9):
        kept = tokenize(tables_of([chat("q", answer)]), Length(O200K, whole - less, "truncate")).tables
        (left,) = kept.messages["content"].to_list()[-1:]
        assert kept.examples["tokens"].to_list()[0] <= whole - less
        assert answer.startswith(left)
        assert cut_at(answer, len(left)) == left
