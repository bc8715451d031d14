"""Small vocabularies of ranks for tests: a tekken file, and one of tiktoken with what goes with it."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tuneset.targets.local_models.ranks import Split

PATTERN = r"[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
SPLIT = Split(PATTERN, ("<|end|>", "<|turn|>", "<|turn|>x"), {"eos_token": "<|end|>"}, composes=True)
_MERGED = ["wh", "at", "what", " what", "an", "\u00e9", " \u00e9", "  ", "<|", "|>", "en", "end", "IN", "ST", "INST"]
PIECES: Sequence[bytes] = [*(bytes([byte]) for byte in range(256)), *(piece.encode() for piece in _MERGED)]
BEYOND = b"beyond"
"""A piece that a tekken file holds after those that its size says."""


def write_tekken(folder: Path, name: str = "tekken.json", **over: Any) -> Path:  # noqa: ANN401  keys of a JSON file
    """Write a tekken file with six special numbers, of which three have a name; `over` goes over its keys."""
    folder.mkdir(parents=True, exist_ok=True)
    pieces = [*PIECES, BEYOND]
    document = {
        "config": {
            "pattern": PATTERN,
            "num_vocab_tokens": len(pieces),
            "default_vocab_size": len(PIECES) + 6,
            "default_num_special_tokens": 6,
            "version": "v11",
        },
        "vocab": [
            {"rank": rank, "token_bytes": base64.b64encode(piece).decode(), "token_str": None}
            for rank, piece in enumerate(pieces)
        ],
        "special_tokens": [
            {"rank": rank, "token_str": token, "is_control": True}
            for rank, token in enumerate(("<unk>", "<s>", "</s>", "[INST]"))
        ],
        **over,
    }
    path = folder / name
    path.write_text(json.dumps(document), encoding="utf-8")
    return path


def write_tiktoken(folder: Path, name: str = "tiny.tiktoken") -> tuple[Path, dict[str, Split]]:
    """Write a file of tiktoken; it and the table in which it is known."""
    folder.mkdir(parents=True, exist_ok=True)
    held = b"".join(base64.b64encode(piece) + b" %d\n" % rank for rank, piece in enumerate(PIECES))
    path = folder / name
    path.write_bytes(held)
    return path, {hashlib.sha256(held).hexdigest(): SPLIT}
