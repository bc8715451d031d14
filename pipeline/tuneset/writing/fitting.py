"""What a format cannot take of a conversation, and how one is cut for trainers that learn its last message alone."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection

from tuneset import export_reasons as reasons
from tuneset.example_tables import REASONING
from tuneset.writing.conversation import Conversation, LeftOutError


def refuse(whole: Conversation, *, lacks: Collection[str]) -> None:
    """Raise LeftOutError where a line has what a format lacks.

    That is `tools`, `images`, `images of others` than the user, `reasoning` or `names`.
    """
    if "tools" in lacks and whole.tools:
        raise LeftOutError(reasons.NO_PLACE, "$.tools" if whole.method != "dpo" else "$.input.tools")
    for path, message in whole.said():
        if "tools" in lacks and (message.calls or message.role == "tool"):
            raise LeftOutError(reasons.NO_PLACE, f"{path}: a call of a tool or its answer")
        if "images" in lacks and not isinstance(message.content, str):
            raise LeftOutError(reasons.NO_PLACE, f"{path}.content: an image")
        if "images of others" in lacks and not isinstance(message.content, str) and message.role != "user":
            raise LeftOutError(reasons.NO_PLACE, f"{path}.content: an image that is not the user's")
        if "reasoning" in lacks and message.reasoning:
            raise LeftOutError(reasons.NO_PLACE, f"{path}.{REASONING}")
        if "names" in lacks and message.name and message.role != "tool":
            raise LeftOutError(reasons.NO_PLACE, f"{path}.name")


def refuse_unasked(whole: Conversation) -> None:
    """Raise LeftOutError where nothing stands before an answer, for trainers that render the prompt by itself.

    Of a supervised line that is each trained answer, else the last message; of a pair its prompt.
    """
    first = whole.messages[0] if whole.messages else None
    learned = first is not None and (first.trained if whole.method == "sft" else len(whole.messages) == 1)
    if first is None or (whole.method != "dpo" and first.role == "assistant" and learned):
        raise LeftOutError(reasons.TURNS_NOT_TAKEN, "no message stands before an answer")


def tell_names(whole: Conversation) -> None:
    """Note where a row carries the name of who speaks, which a template may not show."""
    if any(message.name and message.role != "tool" for _, message in whole.said()):
        whole.changes.add(reasons.NAME_CARRIED)


def tell_detail(whole: Conversation) -> None:
    """Note where an image says at which detail it is to be seen, for a format that has no place for it."""
    for _, message in whole.said():
        for part in message.content if isinstance(message.content, list) else []:
            if part["type"] == "image_url" and part["image_url"].get("detail") not in (None, "auto"):
                whole.changes.add(reasons.DETAIL_LEFT)


def refuse_columns(whole: Conversation, taken: Collection[str], prefixes: tuple[str, ...] = ()) -> None:
    """Raise LeftOutError where a task has a column under a name that the trainer takes for something of its own."""
    for name in sorted(whole.columns):
        if name in taken or name.startswith(prefixes):
            detail = f"a column called {name}" if name in taken else "a column whose name begins with a word of its own"
            raise LeftOutError(reasons.NO_PLACE, f"{detail}, which the trainer takes for something else")


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
