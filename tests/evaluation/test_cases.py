"""What of a chat line is asked, and which lines are."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tuneset.errors import InputError
from tuneset.evaluation.cases import case_of, choose, read_cases

USER, CALL = {"role": "user", "content": "a?"}, {"role": "assistant", "tool_calls": [{"id": "1"}]}


@pytest.mark.parametrize(
    "messages",
    [[], [USER], [{"role": "assistant", "content": "hi"}], [USER, CALL], [USER, {**CALL, "content": " "}], 7],
)
def test_a_line_without_an_answer_in_words_makes_no_case(messages: object):
    assert case_of({"messages": messages}) is None


def test_the_last_trained_answer_is_the_reference_and_weights_are_not_sent():
    first, bad = {"role": "assistant", "content": "b", "weight": 1}, {"role": "assistant", "content": "c", "weight": 0}
    case = case_of({"messages": [USER, first, USER, bad], "tools": [1]})
    assert case is not None
    assert (case.messages, case.reference, case.tools) == ((USER,), "b", {"tools": [1]})
    later = case_of({"messages": [USER, first, USER, {**bad, "weight": 1}]})
    assert later is not None
    assert later.messages == (USER, {"role": "assistant", "content": "b"}, USER)


def test_of_a_pair_of_preferences_the_preferred_answer_is_the_reference():
    good, bad = ([{"role": "assistant", "content": text}] for text in ("good", "bad"))
    case = case_of({"input": {"messages": [USER]}, "preferred_output": good, "non_preferred_output": bad})
    assert case is not None
    assert (case.messages, case.reference) == ((USER,), "good")


def test_a_file_says_where_it_is_no_json_and_how_much_is_left_out(tmp_path: Path):
    (path := tmp_path / "a.jsonl").write_text('\ufeff{"messages": []}\n\n{"messages":\n')
    with pytest.raises(InputError, match=r"a\.jsonl:3: is no JSON object"):
        read_cases(path)
    path.write_text('\ufeff{"messages": []}\n')
    assert read_cases(path) == ([], 1)


@given(st.permutations(range(12)), st.integers(0, 13), st.integers(0, 13), st.integers(0, 3))
def test_a_smaller_limit_takes_a_part_in_whatever_order_lines_stand(order: list[int], one: int, other: int, seed: int):
    def chosen(places: list[int], limit: int) -> set[str]:
        answers = [{"role": "assistant", "content": str(place)} for place in places]
        cases = [case for number, text in enumerate(answers) if (case := case_of({"messages": [USER, text]}, number))]
        return {case.reference for case in choose(cases, limit, seed)}

    few, many = sorted((one, other))
    assert chosen(order, few) <= chosen(sorted(order), many)
    assert len(chosen(order, many)) == min(many, 12)
