"""Two answers in two columns, and a third that says which is the better one: sets of safety and of arenas.

Which answer a word means is certain only for the numbers and names of the two columns; a tie is told, and so is any
other word.
"""

from __future__ import annotations

from functools import partial

from tuneset.json_text import JsonValue
from tuneset.reading.shapes.answer_pairs import read_answers
from tuneset.reading.shapes.base import ASK, REPLY, WORSE, Record, Shape, Shaped, ShapeError

_PAIRS = (
    ("response_0", "response_1"),
    ("response_a", "response_b"),
    ("answer_0", "answer_1"),
    ("answer_a", "answer_b"),
    ("output_1", "output_2"),
    ("completion_a", "completion_b"),
    ("conversation_a", "conversation_b"),
)
_DECIDERS = ("better_response_id", "winner", "preference", "preferred", "better", "chosen_response", "choice")
_MODELS = ("model_a", "model_b")


def read_ranked(record: Record, answers: tuple[str, str], decider: str) -> Shaped:
    """The pair as chosen and rejected, with what else the row holds."""
    better = _better(record[decider], answers)
    rest = {name: value for name, value in record.items() if name not in (*answers, decider)}
    worse = answers[1 - answers.index(better)]
    return read_answers({**rest, "chosen": record[better], "rejected": record[worse]}, "chosen", "rejected")


def _better(said: JsonValue, answers: tuple[str, str]) -> str:
    """The column of the better answer.

    >>> _better(1, ("response_0", "response_1")), _better("Model_A", ("conversation_a", "conversation_b"))
    ('response_1', 'conversation_a')
    """
    word = str(said).strip().casefold()
    for place, column in enumerate(answers):
        mark = column.rpartition("_")[2]
        if type(said) is not bool and word in (column, mark, _MODELS[place], f"{column.partition('_')[0]} {mark}"):
            return column
    what = (
        "a tie" if word.startswith("tie") or word in ("both", "equal", "neither") else "no word for one of the answers"
    )
    raise ShapeError(f"which answer is better is {what}", "SHP009")


def _shape(answers: tuple[str, str], decider: str) -> Shape:
    mark = answers[0].rpartition("_")[2]
    spoken = answers[0].startswith("conversation")
    said = {
        name: [ASK, text] if spoken else text["content"] for name, text in zip(answers, (REPLY, WORSE), strict=True)
    }
    return Shape(
        "ranked_answers",
        "dpo",
        frozenset((*answers, decider)),
        partial(read_ranked, answers=answers, decider=decider),
        raw={**({} if spoken else {"prompt": ASK["content"]}), **said, decider: mark},
        example={"input": {"messages": [ASK]}, "preferred_output": [REPLY], "non_preferred_output": [WORSE]},
        asks=not spoken,
    )


RANKED_ANSWERS = tuple(_shape(answers, decider) for answers in _PAIRS for decider in _DECIDERS)
