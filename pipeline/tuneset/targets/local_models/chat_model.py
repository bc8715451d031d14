"""A model that is at hand: its vocabulary and its chat template together, loaded once a process.

It says which text and which tokens a conversation is, and what of them the model would be asked with. Which tokens are
trained is the business of `targets/masks/`.
"""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tuneset.errors import InputError
from tuneset.targets.local_models.model_files import (
    CONFIG_FILE,
    ModelFiles,
    ModelPlace,
    read_json,
    read_model_files,
    require_extra,
)
from tuneset.targets.local_models.ranked_vocabulary import RankedVocabulary
from tuneset.targets.local_models.ranks import read_tekken, read_tiktoken
from tuneset.targets.local_models.rendering import Message, RenderError, Rendering
from tuneset.targets.local_models.vocabulary import Vocabulary

if TYPE_CHECKING:  # jinja2 is of an extra, which `open_model` asks for
    from tuneset.targets.local_models.chat_template import ChatTemplate

NO_TEMPLATE = "the model has no chat template"
_PROBE = (
    {"role": "user", "content": "Which animal?"},
    {"role": "assistant", "content": "A zebra, Quagga"},
    {"role": "user", "content": "Why?"},
)


class ChatModel:
    """A model's vocabulary and templates.

    Args:
        files: what was read of it.
        vocabulary: its vocabulary, loaded.
    """

    def __init__(self, files: ModelFiles, vocabulary: Vocabulary | RankedVocabulary) -> None:
        self.files = files
        self.vocabulary = vocabulary
        self._templates: dict[str, ChatTemplate] = {}

    @property
    def has_template(self) -> bool:
        """Whether the model says how a conversation is written."""
        return self.files.template(tools=False) is not None

    def template(self, *, tools: bool = False) -> ChatTemplate:
        """The template for examples with or without tools. Raises RenderError where there is none."""
        from tuneset.targets.local_models.chat_template import ChatTemplate  # noqa: PLC0415  of an extra

        source = self.files.template(tools=tools)
        if source is None:
            raise RenderError("failed", NO_TEMPLATE)
        if source not in self._templates:
            where = f"{self.files.folder}/{self.files.template_file}"
            self._templates[source] = ChatTemplate(source, self.files.named_tokens, where)
        return self._templates[source]

    def render(
        self, messages: Sequence[Message], tools: Sequence[Any] | None = None, *, generation_prompt: bool = False
    ) -> Rendering:
        """The text of a conversation. Raises RenderError where the template makes none.

        Tools that are an empty list are passed as None, as they stand for none.
        """
        template = self.template(tools=bool(tools))
        return template.render(messages, tools or None, generation_prompt=generation_prompt)

    @functools.cached_property
    def generation_prompt(self) -> str:
        """What the template writes to ask for an answer to a plain question; "" where it writes nothing."""
        try:
            without = self.render(_PROBE).text
            with_prompt = self.render(_PROBE, generation_prompt=True).text
        except RenderError:
            return ""
        return with_prompt.removeprefix(without) if with_prompt.startswith(without) else ""

    @functools.cached_property
    def end_of_turn(self) -> str:
        """What ends an answer: the special token that follows it, else the model's end token, else ""."""
        eos = self.files.named_tokens.get("eos_token", "")
        try:
            text = self.render(_PROBE[:2]).text
        except RenderError:
            return eos
        answer = _PROBE[1]["content"]
        after = text[text.rfind(answer) + len(answer) :]
        return min(
            (token for token in self.vocabulary.added_tokens if token in after),
            key=lambda token: (after.index(token), -len(token)),
            default=eos,
        )

    @functools.cached_property
    def ends_of_turn(self) -> tuple[str, ...]:
        """Tokens that may end an answer: the usual one, the end token, then all special ones, the longest first."""
        numbers = self.vocabulary.special_ids
        special = (token for token, number in self.vocabulary.added_tokens.items() if number in numbers)
        first = (self.end_of_turn, self.files.named_tokens.get("eos_token", ""))
        return tuple(dict.fromkeys(token for token in (*first, *sorted(special, key=len, reverse=True)) if token))


@functools.lru_cache(maxsize=4)
def open_model(place: ModelPlace) -> ChatModel:
    """Load a model, once a process.

    Raises InputError where its files are missing, broken or do not fit together, UsageError where a library is missing.
    """
    require_extra(place.folder)
    files = read_model_files(Path(place.folder), Path(place.template) if place.template else None)
    vocabulary: Vocabulary | RankedVocabulary
    if files.kind == "huggingface":
        vocabulary = Vocabulary(files.vocabulary)
    else:
        read = read_tekken if files.kind == "tekken" else read_tiktoken
        vocabulary = RankedVocabulary(read(files.vocabulary), files.vocabulary)
        # Such a file names the tokens itself, which a config in its folder may say otherwise.
        files = dataclasses.replace(files, named_tokens={**vocabulary.named_tokens, **files.named_tokens})
    _check(files, vocabulary)
    model = ChatModel(files, vocabulary)
    if model.has_template:
        model.template()
    return model


def _check(files: ModelFiles, vocabulary: Vocabulary | RankedVocabulary) -> None:
    """Hold a vocabulary to its config. Raises InputError where they are of different models."""
    config = files.folder / CONFIG_FILE
    for name, token in files.named_tokens.items():
        if name in ("bos_token", "eos_token", "pad_token") and vocabulary.id_of(token) is None:
            raise InputError(
                f"{config}: its {name} is no token of {files.vocabulary.name}",
                hint="the files are of different models: fetch the snapshot again as a whole",
            )
    declared = read_json(config).get("added_tokens_decoder") if config.is_file() else None
    for number, token in (declared if isinstance(declared, dict) else {}).items():
        content = token.get("content") if isinstance(token, dict) else None
        if isinstance(content, str) and str(vocabulary.id_of(content)) != str(number):
            raise InputError(
                f"{config}: a token of added_tokens_decoder has another number in {files.vocabulary.name}",
                allowed=f"the number {vocabulary.id_of(content)} in place of {number}",
                hint="the files are of different models: fetch the snapshot again as a whole",
            )
