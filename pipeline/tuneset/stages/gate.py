"""gate: whether the written files hold what params.yaml asks of them.

The files are read again from scratch, by their own small reader: what made them is not trusted to judge them.
"""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import orjson

from tuneset.cleaning.folding import fold
from tuneset.cleaning.question_folding import fold_questions
from tuneset.drop_reasons import CONVERSATION_PART, CONVERSATION_PREFIX
from tuneset.params import GateParams
from tuneset.roles import SYSTEM_ROLES
from tuneset.similarity.message_text import text_alone

DIGEST_BYTES = 16  # two different prompts of a billion share one with a chance of 1e-21
_PLAIN = {"role": str, "content": str, "weight": int, "tool_call_id": str}


class Measured(NamedTuple):
    """What was found in the two files.

    Args:
        train_examples: lines of the training file.
        validation_examples: lines of the validation file.
        leaks: by the names of LEAKS, the share of validation examples; None or absent where nobody looked.
        sample: by the same names a few line numbers, in the validation and in the training file, to look at.
    """

    train_examples: int
    validation_examples: int
    leaks: Mapping[str, float | None] = {}
    sample: Mapping[str, Sequence[tuple[int, int]]] = {}


class Leak(NamedTuple):
    """One measure of what validation has in common with training.

    Args:
        name: in `gate.json` and the report.
        gate: its limit in the params.
        meaning: what is true of the validation examples that are counted.
        remedy: what to do where there are too many.
    """

    name: str
    gate: str
    meaning: str
    remedy: str


_LOOK = "look at the rows that gate.json names; set split.group_by to a column that they share"
LEAKS = (
    Leak(
        "equal_prompt", "max_validation_overlap", "the prompt stands in training",
        "set split.group_by to prompt, or dedup.key to prompt",
    ),
    Leak(
        "near", "max_near_overlap", "a near duplicate, prompt and answer",
        "lower dedup.near.threshold a little, or set dedup.near.permutations to 256",
    ),
    Leak(
        "beginning", "max_prefix_overlap", "the conversation begins one of training, or goes on from one",
        "set dedup.prefixes to longest or together, and split.group_by to conversation",
    ),
    Leak(
        "last_exchange", "max_pair_overlap", "the last question with its answer stands in training",
        "set split.group_by to a column that names the conversation, the session or the customer",
    ),
    Leak("equal_answer", "max_answer_overlap", "the last answer stands in training", _LOOK),
    Leak("near_prompt", "max_near_prompt_overlap", "training has nearly the same prompt", _LOOK),
    Leak("near_answer", "max_near_answer_overlap", "training has nearly the same answer", _LOOK),
    Leak("words_13", "max_words_overlap", "13 words in a row stand in training (GPT-3)", _LOOK),
    Leak(
        "characters_50", "max_characters_overlap", "one of three pieces of 50 characters stands in training (GPT-4)",
        _LOOK,
    ),
)  # fmt: skip
"""All measures. Those that are certainly leaks come first; of the others the params have no limit by default."""


@dataclasses.dataclass(frozen=True)
class Gate:
    """One threshold and how the data stands to it. `limit` is a maximum or a minimum, as `kind` says."""

    name: str
    value: float | None
    kind: str
    limit: float
    passed: bool
    remedy: str


def equal_prompts(train: Sequence[int], digests: bytes, validation: bytes) -> dict[int, int]:
    """The lines of validation whose prompts, given by digests, stand in training, each with a line of it; from 1.

    `train` are some rows of the training file, from 0, and `digests` theirs.

    >>> a, b = b"a" * DIGEST_BYTES, b"b" * DIGEST_BYTES
    >>> equal_prompts([7, 9], a + a, b + a)
    {2: 8}
    """
    asked = set(_cut(validation))
    known: dict[bytes, int] = {}
    for row, digest in zip(train, _cut(digests), strict=True):
        if digest in asked:
            known.setdefault(digest, row)
    return {line: known[digest] + 1 for line, digest in enumerate(_cut(validation), start=1) if digest in known}


def _cut(digests: bytes) -> Iterator[bytes]:
    """Yield digests that stand one after the other."""
    return (digests[start : start + DIGEST_BYTES] for start in range(0, len(digests), DIGEST_BYTES))


def prompt_digests(examples: Sequence[Mapping[str, Any]]) -> list[bytes]:
    """A digest of what each example asks: all but system messages up to the last answer, as `fold_question` folds it.

    >>> texts = ("Hi,  there!", "hi there")
    >>> a, b = prompt_digests([{"messages": [{"role": "user", "content": text}]} for text in texts])
    >>> a == b
    True
    """
    asked = [_asked(example) for example in examples]
    questions = iter(fold_questions([_said(one) for messages, are_asked in asked if are_asked for one in messages]))
    digests = []
    for messages, are_asked in asked:
        fields = [_fields(one, next(questions) if are_asked else fold(_said(one))) for one in messages]
        text = b"".join([b"\x1f".join(of_one) + b"\x1e" for of_one in fields])
        digests.append(hashlib.blake2b(text, digest_size=DIGEST_BYTES).digest())
    return digests


