"""Soft neighbours are those of plain TF-IDF."""

from __future__ import annotations

import collections
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tuneset.similarity import soft_neighbours
from tuneset.similarity.soft_neighbours import neighbours

TEXTS = st.lists(st.lists(st.sampled_from("abcdefg"), max_size=6).map(" ".join), min_size=1, max_size=6)


@given(TEXTS, TEXTS)
def test_cosines_are_those_of_counting_by_hand(texts: list[str], others: list[str]) -> None:
    every = [text.split() for text in (*texts, *others)]
    in_texts = collections.Counter(word for words in every for word in set(words))

    def weights(words: list[str]) -> dict[str, float]:
        often = collections.Counter(words)
        raw = {
            word: (1 + math.log(count)) * (1 + math.log((1 + len(every)) / (1 + in_texts[word])))
            for word, count in often.items()
        }
        length = math.sqrt(sum(weight**2 for weight in raw.values()))
        return {word: weight / length for word, weight in raw.items()}

    ours, theirs = [weights(text.split()) for text in texts], [weights(text.split()) for text in others]
    expected = [max(sum(w * b.get(word, 0) for word, w in a.items()) for b in theirs) for a in ours]
    assert np.allclose(neighbours(texts, others).cosines, expected)


def test_words_of_too_many_texts_tell_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(soft_neighbours, "MOST_TEXTS", 2)
    assert neighbours(["the lamp"], ["the chair", "the table"]).cosines.tolist() == [0.0]


def test_nothing_is_near_to_nothing() -> None:
    assert neighbours(["a"], []).cosines.tolist() == [0.0]
    assert neighbours([], ["a"]).nearest.tolist() == []
