"""The contents of messages as a model's chat template reads them: as a text, or as parts, of which some are pictures.

Templates of models that see read parts, and some nothing else; of a text they may show nothing without a word. Most
others fail on parts. Which of both a template reads is tried once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

from tuneset.targets.local_models.chat_model import ChatModel
from tuneset.targets.local_models.rendering import RenderError

Messages: TypeAlias = Sequence[Mapping[str, Any]]

_ASKED, _SAID = "Quagga", "Zebra"


class MessageForms:
    """What a template reads: `texts`, `parts`, and whether it has a place for `pictures` among these."""

    def __init__(self, chat: ChatModel) -> None:
        self.texts = _reads(chat, _ASKED, _SAID) is not None
        plain = _reads(chat, *([{"type": "text", "text": text}] for text in (_ASKED, _SAID)))
        self.parts = plain is not None
        shown = _reads(chat, [{"type": "image"}, {"type": "text", "text": _ASKED}], [{"type": "text", "text": _SAID}])
        self.pictures = self.parts and shown not in (None, plain)

    def put(self, messages: Messages) -> Messages:
        """Messages in a form that the template reads, pictures as transformers names them.

        Those that are texts stay texts where it reads them and no other message has parts.
        """
        mixed = any(isinstance(message.get("content"), list) for message in messages)
        if self.parts and (mixed or not self.texts):
            return [_with(message, _parts) for message in messages]
        return [_with(message, _text) for message in messages] if mixed else messages


def _reads(chat: ChatModel, asked: object, said: object) -> str | None:
    """The text of a conversation; None where the template makes none in which both can be read as they are."""
    try:
        text = chat.render([{"role": "user", "content": asked}, {"role": "assistant", "content": said}]).text
    except RenderError:
        return None
    return text if _ASKED in text and _SAID in text and "'text'" not in text and '"text"' not in text else None


def _with(message: Mapping[str, Any], form: Callable[[object], object]) -> Mapping[str, Any]:
    content = message.get("content")
    return message if content is None else {**message, "content": form(content)}


def _parts(content: object) -> object:
    """A content as parts.

    >>> _parts("a"), _parts([{"type": "image_url", "image_url": {"path": "a.png"}}, {"type": "text", "text": "b"}])
    ([{'type': 'text', 'text': 'a'}], [{'type': 'image'}, {'type': 'text', 'text': 'b'}])
    """
    if not isinstance(content, list):
        return [{"type": "text", "text": content}]
    return [
        {"type": "image"} if part["type"] == "image_url" else {"type": "text", "text": _text([part])}
        for part in content
    ]


def _text(content: object) -> object:
    """A content as one text; what a picture shows is not in it.

    >>> _text([{"type": "text", "text": "a"}, {"type": "refusal", "refusal": "b"}]), _text("c")
    ('ab', 'c')
    """
    if not isinstance(content, list):
        return content
    return "".join(str(part.get(part["type"], "")) for part in content if part["type"] != "image_url")
