"""Numbers of devices: addresses of network cards (EUI-48) and the IMEI of phones. Off by default.

An address counts by its form; those that documentation, tests and broadcasts use do not. An IMEI, whose check digit
one number in ten has, counts after its name.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from stdnum import imei

from tuneset.cleaning.private_data.kinds import WORD, Span, before

_PAIR = "[0-9A-Fa-f]{2}"
_MAC = re.compile(
    rf"(?<![{WORD}:.-]){_PAIR}(?P<between>[:-]){_PAIR}(?:(?P=between){_PAIR}){{4}}(?![{WORD}]|[:-]\s*[0-9A-Fa-f])"
)
_MAC_BY_NAME = re.compile(
    rf"(?<![{WORD}])(?i:mac)(?i:[ _-]?(?:address|addr|id))?[\"'`*|:=\uff1a ]{{0,6}}(?:is )?"
    rf"(?P<bare>[0-9A-Fa-f]{{4}}\.[0-9A-Fa-f]{{4}}\.[0-9A-Fa-f]{{4}}|[0-9A-Fa-f]{{12}})(?![{WORD}])"
)
MAC_HINT = r"(?:[0-9A-Fa-f]{2}[:-]){5}[0-9A-Fa-f]{2}|(?i:mac)[^\n0-9]{0,20}[0-9A-Fa-f]{4}\.?[0-9A-Fa-f]{4}"
"""For a fast engine: a text that it does not match holds no address of a network card."""
_IMEI = re.compile(
    rf"(?:(?<![{WORD}])(?i:imei)[12]?|串号)(?i:[ _-]?(?:number|no|nr|code|sv))?\.? ?[12]?"
    r"[\"'`*|:=#\uff1a ]{0,6}(?:is )?"
    rf"(?P<number>[0-9]{{2}}(?:[ /-]?[0-9]){{13}})(?![{WORD}])"
)
IMEI_HINT = r"(?:(?i:imei)|串号)[^\n]{0,18}[0-9]{2}(?:[ /-]?[0-9]){8}"
"""For a fast engine: a text that it does not match holds no IMEI."""
# RFC 7042, section 2.1.2, has 00-00-5E for documentation and protocols; the rest is what people make up.
_SHOWN = re.compile(r"\A00005e|0123456789ab|001122334455|112233445566|aabbcc|deadbeef|123456789abc|0a0b0c0d0e0f")
_FEWEST_DIFFERENT = 5  # hexadecimal digits; what people make up repeats itself
_GOES_ON = re.compile(r"[:-][0-9A-Fa-f]{2}[:-]\s*\n\s*\Z")  # a fingerprint over several lines
_NOT_DIGITS = re.compile("[^0-9]")


def macs(text: str) -> Iterator[Span]:
    """Yield the addresses of network cards; the canonical form has no separators.

    >>> [s.value for s in macs("eth0 3C:22:FB:9A:41:D7, not FF:FF:FF:FF:FF:FF; MAC 3c22.fb9a.41d8")]
    ['3c22fb9a41d7', '3c22fb9a41d8']
    """
    for found in _MAC.finditer(text):
        bare = found.group().replace(found.group("between"), "").lower()
        if _is_one_card(bare) and not _GOES_ON.search(before(text, found.start())):
            yield Span(*found.span(), "mac", bare)
    for found in _MAC_BY_NAME.finditer(text):
        bare = found.group("bare").replace(".", "").lower()
        if _is_one_card(bare) and not bare.isalpha():
            yield Span(*found.span("bare"), "mac", bare)


def imeis(text: str) -> Iterator[Span]:
    """Yield the numbers of phones that stand after their name; the canonical form has no separators.

    >>> [s.value for s in imeis("IMEI: 35-686800-004141-8, order 356868000041418")]
    ['356868000041418']
    """
    for found in _IMEI.finditer(text):
        bare = _NOT_DIGITS.sub("", found.group("number"))
        if imei.is_valid(bare):
            yield Span(*found.span("number"), "imei", bare)


def _is_one_card(bare: str) -> bool:
    """Whether the twelve digits are the address of one card: the lowest bit of the first byte says that of many.

    >>> _is_one_card("3c22fb9a41d7"), _is_one_card("01005e0000fb"), _is_one_card("001122334455")
    (True, False, False)
    """
    return not int(bare[1], 16) & 1 and len(set(bare)) >= _FEWEST_DIFFERENT and not _SHOWN.search(bare)
