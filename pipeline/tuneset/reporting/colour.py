"""Colour for the text of findings on a terminal: severities and codes stand out. Text that goes elsewhere has none."""

from __future__ import annotations

import os
import re
from typing import TextIO

_STYLES = {"error": "\x1b[1;31m", "warning": "\x1b[33m", "info": "\x1b[36m"}
_BOLD, _DIM, _RESET = "\x1b[1m", "\x1b[2m", "\x1b[0m"
_RULE = re.compile(
    r"(?P<before>^ {2}|^[^ ]+: (?:\S+ )?|^ *[\d,]+ {2})(?P<level>error|warning|info)(?P<gap> +)(?P<code>[A-Z]{3}\d{3})"
)
_HINT = re.compile(r"^(?P<mark> {4}do: )")


def wants_colour(stream: TextIO) -> bool:
    """Whether a stream is a terminal that shows colour (https://no-color.org; TERM=dumb)."""
    return stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def coloured(line: str) -> str:
    r"""One line of a report with its severity and its code in colour.

    >>> coloured("  error CNV006 invalid-weight: ...")
    '  \x1b[1;31merror\x1b[0m \x1b[1mCNV006\x1b[0m invalid-weight: ...'
    >>> coloured("train.jsonl: sft, 3 examples")
    'train.jsonl: sft, 3 examples'
    """
    found = _RULE.search(line)
    if found is None:
        return _HINT.sub(rf"{_DIM}\g<mark>{_RESET}", line)
    level, code = found["level"], found["code"]
    styled = f"{found['before']}{_STYLES[level]}{level}{_RESET}{found['gap']}{_BOLD}{code}{_RESET}"
    return line[: found.start()] + styled + line[found.end() :]
