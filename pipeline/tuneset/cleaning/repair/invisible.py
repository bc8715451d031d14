r"""Marks that nobody sees and that exports leave behind: U+FEFF, the byte order mark, and U+200B, a zero-width space.

They go where they say nothing: at the ends of a text or line, beside a space, and between letters of scripts that have
spaces. They stay where they may be meant: in Khmer, Thai, Chinese and other text without spaces they are where words
end; beside punctuation they keep a mark from being read as markup, or are themselves the example. Joiners (U+200C,
U+200D) are not touched: scripts and emoji need them.
"""

from __future__ import annotations

import re

_SPACED = (  # letters of scripts that write spaces: Latin, Greek, Cyrillic, Armenian, Hebrew, Arabic, and digits
    r"0-9A-Za-z\u00a2-\u00b6\u00b8-\u00ba\u00bc-\u00d6\u00d8-\u00f6\u00f8-\u058f\u05d0-\u05ea\u0620-\u06d3\u1e00-\u1fff"
)
_MARKS = r"[\ufeff\u200b]+"
_SAYS_NOTHING = re.compile(
    rf"(?:\A|(?<=[ \n])){_MARKS}(?=[{_SPACED} \n]|\Z)|(?<=[{_SPACED}]){_MARKS}(?=[{_SPACED} \n]|\Z)"
    rf"|\A\ufeff+|(?<=\n)\ufeff+|(?<=[\w .,;:!?)]){_MARKS}\Z"
)


def without_marks(text: str) -> str:
    r"""The text without marks that say nothing.

    >>> without_marks("\ufeffid,na\u200bme"), without_marks("\u1780\u200b\u1781"), without_marks("@\u200beveryone")
    ('id,name', 'ក\u200bខ', '@\u200beveryone')
    """
    return _SAYS_NOTHING.sub("", text)
