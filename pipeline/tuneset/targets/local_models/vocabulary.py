"""The vocabulary of a `tokenizer.json`: the tokens of a text, and where in the text each of them stands.

`tokenizers`, which trainers use, is the measure. gigatoken (the extra `fast`) makes the same tokens many times as
fast, and is asked where it was held against `tokenizers`: known versions, texts without the characters in which their
tables of Unicode differ, files on which both agree over tricky texts. One text in SAMPLE_EVERY is made by both anyway.
Chat templates are not known here: special tokens in a text are the tokens that they are in a rendered conversation.
"""

from __future__ import annotations

import importlib.metadata
import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import numpy.typing as npt

from tuneset.errors import InputError
from tuneset.targets.local_models.model_files import read_json
from tuneset.targets.tiktoken_tokenizer import (
    LOOK_EVERY_CHARACTERS,
    MAX_GROWTH_BYTES,
    SAMPLE_EVERY,
    TRICKY,
    UNMEASURED_CHARACTERS,
    UNPROVEN,
    outside,
    resident_bytes,
)

if TYPE_CHECKING:
    from tokenizers import Tokenizer as Library  # type: ignore[attr-defined] # its stub leaves out what is compiled

PROVEN = {"gigatoken": "0.10.", "tokenizers": "0.23."}
"""Beginnings of the versions whose tokens were compared over all of Unicode, for the vocabularies of Qwen 3, Llama 3.1,
Gemma 3, gpt-oss and DeepSeek V3, 2026-11-26."""
UNPROVEN_HERE = (
    (0x20C1, 0x20C1), (0x2B96, 0x2B96), (0xFBC3, 0xFBD2), (0xFD90, 0xFD91), (0xFDC8, 0xFDCE),  # symbols of Unicode 17
    (0x113C2, 0x113C2), (0x1611E, 0x1611E), (0x16D67, 0x16D67),  # letters of Unicode 16 that are composed of others
    (0x1CCFA, 0x1CCFC), (0x1CEBA, 0x1CED0), (0x1CEE0, 0x1CEF0), (0x1F6D8, 0x1F6D8), (0x1F777, 0x1F77A),  # symbols again
    (0x1F8D0, 0x1F8D8), (0x1FA54, 0x1FA57), (0x1FA8A, 0x1FA8A), (0x1FA8E, 0x1FA8E), (0x1FAC8, 0x1FAC8),
    (0x1FACD, 0x1FACD), (0x1FAEA, 0x1FAEA), (0x1FAEF, 0x1FAEF), (0x1FBFA, 0x1FBFA),
)  # fmt: skip
"""First and last code points that go to `tokenizers` beside UNPROVEN: vocabularies that compose characters, or tell
symbols from others, differ on them."""
_unproven = re.compile(outside(sorted((*UNPROVEN, *UNPROVEN_HERE)))).search
_BYTE_PIECE = re.compile(r"<0x[0-9A-F]{2}>")


class Encoded(NamedTuple):
    """The tokens of a text.

    Args:
        ids: one number a token.
        starts: of each token its first character.
        ends: of each token the character after its last; a character that is divided belongs to all its tokens.
    """

    ids: npt.NDArray[np.int64]
    starts: npt.NDArray[np.int64]
    ends: npt.NDArray[np.int64]


