"""The export formats that there are: each is one file behind a small interface, and one line here.

To add one: write its file with a function over `Dataset`, and put its `Exporter` into EXPORTERS.
"""

from __future__ import annotations

from tuneset.errors import UsageError
from tuneset.writing.chat_lines import OPENAI
from tuneset.writing.exporter import Exporter
from tuneset.writing.prompt_completion import PROMPT_COMPLETION

EXPORTERS: tuple[Exporter, ...] = (OPENAI, PROMPT_COMPLETION)
"""In the order in which they are listed."""


def exporter(name: str) -> Exporter:
    """The export format of that name. Raises UsageError where there is none.

    >>> exporter("word")
    Traceback (most recent call last):
    ...
    tuneset.errors.UsageError: --to word: there is no such export format
      allowed: openai, prompt-completion
    """
    for one in EXPORTERS:
        if one.name == name:
            return one
    known = ", ".join(one.name for one in EXPORTERS)
    raise UsageError(f"--to {name}: there is no such export format", allowed=known)
