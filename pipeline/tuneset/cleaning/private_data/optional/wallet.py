"""Addresses of cryptocurrency wallets: by their checksum, or after a word for a wallet. Off by default.

By checksum: Bitcoin, Litecoin, Dogecoin, Dash, Tron. After a word: Ethereum, whose addresses are otherwise mostly those of
contracts and so public, Solana, Monero. The keys of wallets are not looked for: a phrase of twelve words is text.
"""

# ruff: noqa: E501  the addresses of samples
from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator

from tuneset.cleaning.private_data.kinds import WORD, Span, before

_BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_BECH32 = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
_CHECKED = re.compile(rf"(?<![{WORD}/+=])[13LMDXT][1-9A-HJ-NP-Za-km-z]{{25,34}}(?![{WORD}/+=])")
_SEGWIT = re.compile(rf"(?<![{WORD}])(?:bc|ltc)1[02-9ac-hj-np-z]{{39,59}}(?![{WORD}])")
_NAMED = re.compile(
    rf"(?<![{WORD}])(?:0x[0-9A-Fa-f]{{40}}|[48][1-9A-HJ-NP-Za-km-z]{{94}}|[1-9A-HJ-NP-Za-km-z]{{43,44}})(?![{WORD}/+=])"
)
_WALLET = re.compile(
    r"wallet|metamask|phantom|(?:send|donat|pay|transfer|deposit|withdraw)\w* [^\n]{0,24}to|my (?:eth|ethereum|sol|solana|xmr)?\s?address"
    r"|钱包|ウォレット|지갑|кошел|портмоне|carteira|billetera|monedero|portafogli|portefeuille|brieftasche|cüzdan",
    re.IGNORECASE,
)
WALLET_HINT = (
    r"(?:bc|ltc)1[02-9ac-hj-np-z]{39}|[13LMDXT][1-9A-HJ-NP-Za-km-z]{25}|0x[0-9A-Fa-f]{40}|[1-9A-HJ-NP-Za-km-z]{43}"
)
"""For a fast engine: a text that it does not match holds no address of a wallet."""
# Version bytes: Bitcoin 0 and 5, Litecoin 48 and 50, Dogecoin 30 and 22, Dash 76 and 16, Tron 65.
_VERSIONS = frozenset({0, 5, 16, 22, 30, 48, 50, 65, 76})
_SHOWN = frozenset({"1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa", "1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN2"})
"""The address of the first block, and that of manuals."""
_FEWEST_DIFFERENT = 8  # characters; what people make up repeats itself


def wallets(text: str) -> Iterator[Span]:
    """Yield the addresses of wallets in the text.

    >>> [s.start for s in wallets("pay to bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4, 0x" + "5a" * 20)]
    [7]
    """
    for found in _CHECKED.finditer(text):
        if found.group() not in _SHOWN and _base58_holds(found.group()):
            yield Span(*found.span(), "wallet", found.group())
    for found in _SEGWIT.finditer(text):
        if _bech32_holds(found.group()):
            yield Span(*found.span(), "wallet", found.group())
    for found in _NAMED.finditer(text):
        if len(set(found.group())) > _FEWEST_DIFFERENT and _WALLET.search(before(text, found.start())):
            yield Span(*found.span(), "wallet", found.group())


def _base58_holds(address: str) -> bool:
    """Whether the last four bytes are the checksum of the rest (Base58Check).

    >>> _base58_holds("1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa"), _base58_holds("1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNb")
    (True, False)
    """
    number = 0
    for character in address:
        number = number * 58 + _BASE58.index(character)
    if number >> 200:  # 25 bytes: a version, 20 of the hash, 4 of the checksum
        return False
    data = number.to_bytes(25, "big")
    checksum = hashlib.sha256(hashlib.sha256(data[:-4]).digest()).digest()[:4]
    return data[0] in _VERSIONS and checksum == data[-4:]


def _bech32_holds(address: str) -> bool:
    """Whether the checksum of Bech32 (BIP 173) or Bech32m (BIP 350) holds.

    >>> _bech32_holds("bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4"), _bech32_holds("bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t5")
    (True, False)
    """
    prefix, _, rest = address.partition("1")
    values = [ord(c) >> 5 for c in prefix] + [0] + [ord(c) & 31 for c in prefix] + [_BECH32.index(c) for c in rest]
    check = 1
    for value in values:
        top = check >> 25
        check = (check & 0x1FFFFFF) << 5 ^ value
        for bit, generator in enumerate((0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)):
            check ^= generator if top >> bit & 1 else 0
    return check in (1, 0x2BC830A3)
