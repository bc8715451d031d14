"""What is warned of after a run, with what can be done about it; and what is not."""

from __future__ import annotations

import pytest

from tests.stages.test_report import ROWS, kept
from tuneset.params.split import SplitParams
from tuneset.stages.report_warnings import notable, short_sides


@pytest.mark.parametrize(("duplicates", "warned"), [(0, False), (3, False), (4, True), (9, True)])
def test_more_duplicates_than_the_set_share_are_warned_of(duplicates: int, warned: bool) -> None:
    found = notable({"dedup": {"rows_in": 10, "dropped": duplicates}}, kept(ROWS), 0.3, "prompt")
    text = (
        f"dedup dropped {duplicates}0% of the examples, more than dedup.warn_share allows (30%): "
        "is dedup.key the right one for this data?"
    )
    assert found == ([text] if warned else [])


@pytest.mark.parametrize(
    ("code", "knob"),
    [("DUP001", "dedup.key"), ("DUP002", "dedup.near.threshold"), ("DUP003", "dedup.evaluation")],
)
def test_the_warning_names_what_can_be_turned(code: str, knob: str) -> None:
    (found,) = notable({"dedup": {"rows_in": 9, "dropped": 5, f"dropped.{code}": 4}}, kept(ROWS), 0.3, "prompt")
    assert knob in found


def test_beginnings_of_longer_rows_are_no_loss() -> None:
    stats = {"dedup": {"rows_in": 10, "dropped": 9, "dropped.DUP004": 7}}
    assert notable(stats, kept(ROWS), 0.3, "prompt") == []


@pytest.mark.parametrize(
    ("validated", "warned"),
    [
        ({"rows_in": 4, "error.CNV005": 2}, None),
        ({"rows_in": 4, "error.TXT003": 4}, None),
        ({"rows_in": 4, "error.CNV005": 3}, "this is a set for reinforcement (tune.method: reinforcement)"),
        ({"rows_in": 4, "warning.CNV011": 2}, "validate.severity: {CODE: error} drops such rows"),
        ({"rows_in": 4, "warning.TXT003": 2}, "drop such rows with validate.severity: {TXT003: error}"),
    ],
)
def test_a_set_of_prompts_and_missing_values_are_told_with_their_remedy(
    validated: dict[str, int], warned: str | None
) -> None:
    found = notable({"validate": validated}, kept(ROWS), 0.3, "prompt")
    assert [sentence.endswith(warned or "") for sentence in found] == ([True] if warned else [])


def test_a_prompt_that_dominates_is_warned_of_where_it_decides_the_side() -> None:
    rows = [("train", 1, 1, "same")] * 3 + [("validation", 1, 1, "other")]
    assert notable({}, kept(rows), 0.3, "prompt") == [
        (
            "75% of the examples share one prompt and therefore all stay on one side: "
            "set split.group_by to messages if that is on purpose"
        )
    ]
    assert notable({}, kept(rows), 0.3, "messages") == []
    assert notable({}, kept(rows[1:] + rows[3:]), 0.3, "prompt") == []  # two of four are no majority
    assert notable({}, kept(rows[3:]), 0.3, "prompt") == []  # one example is no dataset


def test_an_empty_validation_file_is_warned_of() -> None:
    told = "no example is for validation: set split.validation to a number of examples, such as 5"
    for asked, found in ((0.1, [told]), (0.0, [])):
        assert short_sides({}, kept(ROWS[:2]), SplitParams(validation=asked)) == found


@pytest.mark.parametrize(
    ("got", "asked", "told"),
    [
        (0, {"validation": 0.0}, None),
        (5, {"validation": 0.1}, None),  # of some 10 that may be chance
        (30, {"validation": 0.5}, "validation has 30 of the 65 examples that split.validation asks for"),
        (64, {"validation": 0.5}, None),
        (10, {"validation": 30}, "validation has 10 of the 30 examples that split.validation asks for"),
    ],
)
def test_a_side_that_got_far_less_than_was_asked_for_is_told(
    got: int, asked: dict[str, float], told: str | None
) -> None:
    rows = [("validation", 1, 1, "a")] * got + [("train", 1, 1, "b")] * 100
    found = short_sides(
        {"joined_to_another_side": 7}, kept(rows), SplitParams.model_validate({"validation": 0.0} | asked)
    )
    assert [sentence.partition(":")[0] for sentence in found] == ([told] if told else [])
    assert all("7 stand elsewhere" in sentence for sentence in found)


@pytest.mark.parametrize(
    ("asked", "told"), [(0.0, None), (0.001, None), (0.02, "of 2 "), (0.3, "of 31 "), (7, "of 7 ")]
)
def test_an_empty_test_set_that_was_asked_for_is_told(asked: float, told: str | None) -> None:
    rows = [("validation", 1, 1, "a")] * 2 + [("train", 1, 1, "b")] * 100
    found = short_sides({}, kept(rows), SplitParams(validation=0.02, test=asked))
    assert len(found) == (told is not None)
    assert all(f"no example is in the test set, {told}that split.test asks for" in sentence for sentence in found)
