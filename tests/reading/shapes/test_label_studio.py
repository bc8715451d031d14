"""Of a task of Label Studio the text that counts is the answer: not one that was skipped, and none that is a guess."""

from typing import Any

import pytest

from tests.reading.shapes.reading import read, said
from tuneset.reading.shapes.base import ShapeError
from tuneset.reading.shapes.choose import choose, known_shapes, possible_shapes


def task(*annotations: dict[str, Any], **data: Any) -> dict[str, Any]:  # noqa: ANN401  any JSON value
    return {"id": 7, "data": {"prompt": "Which bus?", **data}, "annotations": list(annotations), "predictions": []}


def written(*texts: str, field: str = "answer", **more: Any) -> dict[str, Any]:  # noqa: ANN401  any JSON value
    result = [{"from_name": field, "type": "textarea", "value": {"text": list(texts)}}] if texts else []
    return {"id": 1, "result": result, **more}


@pytest.mark.parametrize(
    "record",
    [
        {"data": {"image": "/a.png"}, "annotations": [written("A cat.")]},
        {"data": {"prompt": "?"}, "annotations": "none"},
        {"data": {"prompt": "?"}, "annotations": [{"label": "good"}]},
        {"data": "Which bus?", "annotations": []},
    ],
)
def test_other_rows_with_such_keys_are_no_tasks(record: dict[str, Any]) -> None:
    shape = choose(record, possible_shapes(record, known_shapes("sft", None)))
    assert shape is None or shape.name != "label_studio"


@pytest.mark.parametrize(
    "annotations",
    [
        [written("The 7.")],
        [written("Dunno", was_cancelled=True), written("The 7.", was_cancelled=False)],
        [written(), written("The 7."), written("The 8.")],
        [written("The 8."), written("The 7.", ground_truth=True)],
    ],
)
def test_the_annotation_that_counts_is_the_answer(annotations: list[dict[str, Any]]) -> None:
    assert said(task(*annotations)) == [("user", "Which bus?"), ("assistant", "The 7.")]


@pytest.mark.parametrize(
    ("annotations", "code"),
    [
        ([], "CNV005"),
        ([written()], "CNV005"),
        ([{"result": [{"type": "choices", "value": {"choices": ["good"]}}]}], "CNV005"),
        ([written("Dunno", was_cancelled=True)], "LBL001"),
        ([{"result": [*written("The 7.")["result"], *written("Rude.", field="note")["result"]]}], "SHP004"),
    ],
)
def test_a_task_without_one_answer_is_told(annotations: list[dict[str, Any]], code: str) -> None:
    with pytest.raises(ShapeError) as caught:
        read(task(*annotations))
    assert caught.value.code == code


def test_text_beside_the_question_is_told() -> None:
    assert read(task(written("The 7."), notes="The annotator was in a hurry when this one was asked."))[1] == ["notes"]
