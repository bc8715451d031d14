"""How many tokens an example has and how many of them are trained, for a model that is at hand: numbers alone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from tuneset.targets.local_models.chat_model import ChatModel
from tuneset.targets.local_models.rendering import RenderError
from tuneset.targets.masks.mask import conversation, mask_messages
from tuneset.targets.masks.recipes import RECIPES


class MaskCounts(NamedTuple):
    """Tokens of an example, those that are trained, and trained answers that do not stand by their prefix."""

    tokens: int
    trained: int
    unstable: int


def measure_example(model: ChatModel, example: Mapping[str, Any], recipe: str) -> MaskCounts | str:
    """The numbers of one line of any format; why there are none, where the template makes no text of it.

    Of a preference pair the prompt counts once and both answers; trained is what is trained of the preferred one. A
    line that ends with a question counts with what asks for its answer.
    """
    messages, tools = conversation(example)
    try:
        if messages and messages[-1].get("role") not in ("assistant", "tool"):
            text = model.render(messages, tools, generation_prompt=True).text
            return MaskCounts(len(model.vocabulary.ids(text)), 0, 0)
        mask = mask_messages(model, messages, tools, RECIPES[recipe])
        found = MaskCounts(mask.count, mask.trained_count, len(mask.unstable))
        rejected = example.get("non_preferred_output")
        if not isinstance(rejected, list):
            return found
        prompt = messages[: len(messages) - len(example["preferred_output"])]
        asked = model.render(prompt, tools, generation_prompt=True).text
        other = mask_messages(model, [*prompt, *rejected], tools, RECIPES[recipe])
        return found._replace(tokens=found.tokens + other.count - len(model.vocabulary.ids(asked)))
    except RenderError as error:
        return error.reason
