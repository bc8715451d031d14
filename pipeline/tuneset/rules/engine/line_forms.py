"""Lines that are no conversation and are trained as they are: a prompt with its completion, or a text alone.

Where a profile takes them, such a line is judged as the conversation that it stands for, and what is found is told at
the place where it stands in the line. Nothing is judged here.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from tuneset.rules.accessors import Object
from tuneset.rules.issue import Issue, json_path

Form = Literal["messages", "prompt", "text"]

_KEYS: dict[Form, tuple[str, ...]] = {"prompt": ("prompt", "completion"), "text": ("text",)}
FORMS = tuple(_KEYS)
"""Every form but messages."""
FORM_WORDS: dict[Form, str] = {"messages": "messages", "prompt": "prompt and completion", "text": "text"}
"""What a form is called."""
_SPOKEN_BY_USERS = frozenset({"CNV011"})
"""Rules on what is asked: a text asks nothing."""


def line_form(example: Object) -> Form | None:
    """Which form a line has; None where it has none, or some other keys of a format.

    >>> line_form({"prompt": "2 + 2?", "completion": "4"}), line_form({"text": "Once"}), line_form({"prompt": "2 + 2?"})
    ('prompt', 'text', None)
    """
    if "messages" in example:
        return "messages"
    return next((form for form, keys in _KEYS.items() if all(key in example for key in keys)), None)


def is_taken(example: Object, form: Form, forms: Sequence[str]) -> bool:
    """Whether a line of a form is taken as it is: where the profile takes the form, or an unpaired preference has it.

    That is a prompt and its completion with a label, one of the two forms that KTOTrainer of TRL takes (TRL 1.0
    documentation, dataset formats, unpaired preference, 2026-11-20); no provider's profile speaks of them.

    >>> is_taken({"prompt": "?", "completion": "!", "label": True}, "prompt", [])
    True
    """
    return form in forms or (form == "prompt" and isinstance(example.get("label"), bool))


def as_chat(example: Object, forms: Sequence[str]) -> Object:
    """The conversation that a line stands for, if it has a form that is taken; else the line itself.

    >>> as_chat({"text": "Once", "weight": 0.5}, ["text"])
    {'messages': [{'role': 'assistant', 'content': 'Once'}], 'weight': 0.5}
    """
    form = line_form(example)
    if form is None or form == "messages" or not is_taken(example, form, forms):
        return example
    keys = _KEYS[form]
    roles = ("user", "assistant")[-len(keys) :]
    messages = [{"role": role, "content": example[key]} for role, key in zip(roles, keys, strict=True)]
    return {"messages": messages, **{key: value for key, value in example.items() if key not in keys}}


def told_in_line(issues: Sequence[Issue], form: Form) -> list[Issue]:
    """Issues of the conversation, at the places that they have in a line of that form."""
    return [_in_line(one, _KEYS[form]) for one in issues if form != "text" or one.code not in _SPOKEN_BY_USERS]


def _in_line(one: Issue, keys: tuple[str, ...]) -> Issue:
    match one.parts:
        case ("messages", int(number), "content", *rest):
            key = keys[number]
            parts = (key, *rest)
            said = f"{key}{one.message.removeprefix('content')}" if one.message.startswith("content ") else one.message
            return one._replace(parts=parts, path=json_path(parts), message=said)
        case ("messages", *_):
            return one._replace(parts=(), path="$")
    return one
