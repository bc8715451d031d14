"""gate: whether the written files hold what params.yaml asks of them.

The files are read again from scratch, by their own small reader: what made them is not trusted to judge them.
"""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

import orjson

from pipeline.params import GateParams

DIGEST_BYTES = 16  # two different prompts of a billion share one with a chance of 1e-21
SYSTEM_ROLES = ("system", "developer")


class Measured(NamedTuple):
    """What was found in the two files.

    Args:
        train_examples: lines of the training file.
        validation_examples: lines of the validation file.
        overlap: share of validation examples whose prompt is in training.
        near_overlap: share of validation examples that have a near duplicate in training; None where nobody looked.
    """

    train_examples: int
    validation_examples: int
    overlap: float
    near_overlap: float | None = None


@dataclasses.dataclass(frozen=True)
class Gate:
    """One threshold and how the data stands to it. `limit` is a maximum or a minimum, as `kind` says."""

    name: str
    value: float | None
    kind: str
    limit: float
    passed: bool
    remedy: str


def measure(train: Iterable[bytes], validation: Iterable[bytes]) -> Measured:
    """Measure the lines of both files."""
    return compare(digests(train), digests(validation))


def digests(lines: Iterable[bytes]) -> bytes:
    """The digests of what each line asks, one after the other, DIGEST_BYTES each."""
    return b"".join(map(prompt_digest, lines))


def compare(train: bytes, validation: bytes) -> Measured:
    """Hold the digests of both files against each other."""
    asked = [validation[start : start + DIGEST_BYTES] for start in range(0, len(validation), DIGEST_BYTES)]
    known = {train[start : start + DIGEST_BYTES] for start in range(0, len(train), DIGEST_BYTES)}
    shared = sum(digest in known for digest in asked)
    return Measured(len(train) // DIGEST_BYTES, len(asked), shared / len(asked) if asked else 0.0)


def prompt_digest(line: bytes) -> bytes:
    """A digest of what one line asks: all but system messages up to the last answer, case and white space folded.

    >>> a = prompt_digest(b'{"messages": [{"role": "user", "content": "Hi  there"}, {"role": "assistant"}]}')
    >>> a == prompt_digest(b'{"messages": [{"role": "user", "content": "hi there"}, {"role": "assistant"}]}')
    True
    """
    example = orjson.loads(line)
    pair = "preferred_output" in example
    messages = example["input"]["messages"] if pair else example["messages"]
    answers = [i for i, message in enumerate(messages) if message.get("role") == "assistant"]
    last = len(messages) if pair or not answers or messages[-1].get("role") == "user" else answers[-1]
    asked = [message for message in messages[:last] if message.get("role") not in SYSTEM_ROLES] or messages
    digest = hashlib.blake2b(digest_size=DIGEST_BYTES)
    for message in asked:
        digest.update("\x1f".join(_fields(message)).encode() + b"\x1e")
    return digest.digest()


def _fields(message: Mapping[str, Any]) -> list[str]:
    """What makes a message another one: role and folded text, and all else but weight and call id.

    >>> _fields({"role": "user", "content": "Hi  there", "weight": 1, "name": "Ann"})
    ['user', 'hi there', 'name="Ann"']
    """
    content = message.get("content")
    text = " ".join(content.lower().split()) if isinstance(content, str) else ""
    plain = {"role": str, "content": str, "weight": int, "tool_call_id": str}
    rest = [
        f"{key}={orjson.dumps(value).decode()}" for key, value in message.items() if type(value) is not plain.get(key)
    ]
    return [str(message.get("role")), text, *rest]


def evaluate(metrics: Mapping[str, Any], measured: Measured, params: GateParams) -> list[Gate]:
    """Hold metrics and files against the thresholds that are switched on.

    Raises AssertionError where the files hold other numbers of examples than the metrics say.
    """
    rows = metrics["rows"]
    if (measured.train_examples, measured.validation_examples) != (rows["train"], rows["validation"]):
        raise AssertionError("gate: the files hold other numbers of examples than metrics.json")
    rows_of = (
        (
            "max_drop_rate", rows["drop_rate"], "at most", params.max_drop_rate,
            "look at the reasons above, and at single rows with `tuneset explain FILE:LINE`",
        ),
        ("min_examples", measured.train_examples, "at least", params.min_examples, "providers refuse fewer: add data"),
        (
            "min_validation_examples", measured.validation_examples, "at least", params.min_validation_examples,
            "set split.validation to a number of examples, such as 5, or to a larger share; one group never divides",
        ),
        (
            "max_validation_overlap", measured.overlap, "at most", params.max_validation_overlap,
            "set split.group_by to prompt, or dedup.key to prompt",
        ),
        (
            "max_near_overlap", measured.near_overlap, "at most",
            None if measured.near_overlap is None else params.max_near_overlap,
            "lower dedup.near.threshold a little, or set dedup.near.permutations to 256",
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


def _holds(value: float | None, kind: str, limit: float) -> bool:
    """A value that nobody knows holds no limit.

    >>> _holds(3, "at least", 2), _holds(None, "at most", 2)
    (True, False)
    """
    if value is None:
        return False
    return value <= limit if kind == "at most" else value >= limit
