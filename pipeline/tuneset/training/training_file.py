"""Whether a training or validation file can be used, and what is wrong with it in the protocol's words.

As the protocol's own servers do, it names the first fault alone: examples count from 1 and blank lines do not count,
messages count from 1. The whole of what is wrong with a file is the business of `tuneset check`, not of an endpoint.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import orjson

from tuneset.training.chat_lines import count_images, example_fault
from tuneset.training.preference_lines import preference_fault
from tuneset.training.reinforcement_lines import reinforcement_fault
from tuneset.training.unpaired_lines import unpaired_fault

MAX_LINE = 32 << 20
"""Bytes of a line, so that a file without line ends does not fill the memory."""


@dataclasses.dataclass(frozen=True)
class JobFault:
    """Why a job fails, as the `error` of a job object."""

    code: str
    message: str
    param: str | None


_METHODS = {
    "supervised": ("fine-tune-chat", example_fault),
    "dpo": ("fine-tune-preference", preference_fault),
    "reinforcement": ("fine-tune-reinforcement", reinforcement_fault),
    "kto": ("unpaired preference", unpaired_fault),
}
"""For each method the protocol's name of its format, where it has one, and what finds the fault of a line."""


class UnreadableFileError(Exception):
    """A line that is no JSON object; the text is the protocol's, without the line's content."""


def read_examples(path: Path) -> Iterator[dict[str, Any]]:
    """Yield the JSON object of each line that is not blank. Raises UnreadableFileError at the first that is none."""
    number = 0
    with path.open("rb") as handle:
        for line_number, line in enumerate(iter(lambda: handle.readline(MAX_LINE + 1), b""), start=1):
            if not line.strip():
                continue
            number += 1
            try:
                example = orjson.loads(line)
            except orjson.JSONDecodeError:
                reason = "longer than 32 MiB" if len(line) > MAX_LINE else _json_fault(line)
                message = (
                    f"Invalid file format. Example {number} cannot be parsed. "
                    f"Error: line contains invalid json: {reason} (line {line_number})"
                )
                raise UnreadableFileError(message) from None
            if not isinstance(example, dict):
                message = (
                    "Expected file to have JSONL format, where every line is a valid JSON dictionary. "
                    f"Line {line_number} is not a dictionary."
                )
                raise UnreadableFileError(message)
            yield example


def check_lines(path: Path) -> str | None:
    """The check at upload: why the file is not JSON lines, or None where it is."""
    try:
        for _ in read_examples(path):
            pass
    except UnreadableFileError as error:
        return str(error)
    return None


def check_training(path: Path, file_id: str, method: str, least: int, *, images: bool = False) -> JobFault | None:
    """The check before a job of this method: the training file's first fault, or None.

    It needs `least` examples; `images` says whether the model is trained on them, else an example with one is a fault.
    """
    fault, examples = _first_fault(path, file_id, method, "training", images=images)
    if fault is None and examples < least:
        message = f"Training file has {examples} example(s), but must have at least {least} examples"
        return JobFault("invalid_n_examples", message, "training_file")
    return fault


def check_validation(path: Path, file_id: str, method: str, *, images: bool = False) -> JobFault | None:
    """The same for the validation file, which needs one example."""
    fault, examples = _first_fault(path, file_id, method, "validation", images=images)
    if fault is None and examples == 0:
        message = "Validation file has 0 example(s), but must have at least 1 examples"
        return JobFault("invalid_n_examples", message, "validation_file")
    return fault


def _first_fault(path: Path, file_id: str, method: str, side: str, *, images: bool) -> tuple[JobFault | None, int]:
    """The first fault of a file, and how many examples were read until there."""
    param = f"{side}_file"
    fault_of = _METHODS[method][1]
    number = 0
    try:
        for number, example in enumerate(read_examples(path), start=1):
            found = _method_of(example, method)
            # A chat line within a preference file lacks keys; one at its start says what the file is.
            if found is not None and found != method and (method == "supervised" or number == 1):
                message = (
                    f"The job failed due to an invalid {side} file. Invalid file format. Input file {file_id} is in "
                    f"the {_METHODS[found][0]} format, but the specified fine-tuning job is not using '{found}' as the "
                    f"training method (provided method={method})."
                )
                return JobFault(f"invalid_{param}", message, param), number
            fault = fault_of(example)
            if fault is not None:
                message = (
                    f"The job failed due to a file format error in the {side} file. "
                    f"Invalid file format. Example {number}{fault}"
                )
                return JobFault("invalid_file_format", message, param), number
            if method == "supervised" and not images and count_images(example):
                return JobFault(f"invalid_{param}", _shows_images(number, side), param), number
    except UnreadableFileError as error:
        return JobFault(f"invalid_{param}", f"The job failed due to an invalid {side} file. {error}", param), number
    return None, number


def _shows_images(number: int, side: str) -> str:
    """What is said of the first example with an image, where a model is trained on text alone: no row loses its own."""
    return (
        f"The job failed due to an invalid {side} file. Example {number} shows images, and the trainer of this model "
        "trains on text alone; leave such examples out, or train a model that learns from images."
    )


def _method_of(example: Mapping[str, Any], method: str) -> str | None:
    """The method that a line is for, by its keys; None where they do not say, and where they suit `method` too.

    >>> lines = {"preferred_output": []}, {"messages": []}, {"messages": [], "label": True}, {"prompt": ""}
    >>> [_method_of(line, "dpo") for line in lines], _method_of({"messages": []}, "reinforcement")
    (['dpo', 'supervised', 'kto', None], None)
    """
    if method == "reinforcement" and "messages" in example:
        return None
    if "preferred_output" in example or "non_preferred_output" in example:
        return "dpo"
    if "messages" not in example or "input" in example:
        return None
    return "kto" if isinstance(example.get("label"), bool) else "supervised"


def _json_fault(line: bytes) -> str:
    """Python's own description of what is wrong with a line of JSON; it names a place and quotes nothing."""
    try:
        json.loads(line.decode("utf-8"))
    except UnicodeDecodeError as error:
        return f"not UTF-8 at byte {error.start}"
    except json.JSONDecodeError as error:
        return str(error)
    except RecursionError:
        return "nested too deeply"
    except ValueError:  # Python reads no number of more than 4,300 digits
        return "a number with thousands of digits"
    return "a number or a character that JSON does not have"
