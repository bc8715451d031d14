"""What tells that a text may hold a hidden e-mail address: known to the fast search and to the exact one alike.

A file of its own, because the fast search is loaded with each process and the patterns of addresses are not.
"""

from __future__ import annotations

BRACKETED_AT = tuple(
    f"{opens}{before}{at}{after}{closes}"
    for opens, closes in ("()", "[]", "{}")
    for before in ("", " ")
    for at in ("at", "@")
    for after in ("", " ")
)
"""What stands in place of the @, in small letters."""
UNSEEN = "\u00ad\u200b-\u200d\u2060\ufeff"
"""Marks that nobody sees, as the inside of a character class."""
