"""A model that can be asked at the address of its provider: a question, an answer, and the interface of it.

Which provider offers it, and how a question becomes a call, is a matter of each protocol.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any, Protocol, runtime_checkable


@dataclasses.dataclass(frozen=True)
class ChatQuestion:
    """What a model is asked: the messages, and what of a body says which tools there are.

    An answer has at most `max_tokens` tokens. Without `temperature` and `seed` the endpoint's own hold;
    `response_format` says what form an answer has.
    """

    model: str
    messages: tuple[Mapping[str, Any], ...]
    tools: Mapping[str, Any]
    seed: int | None
    max_tokens: int
    temperature: float | None = 0
    response_format: Mapping[str, Any] | None = None

    def body(self) -> dict[str, Any]:
        """The question as the body of a request for a chat completion."""
        sent: dict[str, Any] = {"model": self.model, "messages": list(self.messages)}
        settings = {"temperature": self.temperature, "seed": self.seed, "response_format": self.response_format}
        sent |= {name: value for name, value in settings.items() if value is not None}
        return {**sent, "max_completion_tokens": self.max_tokens, **self.tools}


@dataclasses.dataclass(frozen=True)
class ChatAnswer:
    """What a model said: its text, its calls of tools, and the tokens of both sides, None where they are not told.

    Args:
        cut_off: it ended at the limit of its tokens.
        filtered: the endpoint kept some of it back for what it says.
        declined: the model said in the place for it that it will not answer.
        reasoning: what it thought before it spoke, where that is told.
        model: how the endpoint calls the model that spoke.
    """

    text: str
    tool_calls: tuple[Any, ...]
    prompt_tokens: int | None
    answer_tokens: int | None
    cut_off: bool = False
    filtered: bool = False
    declined: bool = False
    reasoning: str = ""
    model: str = ""


@runtime_checkable
class Chat(Protocol):
    """What a provider offers beside `Provider`, where its models can be asked at the same address by the same key."""

    def ask(self, question: ChatQuestion) -> ChatAnswer:
        """The model's answer. Raises CallFault."""

    def logprobs_of(self, question: ChatQuestion, answer: str) -> tuple[float | None, ...] | None:
        """Of each token of prompt and answer the logarithm of its probability; None where that is not told.

        Raises CallFault.
        """
