"""The model that is to be trained, as the stages ask it: tokens, chat format, limit and price, and how sure a count is.

A target is data alone and can be sent to another process; its tokenizer is made where it is first asked for.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from tuneset.profile import Model, Profile, bare_name, base_model
from tuneset.targets.chat_format import ChatFormat, chat_format, example_parts
from tuneset.targets.local_models.find_model import find_model, not_found
from tuneset.targets.local_models.model_files import ModelPlace, require_extra
from tuneset.targets.masks.recipes import DEFAULT_RECIPE
from tuneset.targets.tokenizer import Tokenizer, find_tokenizer

if TYPE_CHECKING:
    from tuneset.targets.local_models.chat_model import ChatModel

NO_TEMPLATE = "the model has no chat template: what one adds is estimated"
"""Why tokens are an estimate though the vocabulary is the model's own."""

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


class ExampleCount(NamedTuple):
    """What one example is to its model.

    Args:
        tokens: all of its tokens, as `Count` has them.
        precision: of that number.
        trained: how many of them the recipe trains; None where there is no template to say so.
        unstable: trained answers that do not stand by their prefix, as `Mask.unstable` has them.
    """

    tokens: int
    precision: Precision
    trained: int | None = None
    unstable: int = 0


class TextCounts(NamedTuple):
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
        place: where the model's files are, if its own vocabulary and template are at hand; then they count.
        recipe: by which trainer's recipe tokens are trained; only with `place`.
    """

    encoding: str
    model: str = ""
    entry: Model | None = None
    vocabulary: Precision = EXACT
    place: ModelPlace | None = None
    recipe: str = DEFAULT_RECIPE

    @property
    def tokenizer(self) -> Tokenizer:
        """The tokenizer of this process. Raises what `find_tokenizer` and `open_model` raise."""
        if self.place is not None:
            return self.local_model().vocabulary
        return find_tokenizer(self.encoding)

    def local_model(self) -> ChatModel:
        """The model whose files are at hand. Raises what `open_model` raises."""
        from tuneset.targets.local_models.chat_model import open_model  # noqa: PLC0415  0.02 s, where a model's files are named

        assert self.place is not None
        return open_model(self.place)

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

    def count_texts(self, texts: Sequence[str]) -> TextCounts:
        """Tokens of each text alone, without any overhead of the chat format."""
        return TextCounts(self.tokenizer.count(texts), self.vocabulary)

    def count_example(self, example: Mapping[str, Any]) -> Count:
        """Tokens of one line of any format: its messages, its tools, and for preference pairs both outputs.

        >>> Target("o200k_base").count_example({"messages": [{"role": "user", "content": "hello world"}]})
        Count(tokens=9, precision=Precision(kind='exact', reason=''))
        """
        if self.place is not None:
            measured = self.measure(example)
            return Count(measured.tokens, measured.precision)
        parts = example_parts(example, self.chat)
        precision = Precision("estimate", parts.assumed) if self.vocabulary.exact and parts.assumed else self.vocabulary
        return Count(parts.overhead + sum(self.tokenizer.count(parts.texts)), precision)

    def assumed(self, example: Mapping[str, Any]) -> str:
        """Why the tokens of a line are an estimate whatever the vocabulary, or nothing."""
        return example_parts(example, self.chat).assumed

    def measure(self, example: Mapping[str, Any]) -> ExampleCount:
        """The tokens of one line of any format and, where the model's template is at hand, those that are trained."""
        if self.place is None:
            return ExampleCount(*self.count_example(example))
        from tuneset.targets.masks.measure import measure_example  # noqa: PLC0415  the same

        model = self.local_model()
        found = measure_example(model, example, self.recipe) if model.has_template else NO_TEMPLATE
        if not isinstance(found, str):
            return ExampleCount(found.tokens, EXACT, found.trained, found.unstable)
        parts = example_parts(example, self.chat)
        return ExampleCount(parts.overhead + sum(self.tokenizer.count(parts.texts)), Precision("estimate", found))

    def first_tokens(self, text: str, most: int) -> str:
        """The longest beginning of `text` that has at most `most` tokens and ends between characters.

        >>> Target("o200k_base").first_tokens("one two three", 2)
        'one two'
        """
        return self.tokenizer.first_tokens(text, most)


def find_target(
    model: str,
    profile: Profile,
    encoding: str | None = None,
    *,
    local: str | None = None,
    template: str | None = None,
    recipe: str = DEFAULT_RECIPE,
) -> Target:
    """The target that a model of a profile is, counted with `encoding` where one is given.

    Else the profile's own word for the model decides, then its family, then it is o200k_base. With `local` the files of
    the model of that name count, where they are on this machine, or it is a model of the profile itself.
    Raises UsageError where `local` is neither.

    >>> from tuneset.profile import load_profile
    >>> target = find_target("llama-3", load_profile("openai"))
    >>> target.encoding, target.vocabulary
    ('o200k_base', Precision(kind='estimate', reason='the vocabulary of llama-3 is not known'))
    """
    if local is not None:
        require_extra(f"target {local}")
        place = find_model(local, template or "")
        if place is not None:
            return Target(local, model, profile.model(model), EXACT, place, recipe)
        if profile.model(local) is None:
            raise not_found(local, profile.models)
        model = local
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
