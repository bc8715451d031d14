"""What spans the examples of a file or of several: counts, sizes, duplicates, contradictions, overlap."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from tuneset.rules.context import Context
from tuneset.rules.engine.sorted_findings import Group
from tuneset.rules.issue import Issue, issue
from tuneset.rules.rule import Rule, Sample
from tuneset.rules.samples import ANSWER, ASK, GOOD_CHAT, chat, turn

_SFT_GUIDE = "OpenAI supervised fine-tuning guide"
_SEEN = dt.date(2026, 11, 20)
_LINE = chat(ASK, ANSWER)
_OTHER = chat(turn("user", "What is the capital of Peru?"), turn("assistant", "Lima."))
_TEN = [chat(turn("user", f"What is {number} plus 1?"), turn("assistant", f"{number + 1}.")) for number in range(10)]


def _says(text: str) -> bytes:
    return chat(ASK, turn("assistant", text))


LINE, WHOLE, PROMPT = 0, 1, 2
"""Columns of the keys that `scan` gives: the line, the hash of the example, the hash of its prompt."""
_VALIDATION_NAME = re.compile(r"(^|[^a-z])(val|valid|validation|eval|dev|test)([^a-z]|$)")

Keys = npt.NDArray[np.uint64]

RULES = (
    Rule(
        "DAT001", "too-few-examples", "error", "The file has fewer examples than the provider takes.",
        "'Training file has 7 example(s), but must have at least 10 examples.'",
        "OpenAI error text (invalid_n_examples)", _SEEN,
        Sample(_LINE, line=0), Sample(b"\n".join(_TEN)),
    ),
    Rule(
        "DAT002", "too-many-examples", "error", "The file has more examples than the provider takes.",
        "The job is refused.",
        "OpenAI reinforcement guide (50,000), Fireworks documentation (3 million)", _SEEN,
        Sample(b"", line=0, name="50,001 reinforcement prompts"), GOOD_CHAT,
    ),
    Rule(
        "DAT003", "file-too-large", "error", "The file has more bytes than the provider takes.",
        "The upload is refused.",
        "OpenAI API specification, POST /files (512 MB) and POST /uploads (8 GB)", dt.date(2026, 8, 21),
        Sample(b"", line=0, name="a file of more than 8 GiB"), GOOD_CHAT,
    ),
    Rule(
        "DAT004", "duplicate-example", "warning", "The example stands in the file already.",
        "It is paid for and learnt twice.",
        "openai-python lib/_validators.py", _SEEN,
        Sample(_LINE + b"\n" + _OTHER + b"\n" + _LINE, line=3), Sample(_LINE + b"\n" + _OTHER),
    ),
    Rule(
        "DAT005", "contradictory-answers", "warning", "The same prompt has another answer earlier in the file.",
        "The model learns to guess between them; where variety is wanted, switch this rule off.",
        "oumi dataset tests; Kiln dataset tools", _SEEN,
        Sample(_LINE + b"\n" + _says("Lyon."), line=2), Sample(_LINE + b"\n" + _OTHER),
    ),
    Rule(
        "DAT006", "train-validation-overlap", "error", "The example stands in another file of this run as well.",
        "The same data must not be in the training and the validation file: the loss would flatter.",
        _SFT_GUIDE, _SEEN,
        Sample(_LINE, validation=_LINE), Sample(_LINE, validation=_OTHER),
    ),
    Rule(
        "DAT007", "prompt-in-other-file", "warning",
        "The prompt stands in another file of this run, with another answer.",
        "The validation loss is measured on what was trained on, at least in part.",
        _SFT_GUIDE, _SEEN,
        Sample(_LINE, validation=_says("Lyon.")), Sample(_LINE, validation=_OTHER),
    ),
)  # fmt: skip


def size_issues(name: str, examples: int, with_images: int, size: int, context: Context) -> Iterator[Issue]:
    """Yield what is wrong with the number of examples and of bytes of a file called `name`."""
    limit = context.profile.limit
    least = limit("min_examples")
    if least and examples < least and not is_validation_name(name):
        said = f"{examples} example{'s' if examples != 1 else ''}; allowed: at least {least:.0f}"
        yield issue("DAT001", None, said, "add examples")
    most = limit(f"max_examples_{context.format}") or limit("max_examples")
    if most and examples > most:
        yield issue("DAT002", None, f"{examples} examples; allowed: at most {most:.0f}", "take a sample of them")
    images = limit("max_image_examples")
    if images and with_images > images:
        said = f"{with_images} examples with images; allowed: at most {images:.0f}"
        yield issue("VIS009", None, said, "take a sample of them")
    largest = max(limit("file_bytes") or 0, limit("upload_bytes") or 0)
    if largest and size > largest:
        yield issue("DAT003", None, f"{size} bytes; allowed: at most {largest:.0f}", "split the file, or shorten it")


def is_validation_name(name: str) -> bool:
    """Whether a file's name says that it holds validation examples, of which there may be few.

    >>> is_validation_name("my_val-1.jsonl"), is_validation_name("medieval.jsonl")
    (True, False)
    """
    return _VALIDATION_NAME.search(name.lower()) is not None


def repeated(keys: Keys, context: Context) -> Iterator[Group]:
    """Yield the examples that stand in the file already, and the prompts that had another answer.

    `keys` has one row an example, in their order.
    """
    order = np.arange(len(keys))
    first_whole = _first_of(keys[:, WHOLE])
    copies = first_whole != order
    if context.on("DAT004"):
        said = "the same example as in line {}"
        yield _group("DAT004", said, "keep one of them", keys, copies, context, first_whole)
    # A preference may share its prompt with others: each compares other answers, or judges one.
    if context.on("DAT005") and context.format not in ("dpo", "kto"):
        first_prompt = _first_of(keys[:, PROMPT])
        said = "the prompt of line {} with another answer"
        hint = "keep the right answer; where both are wanted, switch the rule off"
        yield _group("DAT005", said, hint, keys, ~copies & (first_prompt != order), context, first_prompt)


def overlaps(keys: Keys, earlier: Sequence[tuple[str, Keys]], context: Context) -> Iterator[Group]:
    """Yield the examples and the prompts of a file that stand in one of the files before it as well."""
    seen_whole = np.zeros(len(keys), dtype=bool)
    seen_prompt = np.zeros(len(keys), dtype=bool)
    for name, other in earlier:
        whole = np.isin(keys[:, WHOLE], other[:, WHOLE]) & ~seen_whole
        prompt = np.isin(keys[:, PROMPT], other[:, PROMPT]) & ~seen_prompt & ~seen_whole & ~whole
        shown = name.replace("{", "{{").replace("}", "}}")
        for code, found, said in (
            ("DAT006", whole, f"the same example stands in {shown}"),
            ("DAT007", prompt, f"the same prompt stands in {shown}, with another answer"),
        ):
            if context.on(code):
                yield _group(code, said, "keep it in one of the two files", keys, found, context)
        seen_whole |= whole
        seen_prompt |= prompt


def _group(
    code: str,
    message: str,
    hint: str,
    keys: Keys,
    chosen: npt.NDArray[np.bool_],
    context: Context,
    first: npt.NDArray[np.int64] | None = None,
) -> Group:
    """The findings of a rule on the examples that are chosen; `first` says which example each is like."""
    indices = np.flatnonzero(chosen)
    lines = keys[:, LINE]
    others = lines[first[indices]] if first is not None else np.empty(0, dtype=np.uint64)
    return Group(code, context.severity[code], message, hint, lines[indices], indices + 1, others)


def _first_of(values: npt.NDArray[Any]) -> npt.NDArray[np.int64]:
    """For each value the index of its first occurrence.

    >>> _first_of(np.array([7, 8, 7, 7])).tolist()
    [0, 1, 0, 0]
    """
    # np.unique does the same with a stable sort, in twice the time.
    order = np.argsort(values)
    ordered = values[order]
    is_start = np.ones(len(values), dtype=bool)
    is_start[1:] = ordered[1:] != ordered[:-1]
    starts = np.flatnonzero(is_start)
    first = np.empty(len(values), dtype=np.int64)
    if len(values):
        lengths = np.diff(starts, append=len(values))
        first[order] = np.repeat(np.minimum.reduceat(order, starts), lengths)
    return first