class Vocabulary:
    """The vocabulary of one file, loaded. It keeps what a `Tokenizer` promises.

    Raises InputError where the file is none.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        document = read_json(path)
        if not isinstance(document, dict) or not isinstance(document.get("model"), dict):
            raise InputError(f"{path}: holds no vocabulary", allowed="a tokenizer.json of the library tokenizers")
        self._library = _load(path)
        self._library.no_truncation()
        self._library.no_padding()
        added = [token for token in document.get("added_tokens") or () if isinstance(token, dict)]
        self.added_tokens: dict[str, int] = {str(token["content"]): int(token["id"]) for token in added}
        self.special_ids = frozenset(int(token["id"]) for token in added if token.get("special"))
        self._lengths = _byte_lengths(document, self._library)
        self._normalises = _kinds(document.get("normalizer")) - {"Sequence", "Replace"} != set()
        self._gigatoken: Callable[[str], npt.NDArray[np.uint32]] | None = None
        self._usable = _proven_versions_installed()
        self._encoded = self._characters = self._resident = 0

    def id_of(self, token: str) -> int | None:
        """The number of a token; None where the vocabulary does not have it."""
        found = self._library.token_to_id(token)
        return None if found is None else int(found)

    def token_of(self, number: int) -> str | None:
        """A token by its number, as the vocabulary writes it; None where there is none of that number."""
        found: str | None = self._library.id_to_token(number)
        return found

    @property
    def size(self) -> int:
        """How many tokens there are, added ones with them."""
        return int(self._library.get_vocab_size(with_added_tokens=True))

    def ids(self, text: str) -> npt.NDArray[np.int64]:
        """The tokens of one text alone."""
        fast = self._fast(text)
        if fast is None:
            return np.array(self._library.encode(text, add_special_tokens=False).ids, np.int64)
        found = fast(text).astype(np.int64)
        if (
            self._encoded % SAMPLE_EVERY == 0
            and found.tolist() != self._library.encode(text, add_special_tokens=False).ids
        ):
            self._usable, self._gigatoken = False, None
            return self.ids(text)
        self._encoded += 1
        return found

    def encode(self, text: str) -> Encoded:
        """The tokens of one text and their places in it."""
        if self._lengths is not None and self._keeps(text):
            ids = self.ids(text)
            ends = np.cumsum(self._lengths[ids]) if len(ids) else np.zeros(0, np.int64)
            found = in_characters(text, ids, ends)
            if found is not None:
                return found
        encoding = self._library.encode(text, add_special_tokens=False)
        offsets = np.array(encoding.offsets, np.int64).reshape(-1, 2)
        return Encoded(np.array(encoding.ids, np.int64), offsets[:, 0], offsets[:, 1])

    def count(self, texts: Sequence[str]) -> list[int]:
        """Tokens of each text alone."""
        return [len(self.ids(text)) if text else 0 for text in texts]

    def first_tokens(self, text: str, most: int) -> str:
        """The longest beginning of `text` that has at most `most` tokens and ends between characters."""
        ends = self.encode(text).ends
        while most > 0:
            cut = text[: int(ends[min(most, len(ends)) - 1])].rstrip() if len(ends) else ""
            if len(self.ids(cut)) <= most:
                return cut
            most -= 1
        return ""

    def expect(self, characters: int) -> None:
        """Nothing is prepared: the library is loaded already, and gigatoken is with the first text."""

    def _keeps(self, text: str) -> bool:
        """Whether the vocabulary takes the text as it is, and composes no characters first."""
        return not self._normalises or text.isascii() or unicodedata.is_normalized("NFC", text)

    def _fast(self, text: str) -> Callable[[str], npt.NDArray[np.uint32]] | None:
        """The function of gigatoken, where it may be asked about this text."""
        if not self._usable or not (text.isascii() or (self._keeps(text) and not _unproven(text))):
            return None
        self._characters += len(text)
        if self._gigatoken is None:
            self._load_gigatoken()
        elif self._characters >= LOOK_EVERY_CHARACTERS:
            grown = (
                resident_bytes() - self._resident > MAX_GROWTH_BYTES
                if self._resident
                else (self._characters >= UNMEASURED_CHARACTERS)
            )
            if grown:
                self._gigatoken = None  # frees its memory first
                self._load_gigatoken()
            elif self._resident:
                self._characters = 0
        return self._gigatoken

    def _load_gigatoken(self) -> None:
        """Load it, unless it makes other tokens of a text that is easily taken apart wrongly."""
        try:
            from gigatoken import Tokenizer  # noqa: PLC0415 (an extra: imported where it is installed and needed)

            encode = Tokenizer(self._path).backend.encode
        except (ImportError, RuntimeError, ValueError, TypeError, NotImplementedError):
            self._usable = False
            return
        special = list(self.added_tokens)[:32]
        texts = (*TRICKY, "".join(f"{token} a{token}" for token in special))
        if any(encode(text).tolist() != self._library.encode(text, add_special_tokens=False).ids for text in texts):
            self._usable = False
            return
        self._gigatoken = encode
        self._characters = 0
        self._resident = resident_bytes()


def _load(path: Path) -> Library:
    """The library's own object. Raises InputError where it refuses the file."""
    from tokenizers import Tokenizer  # type: ignore[attr-defined] # noqa: PLC0415  of an extra; as above

    try:
        return Tokenizer.from_file(str(path))
    except Exception as error:  # the library raises Exception itself, with text of the file
        raise InputError(
            f"{path}: is no vocabulary that tokenizers {importlib.metadata.version('tokenizers')} can load",
            hint="fetch it again, or bring tokenizers up to date",
        ) from error


