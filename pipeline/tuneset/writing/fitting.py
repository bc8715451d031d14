"""What a format cannot take of a conversation, and how one is cut for trainers that learn its last message alone."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection

from tuneset import export_reasons as reasons
from tuneset.example_tables import REASONING
from tuneset.writing.conversation import Conversation, LeftOutError


def refuse(whole: Conversation, *, lacks: Collection[str]) -> None:
    """Raise LeftOutError where a line has what a format lacks: `tools`, `images`, `reasoning` or `names`."""
    if "tools" in lacks and whole.tools:
        raise LeftOutError(reasons.NO_PLACE, "$.tools" if whole.method != "dpo" else "$.input.tools")
    for path, message in whole.said():
        if "tools" in lacks and (message.calls or message.role == "tool"):
            raise LeftOutError(reasons.NO_PLACE, f"{path}: a call of a tool or its answer")
        if "images" in lacks and not isinstance(message.content, str):
            raise LeftOutError(reasons.NO_PLACE, f"{path}.content: an image")
        if "reasoning" in lacks and message.reasoning:
            raise LeftOutError(reasons.NO_PLACE, f"{path}.{REASONING}")
        if "names" in lacks and message.name and message.role != "tool":
            raise LeftOutError(reasons.NO_PLACE, f"{path}.name")


def has_untrained(whole: Conversation) -> bool:
    """Whether a supervised line has an answer that is not to be learned."""
    return whole.method == "sft" and any(m.role == "assistant" and not m.trained for m in whole.messages)


def refuse_untrained(whole: Conversation) -> None:
    """Raise LeftOutError where an answer is not to be learned, or none is, for a trainer that learns all of them."""
    if whole.method != "sft":
        return
    if not any(message.trained for message in whole.messages):
        raise LeftOutError(reasons.NOTHING_TRAINED, "no answer is trained")
    for path, message in whole.said():
        if message.role == "assistant" and not message.trained:
            raise LeftOutError(reasons.WEIGHT_NOT_READ, f"{path}.weight: 0, which this format cannot say")


def up_to_each_answer(whole: Conversation) -> list[Conversation]:
    """One conversation for each trained answer, which is its last message; what comes after it is not in it.

    It is for trainers that learn the last message alone. Raises LeftOutError where no answer is trained.
    """
    places = [place for place, message in enumerate(whole.messages) if message.trained]
    if not places:
        raise LeftOutError(reasons.NOTHING_TRAINED, "no answer is trained")
    if len(places) > 1:
        whole.changes.add(reasons.SPLIT)
    if places[-1] < len(whole.messages) - 1:
        whole.changes.add(reasons.REST_CUT)
    return [dataclasses.replace(whole, messages=whole.messages[: place + 1]) for place in places]
