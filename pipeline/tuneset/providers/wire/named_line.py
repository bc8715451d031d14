"""The line of a file that a provider's words name."""

from __future__ import annotations

import re

from tuneset.providers.call_fault import one_line
from tuneset.providers.records import FileFault

_LINE = re.compile(r"\b[Ll]ine (\d+)\b")


def fault_in(message: str) -> FileFault:
    """What the provider minds, with the line that it names.

    >>> fault_in("Line 7: `messages[1]` must contain a `role` field")
    FileFault(line=7, message='`messages[1]` must contain a `role` field')
    >>> fault_in("Weight must be an integer on line 3.").line, fault_in("empty").line
    (3, None)
    """
    named = _LINE.search(message)
    return FileFault(int(named[1]) if named else None, re.sub(r"^Line \d+: ", "", one_line(message)))
