"""Writes a tiktoken encoding as the `tokenizer.json` that Hugging Face's tokenizers read, so that peers count offline.

A rank file holds tokens in the order in which they were learned, `tokenizer.json` wants the merges: they are found by
merging each token with lower ranks only, until two parts are left. Special tokens are left out: what rows say is text.
"""

from __future__ import annotations

import itertools
import json
from pathlib import Path

import tiktoken

TOKENIZER_FILE = "tokenizer.json"


def write_hub_tokenizer(encoding: tiktoken.Encoding, folder: Path) -> None:
    """Write `tokenizer.json` and `tokenizer_config.json`, by which `transformers` loads the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    # tiktoken has no public names for these two.
    document = _tokenizer(encoding._pat_str, encoding._mergeable_ranks)  # noqa: SLF001  the ranks have no other name
    (folder / TOKENIZER_FILE).write_text(json.dumps(document), encoding="utf-8")
    config = {"tokenizer_class": "PreTrainedTokenizerFast", "clean_up_tokenization_spaces": False}
    (folder / "tokenizer_config.json").write_text(json.dumps(config), encoding="utf-8")


def _tokenizer(pattern: str, ranks: dict[bytes, int]) -> dict[str, object]:
    letters = _byte_letters()

    def spell(token: bytes) -> str:
        return "".join(letters[byte] for byte in token)

    pairs = [_last_pair(token, rank, ranks) for token, rank in ranks.items() if len(token) > 1]
    split = {"type": "Split", "pattern": {"Regex": pattern}, "behavior": "Isolated", "invert": False}
    as_bytes = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": False}
    return {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": [],
        "normalizer": None,
        "pre_tokenizer": {"type": "Sequence", "pretokenizers": [split, as_bytes]},
        "post_processor": None,
        "decoder": as_bytes,
        "model": {
            "type": "BPE",
            "dropout": None,
            "unk_token": None,
            "continuing_subword_prefix": None,
            "end_of_word_suffix": None,
            "fuse_unk": False,
            "byte_fallback": False,
            "ignore_merges": True,
            "vocab": {spell(token): rank for token, rank in ranks.items()},
            "merges": [[spell(left), spell(right)] for left, right in pairs],
        },
    }


def _last_pair(token: bytes, below: int, ranks: dict[bytes, int]) -> tuple[bytes, bytes]:
    """The two parts whose merge makes a token, when only merges below its own rank are made.

    >>> _last_pair(b"abc", 2, {b"a": 5, b"b": 6, b"c": 7, b"bc": 0, b"ab": 1, b"abc": 2})
    (b'a', b'bc')
    """
    parts = [token[at : at + 1] for at in range(len(token))]
    while len(parts) > 2:
        merges = [(ranks.get(left + right, below), at) for at, (left, right) in enumerate(itertools.pairwise(parts))]
        rank, at = min(merges)
        if rank >= below:
            raise ValueError(f"the token of rank {below} cannot be merged from tokens of lower rank")
        parts[at : at + 2] = [parts[at] + parts[at + 1]]
    left, right = parts
    return left, right


def _byte_letters() -> list[str]:
    """The letter that stands for each byte: itself where it is printable in Latin-1, else one from U+0100 on.

    The table is that of GPT-2 (`bytes_to_unicode` in its encoder.py), which `ByteLevel` expects.

    >>> letters = _byte_letters()
    >>> letters[ord("a")], letters[ord(" ")], len(set(letters))
    ('a', 'Ġ', 256)
    """
    printable = {*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)}
    others = itertools.count(0x100)
    return [chr(byte) if byte in printable else chr(next(others)) for byte in range(256)]
