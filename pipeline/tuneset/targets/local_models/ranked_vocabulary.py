"""The vocabulary of a tekken.json or of a file of tiktoken, with what `Vocabulary` has of a tokenizer.json.

tiktoken merges. Special tokens are tokens where the text is a rendered conversation (`ids`, `encode`), and plain text
where it is a text of a row alone (`count`, `first_tokens`). Chat templates are not known here.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import tiktoken

from tuneset.errors import InputError
from tuneset.targets.local_models.composed import composed
from tuneset.targets.local_models.ranks import Ranks
from tuneset.targets.local_models.vocabulary import Encoded, in_characters
from tuneset.targets.tiktoken_tokenizer import in_parts

MAX_SPACES = 25_000
"""Longest run of white space that is split at once: tiktoken 0.14 has no stack for a million. Llama's code cuts such a
run there too (llama-models 0.3.0, 2026-11-26)."""
_SURROGATES = re.compile("[\ud800-\udfff]")


class RankedVocabulary:
    """A vocabulary of ranks, ready to encode. It keeps what a `Tokenizer` promises.

    Raises InputError where its pattern is none.

    Args:
        ranks: what its file and its package say.
        path: that file, for messages.
    """

    def __init__(self, ranks: Ranks, path: Path) -> None:
        self.added_tokens: dict[str, int] = dict(ranks.special)
        self.special_ids = ranks.control
        self.named_tokens = dict(ranks.named)
        self._numbers = ranks.numbers
        self._composes = ranks.composes
        self._tokens: dict[int, bytes] = {number: token for token, number in ranks.numbers.items()}
        self._tokens |= {number: token.encode() for token, number in ranks.special.items()}
        self._lengths = np.zeros(max(self._tokens) + 1, np.int64)
        self._lengths[list(self._tokens)] = [len(token) for token in self._tokens.values()]
        longest_first = sorted(ranks.special, key=len, reverse=True)
        self._special = re.compile("(" + "|".join(map(re.escape, longest_first)) + ")") if longest_first else None
        try:
            self._encoding = tiktoken.Encoding(
                path.name, pat_str=ranks.pattern, mergeable_ranks=dict(ranks.numbers), special_tokens={}
            )
        except ValueError as error:  # the library's word for a pattern that it cannot read
            raise InputError(f"{path}: its pattern is no regular expression", hint="fetch it again") from error

    def id_of(self, token: str) -> int | None:
        """The number of a token; None where the vocabulary does not have it."""
        found = self.added_tokens.get(token)
        return self._numbers.get(token.encode(errors="replace")) if found is None else found

    def token_of(self, number: int) -> str | None:
        """A token by its number, bytes that are no text as U+FFFD; None where there is none of that number."""
        return self.bytes_of(number).decode(errors="replace") if number in self._tokens else None

    def bytes_of(self, number: int) -> bytes:
        """The bytes of a token of the vocabulary."""
        return self._tokens[number]

    @property
    def size(self) -> int:
        """How many tokens there are, special ones with them."""
        return len(self._tokens)

    def ids(self, text: str) -> npt.NDArray[np.int64]:
        """The tokens of one text, special tokens among them."""
        return self._with_special(self._as_encoded(text))

    def plain_ids(self, text: str) -> npt.NDArray[np.int64]:
        """The tokens of one text in which nothing is special."""
        parts = list(self._plain(self._as_encoded(text)))
        return np.concatenate(parts) if parts else np.zeros(0, np.int64)

    def encode(self, text: str) -> Encoded:
        """The tokens of one text, special tokens among them, and their places in it."""
        if self._composes and not unicodedata.is_normalized("NFC", text):
            made, starts, ends = composed(text)
            found = self._places(made)
            return Encoded(found.ids, starts[found.starts], ends[found.ends - 1])
        return self._places(text)

    def count(self, texts: Sequence[str]) -> list[int]:
        """Tokens of each text alone; special tokens in a text count as the plain text that they are."""
        return [len(self.plain_ids(text)) for text in texts]

    def first_tokens(self, text: str, most: int) -> str:
        """The longest beginning of `text` that has at most `most` tokens and ends between characters."""
        while most > 0:
            cut = self._beginning(text, most).rstrip()
            if self.count([cut])[0] <= most:
                return cut
            most -= 1
        return ""

    def expect(self, characters: int) -> None:
        """Nothing is prepared: the vocabulary is loaded already."""

    def _as_encoded(self, text: str) -> str:
        """The text as it is taken apart: composed where the vocabulary composes, surrogates as U+FFFD."""
        if text.isascii():
            return text
        return _SURROGATES.sub("\ufffd", unicodedata.normalize("NFC", text) if self._composes else text)

    def _beginning(self, text: str, most: int) -> str:
        """As much of a text as its first tokens cover, without a character that they cut."""
        whole = unicodedata.is_normalized("NFC", text) or not self._composes
        made, _, ends = (text, None, None) if whole else composed(text)
        parts = list(self._plain(_SURROGATES.sub("\ufffd", made)))
        ids = np.concatenate(parts)[: most + 1] if parts else np.zeros(0, np.int64)
        if len(ids) <= most:
            return text
        held = b"".join(self._tokens[int(number)] for number in ids[:most])
        count = len(held.decode(errors="ignore"))
        if ends is None:
            return text[:count]
        # A composed character belongs to the beginning as a whole, or not at all.
        while 0 < count < len(made) and ends[count - 1] == ends[count]:
            count -= 1
        return text[: int(ends[count - 1])] if count else ""

    def _places(self, text: str) -> Encoded:
        clean = text if text.isascii() else _SURROGATES.sub("\ufffd", text)
        ids = self._with_special(clean)
        found = in_characters(clean, ids, np.cumsum(self._lengths[ids]))
        assert found is not None, "tokens of bytes are together the text"
        return found

    def _with_special(self, text: str) -> npt.NDArray[np.int64]:
        if self._special is None:
            parts = list(self._plain(text))
        else:
            parts = []
            for place, part in enumerate(self._special.split(text)):
                if place % 2:
                    parts.append(np.array([self.added_tokens[part]], np.int64))
                elif part:
                    parts += self._plain(part)
        return np.concatenate(parts) if parts else np.zeros(0, np.int64)

    def _plain(self, text: str) -> Iterator[npt.NDArray[np.int64]]:
        """Yield the tokens of a text in which nothing is special, a stretch at a time."""
        encode: Callable[..., npt.NDArray[np.uint32]] = self._encoding.encode_to_numpy
        for part in in_parts(text, MAX_SPACES):
            yield encode(part, disallowed_special=()).astype(np.int64)
