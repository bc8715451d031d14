"""Write the documentation of this machine's Python as raw data in four shapes, the way real raw data comes.

Every answer is a text as it stands in Python; only the questions are made, from a few wordings for each kind of
object. Duplicates, texts of two words and of sixty thousand characters, and addresses in them are left as they are.
The same Python gives the same bytes.
"""

from __future__ import annotations

import csv
import gzip
import io
import json
import subprocess
import sys
import zlib
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

import orjson

from tuneset.artifacts import write_bytes
from tuneset.errors import InputError

_HARVEST_TIMEOUT_S = 120

_WORDINGS = {
    "module": ("What is the Python module {} for?", "Tell me about the module {}.", "When would I use {}?"),
    "class": ("What is the class {} in Python?", "Describe {}.", "What is {} used for?"),
    "function": ("What does {} do?", "How do I use {}?", "Explain the Python function {}.", "{}: what is it for?"),
    "method": ("What does the method {} do?", "How do I call {}?", "Explain {}."),
    "attribute": ("What is {}?", "What does the attribute {} hold?"),
    "topic": ("Explain this part of the Python language: {}.", "What does the Python reference say about {}?"),
}
_SYSTEM = "You answer questions about Python from its documentation."


class DocumentedQuestion(NamedTuple):
    """A question with the kind and name of what it asks about, and the documentation as its answer."""

    kind: str
    name: str
    question: str
    answer: str


class SampleFile(NamedTuple):
    """A file of the demo input: where it lies and how many examples and bytes it has."""

    path: Path
    examples: int
    size: int


def write_sample(folder: Path) -> list[SampleFile]:
    """Write the demo input, four files, into a folder.

    Raises InputError where this Python has no documentation to read.
    """
    shares: list[list[DocumentedQuestion]] = [[] for _ in _FILES]
    for example in examples():
        shares[_choice(example.name, len(_FILES))].append(example)
    written = []
    for (name, encode), share in zip(_FILES.items(), shares, strict=True):
        data = encode(share)
        write_bytes(folder / name, data)
        written.append(SampleFile(folder / name, len(share), len(data)))
    return written


def examples() -> list[DocumentedQuestion]:
    """A question and answer for every text of the standard library, sorted by module."""
    program = Path(__file__).with_name("harvest.py")
    try:
        ran = subprocess.run(
            [sys.executable, "-I", str(program)],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
            timeout=_HARVEST_TIMEOUT_S,
        )
    except subprocess.TimeoutExpired:
        raise InputError(f"Python's documentation could not be read within {_HARVEST_TIMEOUT_S} s") from None
    texts = [json.loads(line) for line in ran.stdout.splitlines()]
    if ran.returncode or not texts:
        raise InputError(
            f"{sys.executable}: this Python's documentation cannot be read",
            hint="use a Python whose standard library is whole and has its docstrings",
        )
    return [DocumentedQuestion(kind, name, question(kind, name), text) for kind, name, text in texts]


def question(kind: str, name: str) -> str:
    """Ask about an object in one of the wordings for its kind, always the same for the same name.

    >>> question("function", "json.dumps")
    'Explain the Python function json.dumps.'
    """
    wordings = _WORDINGS[kind]
    return wordings[_choice(f"{kind} {name}", len(wordings))].format(name)


def _choice(text: str, count: int) -> int:
    """A number below `count` that depends on the text alone."""
    return zlib.crc32(text.encode()) % count


def chat_lines(share: Sequence[DocumentedQuestion]) -> bytes:
    """OpenAI chat lines."""
    return _lines(
        {
            "messages": [
                {"role": "system", "content": _SYSTEM},
                {"role": "user", "content": example.question},
                {"role": "assistant", "content": example.answer},
            ]
        }
        for example in share
    )


def alpaca_array(share: Sequence[DocumentedQuestion]) -> bytes:
    """A JSON array of Alpaca rows, one element a line."""
    rows = (
        {"instruction": f"Explain this Python {example.kind}.", "input": example.name, "output": example.answer}
        for example in share
    )
    return b"[\n" + b",\n".join(map(orjson.dumps, rows)) + b"\n]\n"


def sharegpt_gzip(share: Sequence[DocumentedQuestion]) -> bytes:
    """ShareGPT lines, packed; without a time in the gzip header, so that the same text gives the same bytes."""
    rows = (
        {
            "id": example.name,
            "conversations": [
                {"from": "human", "value": example.question},
                {"from": "gpt", "value": example.answer},
            ],
        }
        for example in share
    )
    return gzip.compress(_lines(rows), mtime=0)


def question_table(share: Sequence[DocumentedQuestion]) -> bytes:
    """CSV with the columns question and answer."""
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow(["question", "answer"])
    table.writerows((example.question, example.answer) for example in share)
    return text.getvalue().encode()


def _lines(rows: Iterable[object]) -> bytes:
    return b"".join(orjson.dumps(row, option=orjson.OPT_APPEND_NEWLINE) for row in rows)


_FILES: dict[str, Callable[[Sequence[DocumentedQuestion]], bytes]] = {
    "chat.jsonl": chat_lines,
    "alpaca.json": alpaca_array,
    "sharegpt.jsonl.gz": sharegpt_gzip,
    "questions.csv": question_table,
}
