"""Which tokens of an example are trained, for a model that is at hand and a trainer's recipe.

The text is rendered as the trainer would hand it to the template; turns are found (`turns.py`), the recipe says what of
them is trained, and the spans in characters become spans of tokens: a token is trained where any of its characters is,
as in transformers 5.24. Nothing is judged here.
"""

from __future__ import annotations

import dataclasses
import functools
import json
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import orjson

from tuneset.targets.local_models.chat_model import ChatModel
from tuneset.targets.local_models.rendering import REASONING_KEYS, Message, RenderError, Span
from tuneset.targets.local_models.vocabulary import Encoded
from tuneset.targets.masks.recipes import Recipe
from tuneset.targets.masks.segments import Segment, end_span, segments, words
from tuneset.targets.masks.turns import Located, locate

IGNORED_LABEL = -100
"""The label of a token that is not trained, as PyTorch's cross entropy ignores it."""


@dataclasses.dataclass(frozen=True)
class Mask:
    """What is trained of one conversation.

    Args:
        messages: as the template got them.
        located: the text and its turns.
        tokens: the tokens of the text.
        trained: spans of characters that are trained, in order.
        ends: the texts of tokens that may end an answer.
    """

    messages: Sequence[Message]
    located: Located
    tokens: Encoded
    trained: list[Span]
    ends: Sequence[str]

    @property
    def text(self) -> str:
        """The rendered text."""
        return self.located.text

    @functools.cached_property
    def trained_tokens(self) -> list[Span]:
        """Spans of tokens that are trained: each token that has a trained character."""
        found: list[Span] = []
        for start, end in self.trained:
            first = int(np.searchsorted(self.tokens.ends, start, "right"))
            last = int(np.searchsorted(self.tokens.starts, end, "left"))
            if last <= first:
                continue
            if found and first <= found[-1][1]:
                found[-1] = (found[-1][0], max(last, found[-1][1]))
            else:
                found.append((first, last))
        return found

    @functools.cached_property
    def unstable(self) -> list[int]:
        """Numbers of the trained answers, from 0 among all messages, that do not stand by their prefix.

        Such an answer is trained after another text than the model is asked with there, or is shown otherwise once the
        conversation goes on.
        """
        return [
            number
            for number, turn in enumerate(self.located.turns)
            if not (turn.stable and turn.kept)
            and (turn.body is None or turn.end is None or self._holds(turn.body, turn.end))
        ]

    def _holds(self, start: int, end: int) -> bool:
        """Whether any of these characters is trained."""
        return any(first < end and start < last for first, last in self.trained)

    @property
    def count(self) -> int:
        """How many tokens there are."""
        return len(self.tokens.ids)

    @property
    def trained_count(self) -> int:
        """How many of them are trained."""
        return sum(last - first for first, last in self.trained_tokens)

    @functools.cached_property
    def segments(self) -> list[Segment]:
        """The parts of the text, which together are the whole."""
        return segments(self.messages, self.located, self.ends)

    def labels(self) -> npt.NDArray[np.int64]:
        """The label of each token: its number where it is trained, else IGNORED_LABEL."""
        found = np.full(self.count, IGNORED_LABEL, np.int64)
        for first, last in self.trained_tokens:
            found[first:last] = self.tokens.ids[first:last]
        return found

    def straddling(self) -> list[int]:
        """Tokens that begin in what is not trained and end in what is: the model is asked with other tokens."""
        return [
            first
            for (first, _), (start, _) in zip(self.trained_tokens, self.trained, strict=False)
            if int(self.tokens.starts[first]) < start
        ]


def mask_example(model: ChatModel, example: Mapping[str, Any], recipe: Recipe) -> Mask:
    """The mask of one line of chat; of a preference pair, that of its prompt with the preferred answer.

    Raises RenderError where the template makes no text of it.
    """
    messages, tools = conversation(example)
    return mask_messages(model, messages, tools, recipe)


