"""A line of unpaired preference: what is wrong with it, in the words of the others.

No provider trains by such lines, so the format is the one that `tuneset check` knows (`kto`): a chat example that ends
with an answer, and `label`, which says whether that answer is good.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tuneset.training.chat_lines import count_images, example_fault


def unpaired_fault(example: Mapping[str, Any]) -> str | None:
    """What is wrong with a line, as it follows on `Example N`, or None.

    >>> unpaired_fault({"messages": [], "label": "good"})
    ': label must be true or false.'
    """
    if "label" not in example:
        return " is missing key 'label'."
    if not isinstance(example["label"], bool):
        return ": label must be true or false."
    chat = {name: value for name, value in example.items() if name != "label"}
    fault = example_fault(chat)
    if fault is not None:
        return fault
    if count_images(chat):
        return ": images are not supported with the method 'kto'."
    return None


def judged_example(example: Mapping[str, Any]) -> dict[str, Any]:
    """A valid line as a chat example, of which the last answer alone is to be learned."""
    *before, last = example["messages"]
    prompt = [message | {"weight": 0} if message["role"] == "assistant" else message for message in before]
    return {**example, "messages": [*prompt, {**last, "weight": 1}]}
