"""HTML in texts, as help desks export it, to plain text or Markdown.

Only texts with a tag that HTML has and that is closed, or a line break, are taken for HTML; in others entities such as
`&nbsp;` are written out. A text with a fenced block of code is left alone, and so is a tag that HTML does not have.
"""

from __future__ import annotations

import html
import re
from html.parser import HTMLParser
from typing import Literal

import polars as pl

HtmlTo = Literal["text", "markdown"]

_BLOCKS = frozenset(
    {"p", "div", "section", "article", "header", "footer", "ul", "ol", "table", "blockquote", "pre", "h1", "h2", "h3",
     "h4", "h5", "h6", "hr", "form", "figure", "dl", "html", "body", "center", "address"}
)  # fmt: skip
_LINES = frozenset({"br", "li", "tr", "dt", "dd"})
_WITHIN_A_LINE = frozenset(
    {"a", "b", "strong", "i", "em", "u", "s", "span", "font", "code", "img", "td", "th", "thead", "tbody", "small",
     "sub", "sup", "label", "mark", "del", "ins", "abbr", "cite", "kbd", "tt", "o:p"}
)  # fmt: skip
_UNSEEN = frozenset({"script", "style", "head", "title", "meta", "link"})
_TAGS = _BLOCKS | _LINES | _WITHIN_A_LINE | _UNSEEN
_MARKS = {"b": "**", "strong": "**", "i": "*", "em": "*", "code": "`", "kbd": "`", "tt": "`", "s": "~~", "del": "~~"}
_NAMES = "|".join(sorted(map(re.escape, _TAGS), key=len, reverse=True))
_HTML = rf"(?i)</(?:{_NAMES})\s*>|<(?:br|hr)\s*/?>"
_ENTITY = r"&(?:[A-Za-z][A-Za-z0-9]{1,31}|#[0-9]{1,7}|#[xX][0-9A-Fa-f]{1,6});"
_SPACES = re.compile(r"[ \t\r\n]+")
_MANY_LINES = re.compile(r"\n{3,}")


def without_html(texts: pl.Series, to: HtmlTo) -> pl.Series:
    r"""The texts of a String column with their HTML as plain text or Markdown; nulls stay null.

    To be run once: text that was escaped twice is HTML again afterwards.

    >>> without_html(pl.Series(["<p>Hi&nbsp;Ann,</p><p>it <b>works</b>.</p>", "a < b &amp; c"]), "text").to_list()
    ['Hi Ann,\n\nit works.', 'a < b & c']
    """
    found = (texts.str.contains(_HTML) | texts.str.contains(_ENTITY)) & ~texts.str.contains("```", literal=True)
    places = found.fill_null(value=False).arg_true()
    if places.is_empty():
        return texts
    is_html = re.compile(_HTML)
    written = [
        _rendered(text, to) if is_html.search(text) else _without_hard_spaces(html.unescape(text))
        for text in texts.gather(places)
    ]
    return texts.clone().scatter(places, pl.Series(written, dtype=pl.String))


def _without_hard_spaces(text: str) -> str:
    return text.replace("\xa0", " ")


def _rendered(text: str, to: HtmlTo) -> str:
    r"""One HTML text as plain text or Markdown.

    >>> _rendered('See <a href="https://a.b">the page</a>:<ul><li>one<li>two</ul>', "markdown")
    'See [the page](https://a.b):\n\n- one\n- two'
    """
    writer = _Writer(to)
    writer.feed(text)
    writer.close()
    return writer.text()