def _said(message: Mapping[str, Any]) -> str:
    """The content of a message where it is text, or parts that are text and nothing else."""
    content = message.get("content")
    return content if isinstance(content, str) else text_alone(content) or ""


def _asked(example: Mapping[str, Any]) -> tuple[list[Mapping[str, Any]], bool]:
    """The messages that are the prompt of an example; all of them, and no, where it asks nothing."""
    pair = "preferred_output" in example
    messages: list[Mapping[str, Any]] = example["input"]["messages"] if pair else example["messages"]
    roles = [message.get("role") for message in messages]
    answered = not pair and "assistant" in roles and roles[-1] != "user"
    last = len(roles) - 1 - roles[::-1].index("assistant") if answered else len(roles)
    asked = [message for message, role in zip(messages[:last], roles, strict=False) if role not in SYSTEM_ROLES]
    return (asked, True) if asked else (messages, False)


def asked_text(example: Mapping[str, Any]) -> str:
    r"""The messages of a prompt that are text, one a line; examples of one digest have some that fold to the same.

    >>> asked_text({"messages": [{"role": "user", "content": text} for text in "pq"]})
    'p\nq'
    """
    asked, are_asked = _asked(example)
    return "\n".join(map(_said, asked)) if are_asked else ""


def _fields(message: Mapping[str, Any], text: bytes) -> list[bytes]:
    """What makes a message another one: role and its text as folded, and all else but weight and call id.

    >>> _fields({"role": "user", "content": "Hi,  there", "weight": 1, "name": "Ann"}, b"hi there")
    [b'user', b'hi there', b'name="Ann"']
    """
    role, content = message.get("role"), message.get("content")
    if len(message) == 2 and type(role) is str and type(content) is str:
        return [role.encode(), text]
    rest = [
        f"{key}=".encode() + orjson.dumps(value)
        for key, value in message.items()
        if type(value) is not _PLAIN.get(key) and not (key == "content" and text_alone(value) is not None)
    ]
    return [str(role).encode(), text, *rest]


def evaluate(metrics: Mapping[str, Any], measured: Measured, params: GateParams) -> list[Gate]:
    """Hold metrics and files against the thresholds that are switched on.

    Raises AssertionError where the files hold other numbers of examples than the metrics say.
    """
    rows = metrics["rows"]
    if (measured.train_examples, measured.validation_examples) != (rows["train"], rows["validation"]):
        raise AssertionError("gate: the files hold other numbers of examples than metrics.json")
    rows_of = (
        (
            "max_drop_rate", _drop_rate(rows), "at most", params.max_drop_rate,
            "look at the reasons above, and at single rows with `tuneset explain FILE:LINE`",
        ),
        (
            "min_examples", measured.train_examples + measured.validation_examples, "at least", params.min_examples,
            "providers refuse fewer: add data",
        ),
        (
            "min_validation_examples", measured.validation_examples, "at least", params.min_validation_examples,
            "set split.validation to a number of examples, such as 5, or to a larger share; one group never divides",
        ),
        *(
            (leak.gate, value, "at most", None if value is None else getattr(params, leak.gate), leak.remedy)
            for leak in LEAKS
            for value in (measured.leaks.get(leak.name),)
        ),
        (
            "require_exact_tokens", metrics.get("tokens", {}).get("estimated_examples"), "at most",
            0 if params.require_exact_tokens else None,
            "set target.model to the model's own files; tokens.estimated_because in metrics.json has the reasons",
        ),
        (
            "min_trained_share", metrics.get("target", {}).get("trained_share"), "at least", params.min_trained_share,
            "set target.model; look with `tuneset mask` at what is trained, and shorten what is not",
        ),
        (
            "max_truncated_answers", metrics.get("target", {}).get("truncated_answers"), "at most",
            params.max_truncated_answers,
            "set target.model; raise target.sequence_length or tokenize.max_tokens, or shorten the examples",
        ),
        (
            "max_cost_usd", metrics["cost"]["estimate_usd"], "at most", params.max_cost_usd,
            "fewer epochs, fewer examples, or a cheaper model",
        ),
    )  # fmt: skip
    return [
        Gate(name, value, kind, limit, _holds(value, kind, limit), remedy)
        for name, value, kind, limit, remedy in rows_of
        if limit is not None
    ]


def _drop_rate(rows: Mapping[str, Any]) -> float:
    """The share of rows that were dropped, without those that stand whole in a longer row: nothing of them is lost.

    >>> _drop_rate({"read": 8, "dropped": 6, "drop_rate": 0.75, "dropped_by_code": {"DUP004": 5, "DUP001": 1}})
    0.125
    """
    by_code = rows.get("dropped_by_code", {})
    rate: float = rows["drop_rate"]
    if CONVERSATION_PREFIX in by_code:
        rate -= by_code[CONVERSATION_PREFIX] / (rows["read"] - by_code.get(CONVERSATION_PART, 0))
    return round(max(rate, 0.0), 6)


def _holds(value: float | None, kind: str, limit: float) -> bool:
    """A value that nobody knows holds no limit.

    >>> _holds(3, "at least", 2), _holds(None, "at most", 2)
    (True, False)
    """
    if value is None:
        return False
    return value <= limit if kind == "at most" else value >= limit
