"""Which graders an evaluation takes, and what they see."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tuneset.errors import InputError
from tuneset.evaluation.cases import case_of
from tuneset.evaluation.scoring import BY_NAME, find_grader, scores

JUDGE = {"type": "score_model", "name": "judge", "model": "m", "input": [{"role": "user", "content": "x"}]}


@pytest.mark.parametrize("definition", [JUDGE, {"type": "string_check"}, [], "text_similarity"])
def test_a_file_without_a_grader_that_works_here_is_refused(tmp_path: Path, definition: object):
    (path := tmp_path / "grader.json").write_text(json.dumps(definition))
    with pytest.raises(InputError, match=r"grader\.json: "):
        find_grader(str(path))


def test_neither_a_name_nor_a_file_is_told_with_what_there_is():
    with pytest.raises(InputError, match="is no grader") as raised:
        find_grader("rouge")
    assert all(name in raised.value.allowed for name in BY_NAME)


def test_a_grader_sees_the_answer_the_reference_and_the_line(tmp_path: Path):
    said = [{"role": "user", "content": "a?"}, {"role": "assistant", "content": "Oslo is it"}]
    case = case_of({"messages": said, "city": "Oslo"})
    assert case is not None
    (path := tmp_path / "grader.json").write_text(
        '{"type": "string_check", "name": "c", "operation": "eq", "input": "{{sample.output_text}}",'
        ' "reference": "{{item.city}}"}'
    )
    by_file = scores(find_grader(str(path)), [case, case], [("Oslo", ()), ("Oslo is it", ())])
    assert [one.score for one in by_file] == [1.0, 0.0]
    assert [scores(find_grader(name), [case], [("Oslo is it", ())])[0].score for name in BY_NAME] == [1.0, 1.0]
