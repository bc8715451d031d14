r"""What terminals and line printers were sent, as they would show it: colours gone, overstruck letters once.

An escape sequence goes whole (ECMA-48, and what xterm adds), since half of it would stay as text. Text that was printed
twice for bold, or over an underscore, as `man` and `nroff` write it, is that text; what a progress bar went back over
is gone. Not touched: an escape character that begins no sequence, texts in ISO-2022, where escapes choose the alphabet,
and texts with a sequence by itself in quotes.
"""

from __future__ import annotations

import re

_IN_CODE = re.compile(r"[(=,\[+] ?[furb]{0,2}[\"']\x1b")  # an argument of a program that prints it
_ISO_2022 = re.compile(r"\x1b\$(?:[@AB]|\([A-D])")
_SEQUENCE = re.compile(
    r"\x1b(?:"
    r"\[(?P<numbers>[0-?]*)[ !\"$']?(?P<end>[@-~])"  # CSI: colours, places of the cursor
    r"|[\]PX^_][^\x07\x1b\n]*(?:\x07|\x1b\\)"  # OSC, DCS ...: titles, addresses of links
    r"|[()*+][0-9A-Z]|[78=>cDEHMNOZ](?![A-Za-z:])|#[0-9])"
)
_QUOTED = re.compile(rf"([\"'`])(?:{_SEQUENCE.pattern.replace('?P<numbers>', '?:').replace('?P<end>', '?:')})+\1")
"""Sequences and nothing else between quotes: they are what is spoken of."""
_UNSEEN = re.compile(rf"\x01(?:{_SEQUENCE.pattern.replace('?P<numbers>', '?:').replace('?P<end>', '?:')})+\x02")
_CHAT_COLOUR = re.compile(
    r"\x03[0-9]{1,2}(?:,[0-9]{1,2})?(?=[^\x00-\x1f0-9])([^\x03\n]*)\x03?(?![0-9])|\x03[0-9]{1,2}(?:,[0-9]{1,2})?(?=[^\x00-\x1f0-9])"
)
_FARTHEST = 200  # columns; what moves the cursor farther than a line is long is no space between words
_ELSEWHERE = "\x1b\x0b"  # for a moment, where the cursor went to another line
_MOVED = re.compile(f"(?:{_ELSEWHERE})+")
_TO_ANOTHER_LINE = frozenset("ABEFHdfG")

_STRUCK = r"[^\s\x00-\x1f\"'`]"
_TWICE = re.compile(rf"({_STRUCK})(?:\x08\1)+")
_UNDERLINED = re.compile(rf"_\x08({_STRUCK})|({_STRUCK})\x08_")
_BULLET = re.compile(r"\+\x08o|o\x08\+")
_WENT_BACK = re.compile(r"([^\n\x08]+)(\x08{2,})(?=[^\n\x08])")


def as_shown(text: str) -> str:
    r"""The text without escape sequences and overstrikes.

    >>> as_shown("\x1b[1;31mError\x1b[0m in N\bNA\bAM\bME\bE, 10%\b\b\b20%")
    'Error in NAME, 20%'
    """
    while True:
        before = text
        if "\x1b" in text and not (_ISO_2022.search(text) or _IN_CODE.search(text) or _QUOTED.search(text)):
            text = _MOVED.sub(_line_end, _SEQUENCE.sub(_in_place_of, _UNSEEN.sub("", text)))
        if "\x08" in text:
            text = _struck_once(text)
        if text == before:
            return text


def without_chat_colours(text: str) -> str:
    r"""The text without the colours of mIRC, which are numbers that nobody sees.

    >>> without_chat_colours("\x0304,12red\x03 plain")
    'red plain'
    """
    return _CHAT_COLOUR.sub(lambda found: found.group(1) or "", text)


def _in_place_of(found: re.Match[str]) -> str:
    """What stands between two words where a sequence stood: nothing, spaces, or the end of a line."""
    end, numbers = found.group("end"), found.group("numbers")
    if end == "C":
        return " " * min(int(numbers) if numbers and numbers.isdigit() else 1, _FARTHEST)
    return _ELSEWHERE if end is not None and end in _TO_ANOTHER_LINE else ""


def _line_end(found: re.Match[str]) -> str:
    before, after = found.string[found.start() - 1 : found.start()], found.string[found.end() : found.end() + 1]
    return "" if before in ("", "\n") or after in ("", "\n") else "\n"


def _struck_once(text: str) -> str:
    text = _TWICE.sub(r"\1", text)
    text = _UNDERLINED.sub(lambda found: found.group(1) or found.group(2), text)
    text = _BULLET.sub("o", text)
    return _WENT_BACK.sub(lambda found: found.group(1)[: -len(found.group(2))], text)