class _Writer(HTMLParser):
    """Writes what is seen of a document."""

    def __init__(self, to: HtmlTo) -> None:
        super().__init__(convert_charrefs=True)
        self._markdown = to == "markdown"
        self._pieces: list[str] = []
        self._unseen = 0
        self._kept = 0  # within how many <pre>
        self._lists: list[int] = []  # of each list that is open the number of its last item, -1 where it has none
        self._links: list[str] = []

    def text(self) -> str:
        lines = [line.rstrip(" ") for line in "".join(self._pieces).replace("\xa0", " ").split("\n")]
        return _MANY_LINES.sub("\n\n", "\n".join(lines)).strip()

    def handle_data(self, data: str) -> None:
        if self._unseen:
            return
        if not self._kept:
            data = _SPACES.sub(" ", data)
            if not self._pieces or self._pieces[-1].endswith(("\n", " ")):
                data = data.lstrip(" ")
        if data:
            self._pieces.append(data)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in _TAGS:
            self.handle_data(self.get_starttag_text() or "")
        elif tag in _UNSEEN:
            self._unseen += tag not in ("meta", "link")
        elif not self._unseen:
            self._open(tag, dict(attrs))

    def handle_endtag(self, tag: str) -> None:
        if tag not in _TAGS:
            self.handle_data(f"</{tag}>")
        elif tag in _UNSEEN:
            self._unseen = max(0, self._unseen - 1)
        elif not self._unseen:
            self._close(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _TAGS:
            self.handle_starttag(tag, attrs)
        else:
            self.handle_data(self.get_starttag_text() or "")

    def _open(self, tag: str, attrs: dict[str, str | None]) -> None:
        if tag in ("ul", "ol"):
            self._break(1 if self._lists else 2)
            self._lists.append(0 if tag == "ol" else -1)
        elif tag in _BLOCKS:
            self._break(2)
            if self._markdown:
                self._pieces.append(_block_mark(tag))
            self._kept += tag == "pre"
        elif tag == "br":
            self._pieces.append("\n")
        elif tag in _LINES:
            self._break(1)
            if tag == "li":
                self._pieces.append(self._bullet())
        elif tag in ("td", "th") and self._pieces and not self._pieces[-1].endswith("\n"):
            self._pieces.append(" | ")
        elif self._markdown:
            self._mark(tag, attrs)

    def _close(self, tag: str) -> None:
        if tag in ("ul", "ol"):
            if self._lists:
                self._lists.pop()
            self._break(1 if self._lists else 2)
        elif tag == "pre":
            self._kept = max(0, self._kept - 1)
            self._pieces.append("\n```" if self._markdown else "")
            self._break(2)
        elif tag in _BLOCKS:
            self._break(2)
        elif tag in _LINES - {"br"}:
            self._break(1)
        elif self._markdown and tag == "a" and self._links:
            address = self._links.pop()
            self._pieces.append(f"]({address})" if address else "")
        elif self._markdown and tag in _MARKS and not self._kept:
            self._pieces.append(_MARKS[tag])

    def _mark(self, tag: str, attrs: dict[str, str | None]) -> None:
        if tag == "a":
            self._links.append(attrs.get("href") or "")
            self._pieces.append("[" if self._links[-1] else "")
        elif tag == "img" and attrs.get("src"):
            self._pieces.append(f"![{attrs.get('alt') or ''}]({attrs['src']})")
        elif tag in _MARKS and not self._kept:
            self._pieces.append(_MARKS[tag])

    def _bullet(self) -> str:
        depth = "  " * max(0, len(self._lists) - 1)
        if not self._lists or self._lists[-1] < 0:
            return f"{depth}- "
        self._lists[-1] += 1
        return f"{depth}{self._lists[-1]}. "

    def _break(self, lines: int) -> None:
        """End the line, and leave so many line ends before what follows."""
        while self._pieces and not self._pieces[-1].strip(" "):
            self._pieces.pop()
        if not self._pieces:
            return
        self._pieces[-1] = self._pieces[-1].rstrip(" ")
        ended, place = 0, len(self._pieces) - 1
        while place >= 0:
            piece = self._pieces[place]
            ended += len(piece) - len(piece.rstrip("\n"))
            if piece.strip("\n"):
                break
            place -= 1
        if lines > ended:
            self._pieces.append("\n" * (lines - ended))


def _block_mark(tag: str) -> str:
    """What Markdown writes before a block."""
    if tag == "pre":
        return "```\n"
    if tag == "blockquote":
        return "> "
    if tag == "hr":
        return "---"
    return "#" * int(tag[1]) + " " if tag[0] == "h" and tag[1:].isdigit() else ""
