"""Texts filled or cut to so many cells of a terminal: ideographs take two, marks none. How many, rich knows.

Not here: what a text is, and how wide the terminal is.
"""

from __future__ import annotations

from rich.cells import cell_len


def cells_of(text: str) -> int:
    """The cells that a text of one line takes.

    >>> cells_of("chat"), cells_of("東京"), cells_of("مرور")
    (4, 4, 4)
    """
    return len(text) if text.isascii() else cell_len(text)


def at_left(text: str, width: int) -> str:
    """A text with blanks behind it, so many cells wide at least.

    >>> at_left("東", 4) + "|"
    '東  |'
    """
    return text + " " * (width - cells_of(text))


def at_right(text: str, width: int) -> str:
    """A text with blanks before it, so many cells wide at least.

    >>> at_right("東", 4)
    '  東'
    """
    return " " * (width - cells_of(text)) + text


def end_of(text: str, width: int) -> str:
    """As much of the end of a text as so many cells hold.

    >>> end_of("a/東京", 4), end_of("a/東京", 3), end_of("abc", 9), end_of("abc", 0)
    ('東京', '京', 'abc', '')
    """
    while cells_of(text) > width:
        text = text[max(1, (cells_of(text) - width) // 2) :]
    return text
