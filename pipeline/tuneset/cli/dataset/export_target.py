"""The model that an export is made for, as export formats ask it: tokens of a conversation, and which are learned."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from tuneset.errors import UsageError
from tuneset.export_reasons import NOT_RENDERED
from tuneset.targets.local_models.chat_model import open_model
from tuneset.targets.local_models.find_model import find_model, not_found
from tuneset.targets.local_models.rendering import RenderError
from tuneset.targets.masks.mask import Mask, mask_messages
from tuneset.targets.masks.recipes import DEFAULT_RECIPE, RECIPES
from tuneset.writing.conversation import LeftOutError


class LocalTarget:
    """A model whose vocabulary and chat template are at hand.

    Raises UsageError where there is none of that name, or it has no template; InputError where its files are broken.
    """

    def __init__(self, name: str) -> None:
        place = find_model(name)
        if place is None:
            raise not_found(name, {})
        self.name = name
        self._model = open_model(place)
        if not self._model.has_template:
            raise UsageError(f"--target {name}: has no chat template", hint="name a model that was tuned to chat")

    def encode(
        self, messages: Sequence[dict[str, Any]], tools: Sequence[dict[str, Any]]
    ) -> tuple[list[int], list[int]]:
        """The tokens of a conversation, and for each 1 where it is learned and 0 where not.

        Learned is every answer with its end, but those of weight 0. Raises LeftOutError `NOT_RENDERED` where the
        template makes no text of it, or leaves out what a message says.
        """
        mask = self._mask(messages, tools)
        for place, message in enumerate(messages):
            for text in _texts(message):
                if text not in mask.text and json.dumps(text, ensure_ascii=False)[1:-1] not in mask.text:
                    raise LeftOutError(NOT_RENDERED, f"the template leaves message {place + 1} out, or a part of it")
        learned = [0] * mask.count
        for first, last in mask.trained_tokens:
            learned[first:last] = [1] * (last - first)
        return [int(one) for one in mask.tokens.ids], learned

    def unstable(self, messages: Sequence[dict[str, Any]], tools: Sequence[dict[str, Any]]) -> list[int]:
        """Numbers, from 0, of the trained answers that do not stand by their prefix, as `Mask.unstable` has them.

        Raises LeftOutError `NOT_RENDERED` where the template makes no text of the conversation.
        """
        return self._mask(messages, tools).unstable

    def _mask(self, messages: Sequence[dict[str, Any]], tools: Sequence[dict[str, Any]]) -> Mask:
        try:
            return mask_messages(self._model, messages, list(tools) or None, RECIPES[DEFAULT_RECIPE])
        except RenderError as error:
            raise LeftOutError(NOT_RENDERED, error.reason) from error


def _texts(message: dict[str, Any]) -> list[str]:
    """What a rendered text must hold of a message: what it says, and the names of the tools that it calls.

    Reasoning is not among it: templates leave that of earlier turns out, which is how these models are asked.
    """
    content = message.get("content")
    found = [content.strip()] if isinstance(content, str) else []
    return [*found, *(str(call["function"]["name"]) for call in message.get("tool_calls") or [])]
