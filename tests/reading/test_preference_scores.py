"""Pairs whose own scores do not say that the better answer is better are told; other numbers say nothing."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tuneset.params import IngestParams
from tuneset.reading.preference_scores import against
from tuneset.reading.records import Records
from tuneset.stages.ingest import ingest

NAMES = (
    *(("score_chosen", "score_rejected"), ("chosen_score", "rejected_score"), ("chosen-rating", "rejected-rating")),
    *(
        ("chosen_avg_rating", "rejected_avg_rating"),
        ("rewardChosen", "rewardRejected"),
        ("Chosen Score", "rejected score"),
    ),
)
PAIR = {"prompt": "Is it open?", "chosen": "Yes.", "rejected": "No."}


@pytest.mark.parametrize(
    "beside",
    [
        {"chosen_rank": 1, "rejected_rank": 2},
        {"score": 3},
        {"score_chosen": 3},
        {"score_chosen": "good", "score_rejected": "good"},
        {"score_chosen": True, "score_rejected": True},
        {"score_chosen": "nan", "score_rejected": "nan"},
        {"chosen_model": "a", "rejected_model": "a"},
        {"scored_chosen": 1, "scored_rejected": 1},
        *(
            {f"chosen_{of}": 1, f"rejected_{of}": 4}
            for of in ("toxicity_score", "length_score", "score_count", "rating_std", "perplexity_score", "score_rank")
        ),
        {"safety_score_chosen": 1, "safety_score_rejected": 1},
        {"chosen_score": 2, "rejected_score": 1, "chosen_avg_rating": 3, "rejected_avg_rating": 3},
        {"chosen_avg_rating": 3, "rejected_avg_rating": 3, "chosen_score": 2, "rejected_score": 1},
    ],
)
def test_other_columns_say_nothing_of_a_pair(beside: dict[str, Any]) -> None:
    assert against({**PAIR, **beside}) is None


@pytest.mark.parametrize("names", NAMES)
@given(scores=st.tuples(st.integers(-3, 3), st.integers(-3, 3)), as_text=st.booleans())
def test_a_pair_stays_where_its_better_answer_has_the_higher_score(
    names: tuple[str, str], scores: tuple[int, int], *, as_text: bool
) -> None:
    held = {name: f"{score}.0" if as_text else score for name, score in zip(names, scores, strict=True)}
    assert (against({**PAIR, **held}) is None) is (scores[0] > scores[1])


def test_pairs_that_their_scores_are_against_are_dropped_unless_such_rows_are_kept() -> None:
    rows = [{**PAIR, "score_chosen": score, "score_rejected": 3} for score in (3, 2, 4)]
    records = Records([1, 2, 3], [0, 0, 0], rows)
    result = ingest(records, "a.jsonl", IngestParams(), "dpo")
    assert (result.rejects["line"].to_list(), result.rejects["code"].to_list()) == ([1, 2], ["LBL001"] * 2)
    assert ingest(records, "a.jsonl", IngestParams(labelled_bad="keep"), "dpo").rejects.is_empty()
