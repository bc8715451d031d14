"""A conversation up to one of its answers, which alone is trained: what is made of one that is not prefix-stable.

Which conversations need it, a mask says (`Mask.unstable`). Nothing is known here of tokens or tables.
"""

from __future__ import annotations

from collections.abc import Sequence

from tuneset.targets.local_models.rendering import Message
from tuneset.targets.masks.mask import is_trained
from tuneset.targets.masks.recipes import Recipe


def trained_answers(messages: Sequence[Message], recipe: Recipe) -> list[int]:
    """The trained answers of a conversation, counted among all its answers from 1.

    >>> from tuneset.targets.masks.recipes import RECIPES
    >>> answer = {"role": "assistant", "content": "a"}
    >>> trained_answers([answer, {**answer, "weight": 0}, answer], RECIPES["answers"])
    [1, 3]
    """
    answers = [message for message in messages if message.get("role") == "assistant"]
    return [number for number, message in enumerate(answers, 1) if is_trained(message, recipe)]


def up_to_answer(messages: Sequence[Message], answer: int) -> list[Message]:
    """The messages up to an answer, counted from 1, with weight 0 on what would be trained up to the answer before it.

    >>> talk = [{"role": role, "content": role[0]} for role in ("user", "assistant") * 2]
    >>> [message.get("weight") for message in up_to_answer(talk, 2)]
    [None, 0, None, None]
    """
    places = [place for place, message in enumerate(messages) if message.get("role") == "assistant"]
    before, last = places[answer - 2] if answer > 1 else -1, places[answer - 1]
    return [
        {**message, "weight": 0} if place <= before and _may_be_trained(message) else message
        for place, message in enumerate(messages[: last + 1])
    ]


def _may_be_trained(message: Message) -> bool:
    return message.get("role") == "assistant" or bool(message.get("weight"))
