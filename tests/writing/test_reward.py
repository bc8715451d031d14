"""The reward script grades as the grader's definition says, in every form in which it is called."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tuneset.graders import grader
from tuneset.writing.scripts import reward

SAME = {"type": "string_check", "input": "{{sample.output_text}}", "reference": "{{ item.reference_answer }}"}
ITEM = {"reference_answer": "Yes", "level": {"n": 2}}


@pytest.mark.parametrize(
    ("operation", "answer", "score"),
    [
        ("eq", "yes", 0.0),
        ("eq", "Yes", 1.0),
        ("ne", "Yes", 0.0),
        ("like", "Oh, Yes.", 1.0),
        ("like", "oh, yes.", 0.0),
        ("ilike", "oh, yes.", 1.0),
    ],
)
def test_texts_are_compared_as_the_operation_says(operation: str, answer: str, score: float) -> None:
    assert reward.grade({**SAME, "operation": operation}, reward.sample_of(answer), ITEM) == score


def test_graders_of_a_sum_are_weighed() -> None:
    python = {"type": "python", "source": "def grade(sample, item):\n    return item['level']['n'] / 4\n"}
    both = {
        "type": "multi",
        "graders": {"same": {**SAME, "operation": "eq"}, "level": python},
        "calculate_output": "0.5 * same + min(level, 1) / 2",
    }
    assert reward.grade(both, reward.sample_of("Yes"), ITEM) == 0.75


@pytest.mark.parametrize(
    "definition",
    [
        {"type": "score_model"},
        {"type": "multi", "graders": {}, "calculate_output": "__import__('os').getcwd()"},
    ],
)
def test_what_cannot_be_graded_here_is_refused(definition: dict[str, Any]) -> None:
    with pytest.raises(SystemExit, match=r"grader\.json"):
        reward.grade(definition, reward.sample_of("Yes"), ITEM)


PYTHON = {"type": "python", "source": "def grade(sample, item):\n    return sample['output_json']['n']\n"}
AT = {
    "type": "string_check",
    "operation": "eq",
    "input": "{{sample.output_json.list[0]}}",
    "reference": "{{ item.my col }}",
}


ODD_VALUES = (
    "float('nan')", "-float('inf')", "exit(3)", "10 ** 400", "len(sample['output_tools'])", "len(sample['choices'])",
    "'0.5'", "True", "None", "item['none']",
)  # fmt: skip
FORMULAS = ("a", "a ^ 2", "+a - 1", "exp(a)", "sqrt(a - 4)", "floor(a / 2)", "log(a) ^ 0.5", "1 / (a - 3)")


@pytest.mark.parametrize("answer", ["Yes", "7", "null", '{"n": 3, "list": ["Yes"]}', "STRASSE", "stra\u00dfe", ""])
@pytest.mark.parametrize(
    "definition",
    [
        *({**SAME, "name": "a", "operation": operation} for operation in ("eq", "ne", "like", "ilike")),
        {**AT, "name": "a"},
        {**PYTHON, "name": "a"},
        *(
            {"type": "python", "name": "a", "source": f"def grade(sample, item):\n    return {value}\n"}
            for value in ODD_VALUES
        ),
        {"type": "python", "name": "a", "source": "import nothing_of_that_name\n"},
        {"type": "python", "name": "a", "source": "score = 1\n"},
        *(
            {"type": "multi", "name": "m", "graders": {"a": {**PYTHON, "name": "a"}}, "calculate_output": formula}
            for formula in FORMULAS
        ),
    ],
)
def test_the_script_gives_the_score_that_the_graders_of_a_job_give(definition: dict[str, Any], answer: str) -> None:
    item = {"reference_answer": "strasse", "my col": "Yes"}
    ours = grader.grade_all(definition, [(grader.sample_of(answer), item)])[0].score
    assert reward.grade(definition, reward.sample_of(answer), item) == ours


def test_a_column_that_a_row_does_not_have_ends_the_training(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reward, "grader", lambda: {**SAME, "operation": "eq"})
    assert reward.reward(["Yes"], reference_answer=["Yes"]) == [1.0]
    with pytest.raises(SystemExit, match=r"a row has no item\.reference_answer"):
        reward.reward(["Yes"], reference_answer=[None], other=["Yes"])


def test_every_caller_gets_the_same_score_and_nothing_but_python_is_needed(tmp_path: Path) -> None:
    shutil.copy(reward.__file__, tmp_path / "reward.py")
    (tmp_path / "grader.json").write_text(json.dumps({**SAME, "name": "same", "operation": "eq"}))
    program = """
import json, reward
answers = [[{"role": "assistant", "content": "Yes"}], "No"]
trl = reward.reward(answers, reference_answer=["Yes", "Yes"])
verl = [reward.compute_score("d", text, "Yes", {"columns": '{"level": 2}'}) for text in ("Yes", "No")]
rows = [{"id": str(n), "messages": [{"role": "assistant", "content": t}], "reference_answer": "Yes"} for n, t in
        enumerate(("Yes", "No"))]
bedrock = [one["aggregate_reward_score"] for one in reward.lambda_handler(rows, None)]
print(json.dumps([trl, verl, bedrock]))
"""
    done = subprocess.run(
        [sys.executable, "-I", "-c", f"import sys; sys.path.insert(0, '.')\n{program}"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    assert json.loads(done.stdout) == [[1.0, 0.0]] * 3
