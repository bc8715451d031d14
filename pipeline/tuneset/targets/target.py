"""The model that is to be trained, as the stages ask it: tokens, chat format, limit and price, and how sure a count is.

A target is data alone and can be sent to another process; its tokenizer is made where it is first asked for.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

from tuneset.profile import Model, Profile, bare_name, base_model
from tuneset.targets.chat_format import ChatFormat, chat_format, example_parts
from tuneset.targets.tokenizer import Tokenizer, find_tokenizer

ENCODING_OF_FAMILY = {
    "gpt-5": "o200k_base",
    "gpt-4.5": "o200k_base",
    "gpt-4.1": "o200k_base",
    "gpt-4o": "o200k_base",
    "chatgpt-4o": "o200k_base",
    "o1": "o200k_base",
    "o3": "o200k_base",
    "o4-mini": "o200k_base",
    "gpt-oss-": "o200k_harmony",
    "gpt-4": "cl100k_base",
    "gpt-3.5": "cl100k_base",
    "gpt-35": "cl100k_base",
    "davinci-002": "cl100k_base",
    "babbage-002": "cl100k_base",
}
"""Model families whose vocabulary is known; the longest beginning wins. Explicit, because tiktoken's own map takes
`ft:gpt-4.1...` for gpt-4 and returns cl100k_base (seen with tiktoken 0.14.0, 2026-11-20)."""

FALLBACK_ENCODING = "o200k_base"


class Precision(NamedTuple):
    """Whether a count is what the provider bills, and if it is an estimate, why."""

    kind: Literal["exact", "estimate"]
    reason: str = ""

    @property
    def exact(self) -> bool:
        """Whether nothing is assumed."""
        return self.kind == "exact"


EXACT = Precision("exact")


class Count(NamedTuple):
    """Tokens of one example."""

    tokens: int
    precision: Precision


class Counts(NamedTuple):
    """Tokens of texts, each alone."""

    tokens: list[int]
    precision: Precision


@dataclass(frozen=True)
class Target:
    """A model and how its tokens are counted.

    Args:
        encoding: the name of its tokenizer in TOKENIZERS.
        model: its name, as it was asked for.
        entry: what the profile knows of it; None where the profile does not know it.
        vocabulary: whether `encoding` is the model's own vocabulary.
    """

    encoding: str
    model: str = ""
    entry: Model | None = None
    vocabulary: Precision = EXACT

    @property
    def tokenizer(self) -> Tokenizer:
        """The tokenizer of this process. Raises what `find_tokenizer` raises."""
        return find_tokenizer(self.encoding)

    @property
    def chat(self) -> ChatFormat:
        """What the chat format adds to the texts."""
        return chat_format(self.encoding, self.entry.image_tokens if self.entry else None)

    @property
    def max_example_tokens(self) -> int | None:
        """Most tokens of an example; None where no limit is known."""
        limit = self.entry.max_example_tokens.value if self.entry else None
        return None if limit is None else int(limit)

    @property
    def training_usd_per_million_tokens(self) -> float | None:
        """The price of training, in USD a million tokens; None where it is not known."""
        return self.entry.training_usd_per_million_tokens.value if self.entry else None

    def count_texts(self, texts: Sequence[str]) -> Counts:
        """Tokens of each text alone, without any overhead of the chat format."""
        return Counts(self.tokenizer.count(texts), self.vocabulary)

    def count_example(self, example: Mapping[str, Any]) -> Count:
        """Tokens of one line of any format: its messages, its tools, and for preference pairs both outputs.

        >>> Target("o200k_base").count_example({"messages": [{"role": "user", "content": "hello world"}]})
        Count(tokens=9, precision=Precision(kind='exact', reason=''))
        """
        parts = example_parts(example, self.chat)
        precision = Precision("estimate", parts.assumed) if self.vocabulary.exact and parts.assumed else self.vocabulary
        return Count(parts.overhead + sum(self.tokenizer.count(parts.texts)), precision)

    def first_tokens(self, text: str, most: int) -> str:
        """The longest beginning of `text` that has at most `most` tokens and ends between characters.

        >>> Target("o200k_base").first_tokens("one two three", 2)
        'one two'
        """
        return self.tokenizer.first_tokens(text, most)


def find_target(model: str, profile: Profile, encoding: str | None = None) -> Target:
    """The target that a model of a profile is, counted with `encoding` where one is given.

    Else the profile's own word for the model decides, then its family, then it is o200k_base.

    >>> from tuneset.profile import load_profile
    >>> target = find_target("llama-3", load_profile("openai"))
    >>> target.encoding, target.vocabulary
    ('o200k_base', Precision(kind='estimate', reason='the vocabulary of llama-3 is not known'))
    """
    entry = profile.model(model)
    own = entry.encoding if entry else known_encoding(model)
    chosen = encoding or own or FALLBACK_ENCODING
    return Target(chosen, model, entry, _vocabulary(model, entry, own, chosen))


def known_encoding(model: str) -> str | None:
    """The encoding of a model or fine-tuned model by its family, or None where the family is unknown.

    >>> known_encoding("ft:gpt-4.1-mini-2025-04-14:acme::abc"), known_encoding("openai/gpt-oss-20b")
    ('o200k_base', 'o200k_harmony')
    """
    name = bare_name(base_model(model))
    families = [family for family in ENCODING_OF_FAMILY if name.startswith(family)]
    return ENCODING_OF_FAMILY[max(families, key=len)] if families else None


def _vocabulary(model: str, entry: Model | None, own: str | None, chosen: str) -> Precision:
    """How sure it is that `chosen` is the model's vocabulary, where `own` is what is known of it."""
    if own is None:
        return Precision("estimate", f"the vocabulary of {model} is not known")
    if chosen != own:
        return Precision("estimate", f"counted with {chosen} by params; {model} has {own}")
    if entry is None:
        return Precision("estimate", f"{model} is not in the profile; counted as the family of its name")
    if not entry.encoding_exact:
        return Precision("estimate", f"{model} has a vocabulary of its own; {chosen} stands in for it")
    return EXACT