def _proven_versions_installed() -> bool:
    for name, beginning in PROVEN.items():
        try:
            if not importlib.metadata.version(name).startswith(beginning):
                return False
        except importlib.metadata.PackageNotFoundError:
            return False
    return True


def _kinds(part: object) -> set[str]:
    """The types of a part of a tokenizer.json and of all that it holds.

    >>> sorted(_kinds({"type": "Sequence", "normalizers": [{"type": "NFC"}]}))
    ['NFC', 'Sequence']
    """
    if isinstance(part, list):
        return {kind for one in part for kind in _kinds(one)}
    if not isinstance(part, dict):
        return set()
    own = {part["type"]} if isinstance(part.get("type"), str) else set()
    return own | {kind for value in part.values() for kind in _kinds(value) if isinstance(value, dict | list)}


def _byte_lengths(document: Mapping[str, Any], library: Library) -> npt.NDArray[np.int64] | None:
    """The bytes of each token, by its number; None for a vocabulary whose tokens do not add up to the text.

    They do in a byte-level one, where each character stands for a byte, and in one that writes spaces as U+2581 and
    rare characters as `<0xE2>`. An added token that takes the spaces beside it has no length of its own.
    """
    if any(token.get("lstrip") or token.get("rstrip") for token in document.get("added_tokens") or ()):
        return None
    byte_level = "ByteLevel" in _kinds(document.get("pre_tokenizer"))
    spaces = not byte_level and document["model"].get("byte_fallback") is True
    if not (byte_level or spaces) or document["model"].get("type") != "BPE":
        return None
    vocabulary = library.get_vocab(with_added_tokens=True)
    lengths = np.zeros(max(vocabulary.values(), default=-1) + 1, np.int64)
    for token, number in vocabulary.items():
        if byte_level:
            lengths[number] = len(token)
        elif _BYTE_PIECE.fullmatch(token):
            lengths[number] = 1
        else:
            lengths[number] = len(token.replace("\u2581", " ").encode())
    for token in document.get("added_tokens") or ():
        # Gemma's runs of spaces are merged from spaces as other tokens are; where a text itself spells one so, the sum
        # is another, and the library is asked.
        content = str(token["content"])
        lengths[int(token["id"])] = len((content.replace("\u2581", " ") if spaces else content).encode())
    return lengths


def in_characters(text: str, ids: npt.NDArray[np.int64], ends: npt.NDArray[np.int64]) -> Encoded | None:
    """Places in bytes as places in characters; None where the tokens do not add up to the text."""
    if text.isascii():
        if (int(ends[-1]) if len(ends) else 0) != len(text):
            return None
        return Encoded(ids, np.concatenate(([0], ends[:-1])) if len(ends) else ends, ends)
    held = np.frombuffer(text.encode(errors="surrogatepass"), np.uint8)
    if (int(ends[-1]) if len(ends) else 0) != len(held):
        return None
    characters = np.cumsum((held & 0xC0) != 0x80)
    starts = np.concatenate(([0], ends[:-1]))
    return Encoded(ids, characters[starts] - 1, characters[ends - 1])
