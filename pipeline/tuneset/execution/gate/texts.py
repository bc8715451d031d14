"""The texts by which the gate compares written examples: what was asked and what was answered, as text and as units.

System messages are left out: they say how to answer, and many rows share them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from tuneset.roles import SYSTEM_ROLES
from tuneset.similarity.common_pieces import Letters, letters_of
from tuneset.similarity.message_text import beside, spoken
from tuneset.similarity.ragged import Hashes, Positions, Ragged
from tuneset.similarity.shingles import Runs
from tuneset.similarity.words import Spans, fold_texts, unit_spans

BATCH_EXAMPLES, BATCH_BYTES = 384, 1 << 19  # looked at together: few enough for caches


class Said(NamedTuple):
    """The two sides of an example; of one without an answer the second is None.

    `beside` has for each side a number of the images and other parts that are no text, with the question the tools.
    """

    question: str
    answer: str | None
    beside: tuple[int, int] = (0, 0)


class Units(NamedTuple):
    """The units of a few examples.

    Args:
        first: the number of the first of them.
        sides: of the question and the answer of each in turn; of one without an answer the question stands for it.
        whole: of both together, with their places.
        runs: of these units in a row.
        beside: for each side the number of what is no text in it.
        ends: where in the text of `whole` each side ends.
        letters: of this text.
    """

    first: int
    sides: Ragged
    whole: Spans
    runs: Runs
    beside: Hashes
    ends: Positions
    letters: Letters


def said(example: Mapping[str, Any]) -> Said:
    r"""What an example asks, and its last answer; of a preference pair both answers.

    >>> said({"messages": [{"role": "user", "content": "q"}, {"role": "assistant", "content": "a"}]})
    Said(question='q', answer='a', beside=(0, 0))
    """
    pair = "preferred_output" in example
    messages = example["input"]["messages"] if pair else example["messages"]
    asked = [message for message in messages if message.get("role") not in SYSTEM_ROLES]
    outputs = [*example["preferred_output"], *example["non_preferred_output"]] if pair else []
    if not pair and asked and asked[-1].get("role") == "assistant":
        asked, outputs = asked[:-1], asked[-1:]
    tools = (example["input"] if pair else example).get("tools")
    (question, of_question), (answer, of_answer) = _side(asked, tools), _side(outputs)
    return Said(question, answer, (of_question, of_answer)) if outputs else Said(question, None, (of_question,) * 2)


def _side(messages: Sequence[Mapping[str, Any]], tools: object = None) -> tuple[str, int]:
    """The text of some messages, and the number of what is no text in them; mostly they are text and nothing else.

    >>> _side([{"content": "a"}]), _side([{"content": "a"}, {"tool_calls": [{"function": {"name": "b"}}]}])[1]
    (('a', 0), 0)
    """
    texts: list[str] = []
    for message in messages:
        content = message.get("content")
        if type(content) is not str or "tool_calls" in message:
            break
        texts.append(content)
    else:
        if tools is None:
            return "\n".join(texts), 0
    texts = [spoken(message.get("content"), message.get("tool_calls")) for message in messages]
    return "\n".join(texts), beside((message.get("content") for message in messages), tools)


def unit_batches(sides: Sequence[str], beside: Sequence[int] | None = None) -> Iterator[Units]:
    """Yield the units of examples, a few at a time, given the question and the answer of each in turn.

    >>> (batch,) = unit_batches(["a b", "c", "d", "d"])
    >>> batch.sides.counts.tolist(), batch.whole.units.counts.tolist()
    ([2, 1, 1, 1], [3, 2])
    """
    texts = fold_texts(sides)
    numbers = np.zeros(len(sides), np.uint64) if beside is None else np.array(beside, np.uint64)
    for first, stop in _batches([len(question) + len(answer) for question, answer in _twos(texts)]):
        spans = unit_spans(texts[2 * first : 2 * stop])
        units = spans.units
        whole = spans._replace(units=Ragged(units.values, units.starts[::2]), ends=spans.ends[1::2])
        beside_these = numbers[2 * first : 2 * stop]
        yield Units(first, units, whole, Runs(units.values), beside_these, spans.ends, letters_of(spans.raw))


def _twos(texts: Sequence[bytes]) -> Iterator[tuple[bytes, bytes]]:
    return zip(texts[::2], texts[1::2], strict=True)


def _batches(sizes: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Yield where batches begin and end, of up to BATCH_EXAMPLES and about BATCH_BYTES.

    >>> list(_batches([5, BATCH_BYTES, 7])), list(_batches([]))
    ([(0, 2), (2, 3)], [])
    """
    first, held = 0, 0
    for place, size in enumerate(sizes, start=1):
        held += size
        if held >= BATCH_BYTES or place - first == BATCH_EXAMPLES or place == len(sizes):
            yield first, place
            first, held = place, 0


def every_second(units: Ragged, start: int) -> Ragged:
    """The values of every second text, from `start` on.

    >>> every_second(Ragged(np.array([5, 6, 7], np.uint64), np.array([0, 1, 3])), 1).values.tolist()
    [6, 7]
    """
    counts = units.counts
    kept = np.zeros(len(counts), np.bool_)
    kept[start::2] = True
    return Ragged(units.values[np.repeat(kept, counts)], np.concatenate([[0], np.cumsum(counts[start::2])]))
