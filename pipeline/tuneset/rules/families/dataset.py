"""What spans the examples of a file or of several: counts, sizes, duplicates, contradictions, overlap.

Examples that are repeated are found by `repeated_examples`.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator

from tuneset.rules.context import Context
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


_VALIDATION_NAME = re.compile(r"(^|[^a-z])(val|valid|validation|eval|dev|test)([^a-z]|$)")

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
