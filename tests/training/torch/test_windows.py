"""Windows: each learned piece is told once, with what stands before it, and no example sees another."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.endpoint.support import chat
from tuneset.training.chat_pieces import MAX_EXAMPLE_PIECES, encode_example
from tuneset.training.torch.windows import CONTEXT, FOLLOWED, STRIDE, Corpus, Window, followed, groups, window_start
from tuneset.training.vocabulary import make_encoding

ENCODING = make_encoding([])  # bytes alone


def told(example: dict[str, Any]) -> list[tuple[int, int]]:
    """Of each learned piece of an example where it stands, and where its window starts."""
    corpus = Corpus([chat("before", "another"), example, chat("after", "another")], ENCODING)
    pieces, _ = encode_example(example, ENCODING)
    found, start = [], 0
    for window in corpus.windows(1):
        while not np.array_equal(pieces[start : start + len(window.pieces)], window.pieces):
            start += STRIDE
        assert start < len(pieces)
        found += [(start + int(place), start) for place in np.flatnonzero(window.learned)]
    return found


@pytest.mark.parametrize(
    "length", [0, 1, CONTEXT - 12, CONTEXT - 11, CONTEXT - 10, CONTEXT, 3 * STRIDE, 5 * STRIDE + 7]
)
def test_each_learned_piece_is_told_once_and_where_it_will_be_asked_for(length: int) -> None:
    answer = "".join(chr(97 + number * number % 23) for number in range(length))
    example = chat("What is it?", answer)
    _, learned = encode_example(example, ENCODING)
    places = told(example)
    assert [place for place, _ in places] == np.flatnonzero(learned).tolist()
    assert [start for _, start in places] == [window_start(place) for place, _ in places]


def test_nothing_of_weight_zero_and_nothing_beyond_the_cut_is_told() -> None:
    quiet = chat("U", "A")
    quiet["messages"][1]["weight"] = 0
    corpus = Corpus([quiet, chat("U" * MAX_EXAMPLE_PIECES, "a"), chat("U", "a")], ENCODING)
    assert corpus.windows(0) == corpus.windows(1) == []
    assert corpus.learnable().tolist() == [2]


@given(st.lists(st.integers(0, 3), min_size=1, max_size=30))
def test_what_followed_is_what_a_reader_would_look_up(pieces: list[int]) -> None:
    wanted = []
    for place in range(len(pieces)):
        row = []
        for length in FOLLOWED:
            now = ([9] * length + pieces[: place + 1])[-length:]
            before = [at for at in range(place) if ([9] * length + pieces[: at + 1])[-length:] == now]
            row.append(pieces[before[-1] + 1] if before else 9)
        wanted.append(row)
    assert followed(np.array(pieces), 9).tolist() == wanted


@given(
    st.lists(st.lists(st.booleans(), min_size=1, max_size=9).filter(any), min_size=1, max_size=12), st.integers(1, 30)
)
def test_every_window_is_in_one_group_and_each_target_follows_on_its_input(marks: list[list[bool]], most: int) -> None:
    windows = []
    for number, learned in enumerate(marks):
        pieces = np.arange(100 * number, 100 * number + len(learned) + 1, dtype=np.uint16)
        windows.append(Window(pieces, np.array([False, *learned]), followed(pieces, 9)))
    made = groups(windows, most)
    assert sorted(int(one) for group in made for one in group.windows) == list(range(len(windows)))
    found = []
    for group in made:
        assert group.inputs.size <= most or len(group.windows) == 1
        assert (group.inputs.ravel()[group.places] + 1 == group.targets).all()
        assert (group.places // group.inputs.shape[1] == group.rows).all()
        found += group.targets.tolist()
    assert sorted(found) == sorted(int(one) for window in windows for one in window.pieces[window.learned])
