"""The encoding of a text that is not UTF-8: found out once a file, over all of it, and never guessed in silence.

A text whose lines beyond ASCII are mostly UTF-8 is UTF-8 with damaged lines, which readers reject one by one. Another
is refused as a whole, with the encodings that it may have, unless the user says what to do: it would lose exactly its
rows with accents, and a wrong guess between encodings that look alike spoils them.
"""

from __future__ import annotations

import dataclasses
import itertools
import re
from collections.abc import Iterable
from pathlib import Path

from tuneset.errors import InputError
from tuneset.reading import decode

AUTO = "auto"
UTF_8 = "utf-8"

LIKELY = (
    *("cp1252", "cp932", "gb18030", "big5", "euc_jp", "cp949", "cp1251", "koi8_r"),
    *("mac_roman", "cp1250", "cp1253", "cp1254", "cp1255", "cp1256"),
)
"""Encodings of files that are not Unicode, in the order in which they are suggested where several fit alike."""

_SHIFT = b"\x1b$"
"""How ISO-2022-JP begins what is no ASCII, though all of its bytes are (RFC 1468)."""
_HALF_WIDTH = re.compile("[\uff61-\uff9f]")
_LINES_LOOKED_AT = 1000  # lines beyond ASCII, which are enough to tell
_LONGEST_LINE = 1 << 20  # bytes of a line that are looked at
_PIECES_UNPACKED = 16  # mebibytes of a packed file that are looked at: to unpack all of it twice is too much
_EVIDENCE = 64 << 10  # bytes of odd lines from which the encoding is guessed
_SHOWN = 3


def settled(path: Path, content: decode.Content, wanted: str | None, source: str) -> decode.Content:
    """The content of a text file with its encoding, once all of it was looked at.

    `wanted` is the encoding of texts that are not UTF-8: its name, `auto` for the likeliest one, `utf-8` to have their
    lines rejected, or None. Raises InputError where the text is not UTF-8 and nothing is wanted, or not what is wanted.
    """
    if content.encoding != UTF_8 or content.mark or wanted == UTF_8:
        return content
    pieces = decode.unpacked(path, content)
    is_packed = content.compression != "none" or content.member
    lines = odd_lines(itertools.islice(pieces, _PIECES_UNPACKED) if is_packed else pieces)
    if not lines:
        return content
    evidence = b"\n".join(lines)[:_EVIDENCE]
    found = [wanted] if wanted not in (None, AUTO) else likely(evidence)
    if wanted is not None and found and found[0] is not None and _fits(lines, found[0]):
        return dataclasses.replace(content, encoding=found[0])
    names = ", ".join(name for name in found[:_SHOWN] if name)
    if wanted not in (None, AUTO):
        raise InputError(
            f"{source}: the text is neither UTF-8 nor {wanted}",
            hint="set ingest.encoding to its encoding, or to utf-8 to reject the lines that are not",
        )
    raise InputError(
        f"{source}: the text is not UTF-8" + (f"; it may be {names}" if names else ""),
        hint=f"set ingest.encoding to its encoding, {f'to auto for {found[0]}, ' if found else ''}"
        "or to utf-8 to reject the lines that are not; or save the file as UTF-8",
    )


def odd_lines(pieces: Iterable[bytes]) -> list[bytes]:
    r"""The lines of a text that are no UTF-8; none where more lines beyond ASCII are.

    >>> odd_lines([b"a\ncaf\xe9\n", b"b\n"]), odd_lines([b"\xc3\xa9\n\xc3\xa9\n\xe9\n"])
    ([b'caf\xe9'], [])
    """
    odd: list[bytes] = []
    fine, rest = 0, b""
    for piece in itertools.chain(pieces, [b"\n"]):
        if piece.isascii() and rest.isascii() and _SHIFT not in piece:
            rest = piece.rpartition(b"\n")[2][:_LONGEST_LINE]
            continue
        whole, _, rest = (rest + piece).rpartition(b"\n")
        rest = rest[:_LONGEST_LINE]
        for line in whole.split(b"\n"):
            if line.isascii() and _SHIFT not in line:
                continue
            if _SHIFT not in line and _is_utf_8(line):
                fine += 1
            else:
                odd.append(line)
        if fine + len(odd) >= _LINES_LOOKED_AT:
            break
    return odd if len(odd) > fine else []


def _is_utf_8(line: bytes) -> bool:
    try:
        line.decode()
    except UnicodeDecodeError as error:
        return len(line) >= _LONGEST_LINE and error.start > len(line) - 4  # cut within a character
    return True


def likely(evidence: bytes) -> list[str]:
    """The encodings that a text may have, the likeliest first; none where it looks like no text in any.

    >>> likely("Das Gerät läuft nicht größer".encode("cp1252"))[0], likely("東京はどこですか".encode("cp932"))[0]
    ('cp1252', 'cp932')
    """
    if _SHIFT in evidence:
        return ["iso2022_jp"]
    from charset_normalizer import from_bytes  # noqa: PLC0415  0.02 s that usual runs do without

    found: dict[str, tuple[float, float, int]] = {}
    for match in from_bytes(evidence, cp_isolation=list(LIKELY), preemptive_behaviour=False, enable_fallback=False):
        for name in match.could_be_from_charset:
            if name in LIKELY:
                rank = (round(match.chaos, 2) + _oddness(str(match)), -round(match.coherence, 1), LIKELY.index(name))
                found[name] = min(rank, found.get(name, rank))
    return sorted(found, key=lambda name: found[name])


def _oddness(text: str) -> float:
    """The share of half-width kana, which fill a text only where another encoding was taken for Japanese.

    >>> _oddness("ｼｸｵ"), _oddness("東京")
    (1.0, 0.0)
    """
    beyond = sum(1 for mark in text if not mark.isascii())
    return len(_HALF_WIDTH.findall(text)) / beyond if beyond else 0.0


def _fits(lines: Iterable[bytes], encoding: str) -> bool:
    """Whether most lines are text in an encoding."""
    return sum(1 if _decodes(line, encoding) else -1 for line in lines) > 0


def _decodes(line: bytes, encoding: str) -> bool:
    try:
        line.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True
