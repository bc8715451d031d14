"""What a tokenizer is to the rest of Tuneset, and the registry of those that there are.

A further one is a class with these methods and one line in TOKENIZERS. What it does to be fast is its own business.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Protocol

from tuneset.errors import UsageError
from tuneset.targets.tiktoken_tokenizer import TiktokenTokenizer


class Tokenizer(Protocol):
    """Counts and cuts plain text. It knows neither messages nor models."""

    def count(self, texts: Sequence[str]) -> list[int]:
        """Tokens of each text alone. Special tokens in a text count as the plain text that they are."""

    def first_tokens(self, text: str, most: int) -> str:
        """The longest beginning of `text` that has at most `most` tokens and ends between characters."""

    def expect(self, characters: int) -> None:
        """Prepare for so many characters to be counted in this process; it changes no count."""


TOKENIZERS: dict[str, Callable[[], Tokenizer]] = {
    "cl100k_base": lambda: TiktokenTokenizer("cl100k_base"),
    "o200k_base": lambda: TiktokenTokenizer("o200k_base"),
    "o200k_harmony": lambda: TiktokenTokenizer("o200k_harmony"),
}
"""What makes each tokenizer, by the name that a profile (`encoding`) and params (`tokenize.encoding`) give it."""


@functools.cache
def find_tokenizer(name: str) -> Tokenizer:
    """The one tokenizer of that name in this process.

    Raises UsageError for an unknown name, and what making it raises: InputError where its files are not to be had.

    >>> find_tokenizer("o200k_base").count(["hello world", "<|endoftext|>"])
    [2, 7]
    """
    if name not in TOKENIZERS:
        raise UsageError(f"unknown encoding {name}", allowed=", ".join(sorted(TOKENIZERS)))
    return TOKENIZERS[name]()
