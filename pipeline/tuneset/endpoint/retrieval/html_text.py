"""The text of HTML, by the parser of Python: paragraphs on lines of their own, without what a browser does not show."""

from __future__ import annotations

import re
from html.parser import HTMLParser

_HIDDEN = frozenset({"script", "style", "template", "noscript", "svg", "math"})
_INLINE = frozenset(
    (
        "a", "abbr", "b", "bdi", "bdo", "cite", "code", "data", "del", "dfn", "em", "font", "i", "ins", "kbd", "label",
        "mark", "q", "ruby", "s", "samp", "small", "span", "strong", "sub", "sup", "time", "tt", "u", "var", "wbr",
    )
)  # fmt: skip
"""What stands in a line; every other tag ends one."""

_CELL = frozenset({"td", "th"})


class _Text(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self._hidden = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002  its interface
        if tag in _HIDDEN:
            self._hidden += 1
        self._break(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002  its interface
        self._break(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag in _HIDDEN:
            self._hidden = max(0, self._hidden - 1)
        if tag not in _CELL:
            self._break(tag)

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            self.parts.append(re.sub(r"\s+", " ", data))

    def _break(self, tag: str) -> None:
        if tag in _CELL:
            self.parts.append("\t")
        elif tag not in _INLINE:
            self.parts.append("\n")


def html_text(source: str) -> str:
    r"""The text of a page.

    >>> html_text("<title>T</title><style>p {}</style><p>One &amp; <b>two</b><br>three<script>x<y</script></p>")
    'T\nOne & two\nthree'
    """
    parser = _Text()
    parser.feed(source)
    parser.close()
    lines = (re.sub(r" *\t *", "\t", re.sub(r" +", " ", line)).strip() for line in "".join(parser.parts).split("\n"))
    return "\n".join(line for line in lines if line)
