"""The encoding of a text that is not UTF-8: found out once a file, over all of it, and never guessed in silence.

A text whose lines beyond ASCII are mostly UTF-8 is UTF-8 with damaged lines, which readers reject one by one. Another
is refused as a whole, with the encodings that it may have, unless the user says what to do: it would lose exactly its
rows with accents, and a wrong guess between encodings that look alike spoils them. So `auto` takes an encoding only
where no other one gives other letters that are as likely. A byte order mark of UTF-8 proves nothing: the text
after it is looked at like any other.
"""

from __future__ import annotations

import codecs
import dataclasses
import itertools
import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from tuneset.errors import InputError
from tuneset.reading import decode
from tuneset.reading.letters import out_of_place

AUTO = "auto"
UTF_8 = "utf-8"

LIKELY = (
    *("cp1252", "cp932", "gb18030", "big5", "euc_jp", "cp949", "cp1251", "koi8_r"),
    *("mac_roman", "cp1250", "iso8859_2", "cp1253", "cp1254", "cp1255", "cp1256", "cp1257"),
    *("cp850", "cp852", "cp857", "cp866", "cp737", "cp862"),
)
"""Encodings of files that are not Unicode, in the order in which they are suggested where several fit alike."""

_SHIFT = b"\x1b$"
"""How ISO-2022-JP begins what is no ASCII, though all of its bytes are (RFC 1468)."""
_UTF_7 = "utf_7"
_SHIFTED = re.compile(rb"\+([A-Za-z0-9+/]*)(-?)")
"""How UTF-7 writes what is no ASCII, though all of its bytes are (RFC 2152)."""
_LEAST_SHIFTED = 2
_MOST_ODD = 0.3
_NOT_JUDGED = (1.0, 0.0)
_OF_SEVERAL_BYTES = ("cp932", "gb18030", "big5", "euc_jp", "cp949")
_TOUCHING = re.compile("[A-Za-z][\u3040-\ud7af]|[\u3040-\ud7af][A-Za-z]")
_SURE, _APART = 0.04, 0.02
"""Up to which share of letters out of place `auto` takes an encoding, and by how much others have to be worse."""
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
    if content.encoding != UTF_8 or wanted == UTF_8:
        return content
    is_named = wanted not in (None, AUTO)
    may_be_utf_7 = not is_named or codecs.lookup(str(wanted)).name == codecs.lookup(_UTF_7).name
    if not content.mark and may_be_utf_7 and _is_utf_7(content.head):
        if wanted is None:
            raise InputError(
                f"{source}: the text is UTF-7",
                hint="set ingest.encoding to utf_7 or auto, to utf-8 where it is no UTF-7, or save the file as UTF-8",
            )
        return dataclasses.replace(content, encoding=_UTF_7)
    pieces = _without_mark(decode.unpacked(path, content), content.mark)
    is_packed = content.compression != "none" or content.member
    lines = odd_lines(itertools.islice(pieces, _PIECES_UNPACKED) if is_packed else pieces)
    if not lines:
        return content
    evidence = b"\n".join(lines)[:_EVIDENCE]
    found = [str(wanted)] if is_named else likely(evidence)
    is_sure = is_named or is_certain(evidence, found)
    if wanted is not None and is_sure and found and _fits(lines, found[0]):
        return dataclasses.replace(content, encoding=found[0])
    names = ", ".join(name for name in found[:_SHOWN] if name)
    if is_named:
        raise InputError(
            f"{source}: the text is neither UTF-8 nor {wanted}",
            hint="set ingest.encoding to its encoding, or to utf-8 to reject the lines that are not",
        )
    raise InputError(
        f"{source}: the text is not UTF-8" + (f"; it may be {names}" if names else ""),
        hint=f"set ingest.encoding to its encoding, {f'to auto for {found[0]}, ' if is_sure and found else ''}"
        "or to utf-8 to reject the lines that are not; or save the file as UTF-8",
    )


def _without_mark(pieces: Iterable[bytes], mark: int) -> Iterator[bytes]:
    """A text without its byte order mark, which some programs write before texts that are not what it says."""
    for piece in pieces:
        yield piece[mark:]
        mark = 0


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
    from charset_normalizer import from_bytes  # noqa: PLC0415  0.01 s that usual runs do without

    matches = from_bytes(evidence, cp_isolation=list(LIKELY), preemptive_behaviour=False, enable_fallback=False)
    judged: dict[str, tuple[float, float]] = {}
    for match in matches:
        for name in match.could_be_from_charset:
            rank = (round(match.chaos, 2), -round(match.coherence, 1))
            judged[name] = min(rank, judged.get(name, rank))
    found = {}
    for place, name in enumerate(LIKELY):
        text = _decoded(evidence, name)
        share = 1.0 if text is None else round(out_of_place(text), 2)
        if text and (share < _MOST_ODD or name in judged):
            found[name] = (share, *judged.get(name, _NOT_JUDGED), place)
    return sorted(found, key=lambda name: found[name])


def is_certain(evidence: bytes, found: Sequence[str]) -> bool:
    """Whether the first of the encodings that a text may have is it: another one gives the same letters, or worse ones.

    >>> [is_certain(text, likely(text)) for text in ("größer".encode("cp1252"), "perchè".encode("cp1252"))]
    [True, False]
    """
    texts = {name: _decoded(evidence, name) or "" for name in found}
    shares = {name: out_of_place(text) for name, text in texts.items()}
    if not found or shares[found[0]] > _SURE:
        return len(found) == 1
    first = found[0]
    is_wide = first in _OF_SEVERAL_BYTES and _TOUCHING.search(texts[first]) is None
    return all(texts[name] == texts[first] or shares[name] >= shares[first] + _APART or is_wide for name in found[1:])


def _decoded(evidence: bytes, name: str) -> str | None:
    try:
        return evidence.decode(name)
    except UnicodeDecodeError:
        return None


def _is_utf_7(head: bytes) -> bool:
    """Whether a text of ASCII is UTF-7: each plus sign begins what UTF-7 has, and what it stands for are letters.

    >>> [_is_utf_7(text) for text in ("Für größere Öfen".encode("utf-7"), b"1 + 1, C++ and +AbC-", b"+49301234567")]
    [True, False, False]
    """
    if b"+" not in head or not head.isascii():
        return False
    places = list(_SHIFTED.finditer(head))
    if places and places[-1].end() == len(head):
        places.pop()  # it may be cut
    meant = [found for found in places if found[1]]
    if len(meant) < _LEAST_SHIFTED or any(not found[1] and not found[2] for found in places):
        return False
    texts = [_decoded(found[0], _UTF_7) for found in meant]
    return all(text and all(not one.isascii() and one.isprintable() for one in text) for text in texts)


def _fits(lines: Iterable[bytes], encoding: str) -> bool:
    """Whether most lines are text in an encoding."""
    return sum(1 if _decodes(line, encoding) else -1 for line in lines) > 0


def _decodes(line: bytes, encoding: str) -> bool:
    return _decoded(line, encoding) is not None
