"""Tasks of Label Studio with the text that an annotator wrote: a question in `data`, its answer in `annotations`.

Read is the annotation that is marked as ground truth, else the first one that was not skipped and has a text. Choices,
spans and ratings are no answers in words; a task with several fields of text does not say which is the answer, and is
told. Source: Label Studio documentation, JSON format of exported tasks (as of 2026-11).
"""

from __future__ import annotations

from typing import Any

from tuneset.json_text import JsonValue
from tuneset.reading.shapes.base import ASK, REPLY, Record, Shape, Shaped, ShapeError, others

_ASKED = ("prompt", "question", "instruction", "query", "text", "input")
_FIELDS = "annotations: a person wrote into several fields; say which is what with ingest.mapping"


def read_task(record: Record) -> Shaped:
    """The question and what was written; other columns of `data` are told like those of any row."""
    data = record["data"]
    asked = next(name for name in _ASKED if type(data.get(name)) is str)
    answer = _answer(record["annotations"])
    messages = [{"role": "user", "content": data[asked]}, {"role": "assistant", "content": answer}]
    beside = {name: value for name, value in data.items() if name != asked}
    return {"messages": messages}, {**(others(record, ("data", "annotations")) or {}), **beside} or None


def _answer(annotations: list[dict[str, Any]]) -> str:
    """The text of the annotation that counts. Raises ShapeError where there is none, or several fields of one."""
    skipped = [one for one in annotations if one.get("was_cancelled") is True]
    written = [(one, _texts(one.get("result"))) for one in annotations if one not in skipped]
    written = [(one, texts) for one, texts in written if texts]
    if not written and skipped:
        raise ShapeError("annotations.was_cancelled says that the answer is bad: the annotator skipped it", "LBL001")
    if not written:
        raise ShapeError("annotations: no annotator has written a text", "CNV005")
    texts = next((texts for one, texts in written if one.get("ground_truth") is True), written[0][1])
    if len(texts) > 1:
        raise ShapeError(_FIELDS)
    return next(iter(texts.values()))


def _texts(result: JsonValue) -> dict[str, str]:
    """What was written into each field.

    >>> _texts([{"from_name": "a", "type": "textarea", "value": {"text": ["Yes."]}}, {"type": "choices", "value": {}}])
    {'a': 'Yes.'}
    """
    found: dict[str, str] = {}
    for region in result if type(result) is list else ():
        if type(region) is not dict or region.get("type") != "textarea" or type(region.get("value")) is not dict:
            continue
        text = region["value"].get("text")
        lines = [text] if type(text) is str else text if type(text) is list else []
        joined = "\n".join(line for line in lines if type(line) is str)
        if joined.strip():
            found[str(region.get("from_name"))] = joined
    return found


def _fits(record: Record) -> bool:
    data, annotations = record["data"], record["annotations"]
    if type(data) is not dict or type(annotations) is not list:
        return False
    if not all(type(one) is dict and type(one.get("result")) is list for one in annotations):
        return False
    return any(type(data.get(name)) is str for name in _ASKED)


LABEL_STUDIO = Shape(
    "label_studio",
    "sft",
    frozenset(("data", "annotations")),
    read_task,
    raw={
        "id": 1,
        "data": {"prompt": ASK["content"]},
        "annotations": [
            {
                "was_cancelled": False,
                "result": [{"from_name": "answer", "type": "textarea", "value": {"text": [REPLY["content"]]}}],
            }
        ],
    },
    example={"messages": [ASK, REPLY]},
    fits=_fits,
)
