"""tiktoken's encodings without a network: finds the rank files and checks them.

Rank files come from tiktoken's own cache, else from the package `bpe_openai` (the extra `offline`), else tiktoken
downloads them. A file is used only if its sha256 is the one that tiktoken expects. Nothing is counted here.
"""

from __future__ import annotations

import contextlib
import functools
import gzip
import hashlib
import importlib.util
import os
import socket
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from tuneset import artifacts
from tuneset.errors import InputError, UsageError

if TYPE_CHECKING:
    import tiktoken

# name of the rank file -> (its address, its sha256), both as in tiktoken 0.14 (tiktoken_ext/openai_public.py)
_HOST = "openaipublic.blob.core.windows.net"
RANK_FILES = {
    "o200k_base": (
        f"https://{_HOST}/encodings/o200k_base.tiktoken",
        "446a9538cb6c348e3516120d7c08b09f57c36495e2acfffe59a5bf8b0cfb1a2d",
    ),
    "cl100k_base": (
        f"https://{_HOST}/encodings/cl100k_base.tiktoken",
        "223921b76ee99bde995b7ff738513eef100fb51d18c93597a113bcffe865b2a7",
    ),
}
RANK_FILE_OF = {"o200k_base": "o200k_base", "o200k_harmony": "o200k_base", "cl100k_base": "cl100k_base"}

SPECIAL_TOKENS = ("<|endoftext|>", "<|fim_prefix|>", "<|fim_middle|>", "<|fim_suffix|>", "<|endofprompt|>")
"""Texts that stand for control tokens in cl100k_base, of which o200k_base has the first and the last; tiktoken 0.14."""

_CONNECT_TIMEOUT_S = 5


@functools.cache
def get_encoding(name: str) -> tiktoken.Encoding:
    """Load an encoding by tiktoken's name.

    Raises UsageError for an unknown name, InputError where its rank file is neither here nor to be had.
    """
    if name not in RANK_FILE_OF:
        raise UsageError(f"unknown encoding {name}", allowed=", ".join(sorted(RANK_FILE_OF)))
    _provide_rank_file(RANK_FILE_OF[name])
    import tiktoken  # noqa: PLC0415  0.005 s; most who name an encoding count nothing

    with _cache_is_on():
        return tiktoken.get_encoding(name)


def rank_file(name: str) -> Path | None:
    """Where tiktoken's cache holds the rank file of an encoding; None unless it has the bytes that tiktoken expects."""
    _, expected = RANK_FILES[RANK_FILE_OF[name]]
    cached = _cached(RANK_FILE_OF[name])
    return cached if cached.is_file() and artifacts.sha256_file(cached) == expected else None


def _provide_rank_file(name: str) -> None:
    """See to it that tiktoken finds the rank file in its cache, or can at least try to download it."""
    if rank_file(name) is not None:
        return
    cached, (_, expected) = _cached(name), RANK_FILES[name]
    packaged = _packaged_ranks(name)
    if packaged is not None:
        if hashlib.sha256(packaged).hexdigest() != expected:
            raise InputError(
                f"the installed package bpe-openai holds other bytes for {name} than tiktoken expects",
                hint="reinstall it: pip install --force-reinstall bpe-openai",
            )
        artifacts.write_bytes(cached, packaged)
        return
    try:
        socket.create_connection((_HOST, 443), timeout=_CONNECT_TIMEOUT_S).close()
    except OSError as error:
        raise InputError(
            f"tiktoken's rank file for {name} is not on this machine and cannot be downloaded",
            hint="install it once: pip install bpe-openai, or set TIKTOKEN_CACHE_DIR to a folder that has it",
        ) from error


def _cached(name: str) -> Path:
    """The path of a rank file in tiktoken's cache, whether it is there or not."""
    address, _ = RANK_FILES[name]
    return _cache_folder() / hashlib.sha1(address.encode(), usedforsecurity=False).hexdigest()


def _cache_folder() -> Path:
    """The folder in which tiktoken 0.14 looks for rank files; one of our own where its cache is switched off."""
    chosen = os.environ.get("TIKTOKEN_CACHE_DIR", os.environ.get("DATA_GYM_CACHE_DIR"))
    return Path(chosen) if chosen else Path(tempfile.gettempdir()) / "data-gym-cache"


@contextlib.contextmanager
def _cache_is_on() -> Iterator[None]:
    """Have tiktoken look into `_cache_folder` within the block, where its cache is switched off too."""
    usual = os.environ.get("TIKTOKEN_CACHE_DIR")
    os.environ["TIKTOKEN_CACHE_DIR"] = str(_cache_folder())
    try:
        yield
    finally:
        if usual is None:
            del os.environ["TIKTOKEN_CACHE_DIR"]
        else:
            os.environ["TIKTOKEN_CACHE_DIR"] = usual


def _packaged_ranks(name: str) -> bytes | None:
    """The rank file from the extra `offline`, unpacked, or None where it is not installed."""
    found = importlib.util.find_spec("bpe_openai")  # located, not imported: its library takes 70 MB of memory
    if found is None or not found.submodule_search_locations:
        return None
    path = Path(next(iter(found.submodule_search_locations))) / "data" / f"{name}.tiktoken.gz"
    return gzip.decompress(path.read_bytes()) if path.is_file() else None
