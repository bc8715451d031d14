"""JSON as people write it by hand: with comments, and with commas before a closing bracket.

Both say nothing, so reading past them loses nothing. Everything else that is no JSON stays an error.
"""

from __future__ import annotations

import re

_COMMENT = r"(?://[^\n]*+|/\*(?:[^*]|\*(?!/))*\*/)"
_TOKEN = re.compile(
    r'"(?:[^"\\]|\\.)*(?:"|\Z)'  # a string, whose text is none of the others
    rf"|{_COMMENT}"
    rf"|,(?=(?:\s|{_COMMENT})*[\]}}])",
    re.DOTALL,
)
_BETWEEN = re.compile(rf"(?:[\s,\x1e\ufeff]|{_COMMENT})*")


def without_comments(text: str) -> str:
    """The text with blanks in place of comments and of commas before a closing bracket: no other place moves.

    It must begin outside of a string.

    >>> without_comments('{"a": "//", }  // x')
    '{"a": "//"  }      '
    """
    return _TOKEN.sub(lambda found: found.group() if found.group().startswith('"') else _blank(found.group()), text)


def _blank(text: str) -> str:
    return "".join(mark if mark == "\n" else " " for mark in text)


def skip_between(text: str, position: int) -> int:
    """The next position that is neither white space, a comma nor a comment.

    >>> skip_between('{}, // one', 2)
    10
    """
    found = _BETWEEN.match(text, position)
    assert found is not None
    return found.end()
