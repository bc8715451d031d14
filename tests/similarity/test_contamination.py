"""Which training texts hold an evaluation text, and which only look like it."""

from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.similarity import support
from tuneset.similarity.contamination import ANSWER_LEAST_UNITS, MOST_ITEMS, OVERLAPS_SCHEMA, index_evaluation, overlaps

QUESTION = "A train leaves the station at nine and travels for three hours at sixty kilometres an hour; how far is it?"
WORDS = [f"w{number}" for number in range(12)]
TEXTS = st.lists(st.lists(st.sampled_from(WORDS), max_size=20).map(" ".join), max_size=8)


def found(training: list[str], evaluation: list[str], least_share: float = 0.5) -> list[tuple[int, int, float]]:
    index = index_evaluation(pl.Series(evaluation, dtype=pl.String))
    return overlaps(pl.Series(training, dtype=pl.String), index, least_share).rows()


@pytest.mark.parametrize(
    "training",
    [
        "",
        "A train leaves the station at nine",
        "How far is it?",
        "At sixty kilometres an hour, how far does a train travel in three hours if it leaves the station at nine?",
        " ".join(reversed(QUESTION.split())),
    ],
)
def test_other_texts_on_the_same_subject_are_clean(training: str):
    assert found([training], [QUESTION]) == []


def test_no_evaluation_texts_match_nothing():
    assert found([QUESTION, ""], []) == []


def test_no_training_texts_match_nothing():
    assert overlaps(pl.Series([], dtype=pl.String), index_evaluation(pl.Series([QUESTION]))).schema == OVERLAPS_SCHEMA


def test_short_evaluation_texts_match_equal_texts_only():
    assert found(["what is two plus two exactly", "Two plus two", "what is two plus"], ["What is two plus two?"]) == []
    assert found(["what is two plus two"], ["What is two plus two?"]) == [(0, 0, 1.0)]


def test_texts_too_short_to_be_evidence_match_nothing():
    assert found(["Why?", "Why not?"], ["Why?", "Why not?"]) == []


def test_short_answers_are_left_out_by_their_own_floor():
    answers = pl.Series(["Paris", "yes it is", "It was founded in 1889 by a group of engineers from Lyon."])
    index = index_evaluation(answers, least_units=ANSWER_LEAST_UNITS)
    assert index.coverable.tolist() == [0, 0, 12]
    assert overlaps(answers, index).rows() == [(2, 2, 1.0)]


def test_the_question_itself_is_found_in_a_longer_text():
    training = f"Solve step by step. {QUESTION.upper()} Give the number only."
    assert found([training], ["What is the capital of France, and since when?", QUESTION]) == [(0, 1, 1.0)]


def test_one_changed_word_in_the_middle_costs_that_word():
    units = support.units(QUESTION)
    training = QUESTION.replace("travels", "runs")
    assert found([training], [QUESTION]) == [(0, 0, (len(units) - 1) / len(units))]


def test_the_evaluation_text_of_the_largest_share_is_named():
    longer = f"{QUESTION} Assume that it never stops on the way, and that the track is level."
    assert found([QUESTION], [longer, QUESTION]) == [(0, 1, 1.0)]


def test_of_equal_evaluation_texts_the_first_is_named():
    assert found([QUESTION], ["Is it?", QUESTION, QUESTION.lower()]) == [(0, 1, 1.0)]


def test_instructions_that_all_evaluation_texts_share_are_no_evidence():
    preamble = "The following is a multiple choice question; answer with the letter of the right choice."
    evaluation = [f"{preamble} {word} " + " ".join(f"{word}{i}" for i in range(9)) for word in WORDS]
    assert len(evaluation) > MOST_ITEMS
    clean = f"{preamble} " + " ".join(f"other{i}" for i in range(9))
    assert found([clean, evaluation[3]], evaluation) == [(1, 3, 1.0)]


def test_an_evaluation_text_of_nothing_but_shared_ngrams_is_still_found():
    evaluation = [QUESTION, *(f"{QUESTION} {word} {word}" for word in WORDS)]
    assert found([QUESTION], evaluation) == [(0, 0, 1.0)]


def test_characters_count_where_words_are_not_separated():
    question = "请问中国的首都是哪一座城市它有多少人口"
    assert found([f"你好 {question} 谢谢", question[::-1]], [question]) == [(0, 0, 1.0)]


def test_a_least_share_of_1_asks_for_all_of_it():
    training = QUESTION.replace("travels", "runs")
    assert found([training, QUESTION], [QUESTION], least_share=1.0) == [(1, 0, 1.0)]


@pytest.mark.slow
@given(TEXTS, TEXTS)
def test_shares_are_those_of_brute_force(training: list[str], evaluation: list[str]):
    index = index_evaluation(pl.Series(evaluation, dtype=pl.String), 3)
    got = overlaps(pl.Series(training, dtype=pl.String), index, 0.01).rows()
    expected = []
    for row, text in enumerate(training):
        best = (0.0, 0)
        ngrams = support.shingles(text, 3)
        for item, target in enumerate(evaluation):
            units = support.units(target)
            if len(units) < 3 or units in [support.units(other) for other in evaluation[:item]]:
                continue
            covered = {
                place + i
                for place in range(len(units) - 2)
                if tuple(units[place : place + 3]) in ngrams
                for i in range(3)
            }
            best = max(best, (len(covered) / len(units), -item))
        if best[0]:
            expected.append((row, -best[1], best[0]))
    assert got == expected
