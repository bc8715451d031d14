"""The bytes that each token of a vocabulary stands for, as its decoder has them. Nothing here needs PyTorch."""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping
from typing import Any

_BYTE = re.compile(r"<0x([0-9A-F]{2})>")
_SPACE = "\u2581"


@functools.cache
def byte_of_sign() -> Mapping[str, int]:
    """The byte of each sign by which a byte-level vocabulary writes one (GPT-2, `bytes_to_unicode`).

    >>> byte_of_sign()["A"], byte_of_sign()["\u0120"]
    (65, 32)
    """
    shown = [*range(ord("!"), ord("~") + 1), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    hidden = [byte for byte in range(256) if byte not in shown]
    return {chr(byte): byte for byte in shown} | {chr(256 + place): byte for place, byte in enumerate(hidden)}


def is_byte_level(decoder: Any) -> bool:
    """Whether a vocabulary's decoder, as its file has it, turns signs into bytes."""
    if not isinstance(decoder, Mapping):
        return False
    return decoder.get("type") == "ByteLevel" or any(map(is_byte_level, decoder.get("decoders") or ()))


def bytes_of(token: str, *, byte_level: bool) -> bytes:
    r"""The bytes of a token as the vocabulary writes it.

    >>> bytes_of("\u0120caf\u00c3\u00a9", byte_level=True).decode(), bytes_of("\u2581hi", byte_level=False)
    (' café', b' hi')
    >>> bytes_of("<0xE2>", byte_level=False)
    b'\xe2'
    """
    if byte_level:
        table = byte_of_sign()
        if all(sign in table for sign in token):
            return bytes(table[sign] for sign in token)
        return token.encode("utf-8")
    found = _BYTE.fullmatch(token)
    return bytes([int(found[1], 16)]) if found else token.replace(_SPACE, " ").encode("utf-8")