def mask_messages(model: ChatModel, messages: Sequence[Message], tools: Sequence[Any] | None, recipe: Recipe) -> Mask:
    """The mask of messages as a line has them. Raises RenderError where the template makes no text of them."""
    if not messages:
        raise RenderError("failed", "there is no message")
    shown = prepared(messages, recipe)
    located = locate(model, shown, tools)
    trained = _trained(model, shown, located, recipe)
    return Mask(
        shown,
        located,
        model.vocabulary.encode(located.text),
        trained,
        model.ends_of_turn,
    )


def conversation(example: Mapping[str, Any]) -> tuple[list[Message], list[Any] | None]:
    """The messages and tools of a line of any format; of a preference pair with the preferred answer."""
    holder = example.get("input") if isinstance(example.get("input"), Mapping) else example
    assert isinstance(holder, Mapping)
    found = [*_list(holder.get("messages")), *_list(example.get("preferred_output"))]
    messages = [message for message in found if isinstance(message, Mapping)]
    tools = _list(holder.get("tools"))
    return messages, tools or None


def prepared(messages: Sequence[Message], recipe: Recipe) -> Sequence[Message]:
    """Messages as a recipe's trainer hands them to the template."""
    if recipe.arguments == "objects" and any(message.get("tool_calls") for message in messages):
        messages = [_with_objects(message) if message.get("tool_calls") else message for message in messages]
    if recipe.reasoning == "left_out":
        messages = [{k: v for k, v in message.items() if k not in REASONING_KEYS} for message in messages]
    return messages


def _with_objects(message: Message) -> Message:
    """A message whose calls have their arguments as objects, where they are the JSON text of one."""
    calls = []
    for call in _list(message.get("tool_calls")):
        function = call.get("function") if isinstance(call, Mapping) else None
        if isinstance(function, Mapping) and isinstance(function.get("arguments"), str):
            arguments = _object(function["arguments"])
            if arguments is not None:
                calls.append({**call, "function": {**function, "arguments": arguments}})
                continue
        calls.append(call)
    return {**message, "tool_calls": calls}


def _object(text: str) -> dict[str, Any] | None:
    """The object that a JSON text is; None where it is none."""
    try:
        value = orjson.loads(text)
    except orjson.JSONDecodeError:
        try:
            value = json.loads(text)
        except (ValueError, RecursionError):
            return None
    return value if isinstance(value, dict) else None


def _trained(model: ChatModel, messages: Sequence[Message], located: Located, recipe: Recipe) -> list[Span]:
    """The spans that a recipe trains, in characters."""
    if recipe.uses_generation and model.template().has_generation:
        return [span for span in located.generation if span[1] > span[0]]
    answers = [number for number, message in enumerate(messages) if message.get("role") == "assistant"]
    last = answers[-1] if answers else -1
    found: list[Span] = []
    for number, (message, turn) in enumerate(zip(messages, located.turns, strict=True)):
        if turn.start is None or turn.body is None or turn.end is None:
            continue
        wanted = is_trained(message, recipe) and (recipe.turns == "all" or number == last)
        end, after = end_span(located.text, turn, model.ends_of_turn)
        if not wanted:
            if recipe.last_end_always and number == last and after > end:
                found.append((end, after))
            continue
        if recipe.end_of_turn:
            end = after
        eos = model.files.named_tokens.get("eos_token", "")
        if recipe.after_end == "yes" or (recipe.after_end == "unless_eos" and model.end_of_turn != eos):
            end = turn.end
        begin = turn.body
        if message.get("role") != "assistant":
            begin = max(located.text.find(words(message).strip(), begin, end), begin)
        if end > begin:
            found.append((begin, end))
    return found


def is_trained(message: Message, recipe: Recipe) -> bool:
    """Whether a recipe trains a message, by its role and its own word.

    >>> from tuneset.targets.masks.recipes import RECIPES
    >>> is_trained({"role": "assistant", "weight": 0}, RECIPES["axolotl"])
    False
    """
    role = message.get("role")
    own = message.get(recipe.switch) if recipe.switch else None
    if own is not None and (role == "assistant" or recipe.switch_on_any):
        return bool(own)
    return role == "assistant"


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []
