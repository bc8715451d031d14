"""What cannot be graded scores 0 and says why; the rest scores as the protocol's reference says."""

from __future__ import annotations

from typing import Any

import httpx2
import pytest

from tuneset.graders import ask_server as server
from tuneset.graders.definition import definition_fault
from tuneset.graders.grader import Definition, Grade, grade_all, sample_of
from tuneset.graders.score_model import Ask

ANSWER = sample_of("It is Oslo")


def grade(definition: Definition, sample: dict[str, Any], item: dict[str, Any], ask: Ask | None = None) -> Grade:
    """The grade of one answer."""
    return grade_all(definition, [(sample, item)], ask)[0]


def check(operation: str, reference: str = "{{ item.city }}") -> dict[str, Any]:
    return {
        "type": "string_check",
        "name": "a",
        "operation": operation,
        "input": "{{sample.output_text}}",
        "reference": reference,
    }


def test_a_column_that_is_not_there_scores_nothing_and_is_named() -> None:
    assert grade(check("eq"), ANSWER, {"town": "Oslo"}) == Grade(0.0, "there is no item.city")


@pytest.mark.parametrize(
    ("operation", "reference", "score"),
    [
        ("eq", "it is oslo", 0),
        ("eq", "It is Oslo", 1),
        ("ne", "x", 1),
        ("like", "oslo", 0),
        ("like", "Oslo", 1),
        ("ilike", "OSLO", 1),
    ],
)
def test_texts_are_compared_as_the_operation_says(operation: str, reference: str, score: int) -> None:
    assert grade(check(operation, reference), ANSWER, {}).score == score


def test_the_parts_of_a_multi_grader_are_told_and_a_fault_of_one_is_its_fault() -> None:
    both = {
        "type": "multi",
        "name": "m",
        "graders": {"a": check("like", "Oslo"), "b": check("eq")},
        "calculate_output": "0.5 * a + b",
    }
    good, bad = grade_all(both, [(ANSWER, {"city": "x"}), (ANSWER, {})])
    assert (good.score, good.parts["a"].score, good.error) == (0.5, 1.0, None)
    assert (bad.score, bad.error) == (0.0, "b: there is no item.city")
    by_zero = grade(both | {"calculate_output": "a / b"}, ANSWER, {"city": "x"})
    assert by_zero.error == "calculate_output has no value here (ZeroDivisionError)"


def test_a_judge_is_asked_with_the_row_and_its_number_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "FIRST_WAIT_S", 0.0)
    asked, busy = [], [503]

    def handle(request: httpx2.Request) -> httpx2.Response:
        if busy:
            return httpx2.Response(busy.pop())
        asked.append(request.read().decode())
        return httpx2.Response(200, json={"choices": [{"message": {"content": 'Well: {"steps": [], "result": 3}'}}]})

    judge = {
        "type": "score_model", "name": "j", "model": "m", "range": [0, 4],
        "sampling_params": {"seed": 7, "max_completions_tokens": 9},
        "input": [
            {"role": "user", "content": {"type": "input_text", "text": "Grade {{sample.output_text}}, {{item.city}}"}}
        ],
    }  # fmt: skip
    ask = server.ask_server("http://judge/v1/", "sk-secret", httpx2.MockTransport(handle))
    assert grade(judge, ANSWER, {"city": "Oslo"}, ask) == Grade(3.0)
    assert '"Grade It is Oslo, Oslo"' in asked[0]
    assert '"seed":7' in asked[0]
    assert '"max_completion_tokens":9' in asked[0]
    assert (
        grade(judge | {"range": [0, 1]}, ANSWER, {"city": ""}, ask).error
        == "the judging model said a number outside of 0 to 1"
    )
    assert grade(judge, ANSWER, {"city": ""}).error == "no server is named that could be asked"
    refused = server.ask_server("http://judge/v1", None, httpx2.MockTransport(lambda _: httpx2.Response(401)))
    assert (
        grade(judge, ANSWER, {"city": ""}, refused).error == "the server of the judging model answers with status 401"
    )


@pytest.mark.parametrize(
    ("definition", "fault"),
    [
        (7, "grader: not as the grader reference of the protocol has it"),
        (check("same"), "operation: not as the grader reference of the protocol has it"),
        ({"type": "text_similarity", "name": "t", "input": "", "reference": "", "evaluation_metric": "cosine"},
         "evaluation_metric: cosine needs a model of embeddings, which is not here; fuzzy_match and others are"),
        ({"type": "python", "name": "p", "source": "def grade(:"}, "source: it is no Python, at line 1"),
        ({"type": "python", "name": "p", "source": "#" * 300_000}, "source: it has more than 262,144 bytes"),
        ({"type": "multi", "name": "m", "graders": {"a": check("eq")}, "calculate_output": "a + c"},
         "calculate_output: it names what is no grader of this one"),
        ({"type": "multi", "name": "m", "graders": {"a": check("is")}, "calculate_output": "a"},
         "graders.a.operation: not as the grader reference of the protocol has it"),
        ({"type": "score_model", "name": "j", "model": "m", "input": [{"role": "user", "content": ""}]},
         "type: no server is named at which the model of a score_model grader can be asked"),
        (check("eq"), None),
    ],
)  # fmt: skip
def test_a_definition_that_cannot_be_used_is_told_with_its_place(definition: object, fault: str | None) -> None:
    assert definition_fault(definition, judged=False) == fault
