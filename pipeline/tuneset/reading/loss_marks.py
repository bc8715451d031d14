"""Marks by which trainers say that a message is learned or not, brought to the one that examples have: `weight`.

Forms: `loss` (ms-swift), `train` and `training` (Axolotl), `trainable` (Tinker's cookbook), each true, false, 0 or 1.
Where a message has a weight already, that one holds.
"""

from __future__ import annotations

from typing import Any

from tuneset.example_tables import Example

_MARKS = ("loss", "train", "training", "trainable")
_PLAIN_KEYS = 2  # a role and a content

Message = dict[str, Any]


def with_weights(example: Example) -> Example:
    """The example with weights in the place of marks; the same object where there is nothing to do.

    >>> with_weights({"messages": [{"role": "assistant", "content": "4", "loss": False}]})
    {'messages': [{'role': 'assistant', 'content': '4', 'weight': 0}]}
    """
    messages = example.get("messages")
    if messages is None:  # a preference pair, whose answers are always learned
        return example
    for message in messages:
        if len(message) > _PLAIN_KEYS and not message.keys().isdisjoint(_MARKS):
            return {**example, "messages": [_weighted(one) for one in messages]}
    return example


def _weighted(message: Message) -> Message:
    """A message without marks; a weight stands for one on an answer, and on no other message."""
    marks = [key for key in _MARKS if key in message and message[key] in (0, 1, None)]
    if not marks:
        return message
    rest = {key: value for key, value in message.items() if key not in marks}
    told = [message[key] for key in marks if message[key] is not None]
    if message.get("role") != "assistant" or not told or "weight" in rest:
        return rest
    return {**rest, "weight": int(all(told))}
