"""Checks files in a process of their own: python -m tuneset.training.file_check PARENT, with the question on its input.

A line of 32 MiB takes gigabytes and seconds to read, in which a server would stand still. What is wrong with a file
is found by `training_file`.
"""

from __future__ import annotations

import dataclasses
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeAlias

import orjson

from tuneset.processes import die_with_parent
from tuneset.training.training_file import JobFault, check_lines, check_training, check_validation

Begun: TypeAlias = Callable[["subprocess.Popen[bytes]"], object]

MEMORY = 4 << 30
"""Bytes that a check may take: a line of 32 MiB takes a quarter of it at most."""


@dataclasses.dataclass(frozen=True)
class FileQuestion:
    """What is asked of the files of a job; without a method only whether `training` is JSON lines.

    Args:
        training: the training file.
        training_id: its name in messages.
        validation: the validation file, or None.
        validation_id: its name in messages.
        method: the job's method.
        least: how many examples the training file must have.
        images: whether the model is trained on images.
    """

    training: str
    training_id: str = ""
    validation: str | None = None
    validation_id: str = ""
    method: str | None = None
    least: int = 1
    images: bool = False


def file_fault(path: Path, begun: Begun | None = None) -> str | None:
    """Why a file is not JSON lines, or None where it is. `begun` gets the process, so that it can be ended.

    Raises RuntimeError where the process ends without an answer.
    """
    fault = _ask(FileQuestion(str(path)), begun)
    return None if fault is None else fault.message


def job_fault(question: FileQuestion, begun: Begun | None = None) -> JobFault | None:
    """The first fault of the files of a job, or None; with what `file_fault` says of the process."""
    return _ask(question, begun)


def answer(question: FileQuestion) -> JobFault | None:
    """What `job_fault` gives, found in this process."""
    training = Path(question.training)
    if question.method is None:
        message = check_lines(training)
        return None if message is None else JobFault("", message, None)
    fault = check_training(training, question.training_id, question.method, question.least, images=question.images)
    if fault is None and question.validation is not None:
        fault = check_validation(
            Path(question.validation), question.validation_id, question.method, images=question.images
        )
    return fault


def _ask(question: FileQuestion, begun: Begun | None) -> JobFault | None:
    process = subprocess.Popen(
        # -P keeps the working folder off the import path: a module there may have the name of a library.
        [sys.executable, "-P", "-m", "tuneset.training.file_check", str(os.getpid())],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    if begun is not None:
        begun(process)
    told, complaint = process.communicate(orjson.dumps(question))
    if process.returncode != 0:
        said = complaint.decode("utf-8", "replace").strip().splitlines()
        raise RuntimeError(f"the check of a file ended with status {process.returncode}: {said[-1] if said else ''}")
    found: dict[str, Any] | None = orjson.loads(told)
    return None if found is None else JobFault(**found)


def main() -> None:
    """Answer the question on standard input, as JSON on standard output; end with the process that is named."""
    die_with_parent(int(sys.argv[1]))
    if sys.platform != "win32":
        import resource  # noqa: PLC0415  only some systems have it

        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    question = FileQuestion(**orjson.loads(sys.stdin.buffer.read()))
    try:
        fault = answer(question)
    except MemoryError:
        fault = JobFault("invalid_file_format", "A line of the file is too large to be read.", None)
    sys.stdout.buffer.write(orjson.dumps(fault))


if __name__ == "__main__":
    main()
