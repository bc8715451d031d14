"""The form of a text in which case and white space make no difference."""

from __future__ import annotations


def fold(text: str) -> bytes:
    r"""Lower case, every run of white space one space, none at the ends; as UTF-8.

    >>> fold("  Hello\n\tWorld "), fold("ÄPFEL\u3000und") == fold("äpfel und")
    (b'hello world', True)
    """
    if text.isascii():
        return b" ".join(text.lower().encode().split())  # twice as fast as over str
    return " ".join(text.lower().split()).encode()
