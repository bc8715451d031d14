"""Metrics of similarity: their bounds, their symmetry, and values worked out by hand."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tuneset.graders.text_similarity import METRICS, common_length, similarity

TEXTS = st.text(st.sampled_from("ab é日. "), max_size=12)


@given(TEXTS, TEXTS, st.sampled_from(sorted(METRICS)))
def test_every_metric_stays_between_0_and_1_and_the_same_text_has_1(text: str, other: str, metric: str) -> None:
    assert 0 <= similarity(metric, text, other) <= 1
    longest = text + " one two three four five six seven eight"
    assert similarity(metric, longest, longest) == pytest.approx(1)


@given(st.text("abc", max_size=7), st.text("abc", max_size=7))
def test_the_common_subsequence_is_the_longest(first: str, second: str) -> None:
    def within(part: tuple[str, ...], text: str) -> bool:
        left = iter(text)
        return all(sign in left for sign in part)

    lengths = [n for n in range(len(first) + 1) if any(within(p, second) for p in itertools.combinations(first, n))]
    assert common_length(first, second) == max(lengths)


@pytest.mark.parametrize(
    ("metric", "text", "reference", "score"),
    [
        ("fuzzy_match", "this is a test", "this is a test!", 28 / 29),
        ("rouge_1", "the cat sat", "the cat lay down", 4 / 7),
        ("rouge_2", "the cat sat", "the cat lay down", 2 / 5),
        ("rouge_l", "police killed the gunman", "police kill the gunman", 0.75),
        ("gleu", "the cat", "the cat sat", 3 / 6),
        ("bleu", "the cat", "a dog", 0),
        ("bleu", "the cat sat on the mat", "the cat sat on the mat", 1),
        ("meteor", "the cat", "dog", 0),
        ("meteor", "a b", "b a", 0.5),
    ],
)
def test_values_worked_out_by_hand(metric: str, text: str, reference: str, score: float) -> None:
    assert similarity(metric, text, reference) == pytest.approx(score)
