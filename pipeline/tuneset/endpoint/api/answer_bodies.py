"""Answers as chat and completions spell them: whole, or chunk by chunk."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from tuneset.endpoint.inference.answers import End, Likelihood, Part, Text
from tuneset.endpoint.object_ids import new_id
from tuneset.training.generator import Call, Prompted

Json = dict[str, Any]


@dataclass
class Collected:
    """One whole answer."""

    prompt_tokens: int = 0
    text: str = ""
    pieces: list[Likelihood] = field(default_factory=list)
    calls: list[Json] = field(default_factory=list)
    end: End = field(default_factory=lambda: End("stop", 0))

    def add(self, part: Part) -> None:
        """Take up a part."""
        if isinstance(part, Prompted):
            self.prompt_tokens = part.tokens
        elif isinstance(part, Text):
            self.text += part.text
            self.pieces += part.pieces
        elif isinstance(part, Call):
            self.calls.append(tool_call(part))
        else:
            self.end = part


def tool_call(call: Call) -> Json:
    """A call as messages have it."""
    return {"id": new_id("call_"), "type": "function", "function": {"name": call.name, "arguments": call.arguments}}


def usage(prompt: int, generated: int) -> Json:
    """Tokens of a request, in the model's own pieces."""
    return {
        "prompt_tokens": prompt,
        "completion_tokens": generated,
        "total_tokens": prompt + generated,
        "prompt_tokens_details": {"cached_tokens": 0, "audio_tokens": 0},
        "completion_tokens_details": {
            "reasoning_tokens": 0,
            "audio_tokens": 0,
            "accepted_prediction_tokens": 0,
            "rejected_prediction_tokens": 0,
        },
    }


def usage_of(answers: Iterable[Collected], prompts: int) -> Json:
    """Tokens of several answers to each of so many prompts; a prompt counts once."""
    every = list(answers)
    each = len(every) // prompts
    prompt = sum(one.prompt_tokens for one in every[::each])
    return usage(prompt, sum(one.end.generated for one in every))


def chat_choice(index: int, answer: Collected, *, logprobs: bool) -> Json:
    """A whole answer of chat."""
    message: Json = {"role": "assistant", "content": answer.text, "refusal": None, "annotations": []}
    if answer.calls:
        message |= {"content": answer.text or None, "tool_calls": answer.calls}
    return {
        "index": index,
        "message": message,
        "logprobs": chat_logprobs(answer.pieces) if logprobs else None,
        "finish_reason": answer.end.reason,
    }


def given_answer(answer: Collected) -> Json:
    """A completion that tells the probabilities of a given answer and says nothing; those of the prompt are null.

    The form is vLLM's `prompt_logprobs`, where a place has its token's number; here the number of its place.
    """
    told: list[Json | None] = [None] * answer.prompt_tokens
    told += [
        {str(len(told) + place): {"logprob": one.logprob, "rank": None, "decoded_token": _text(one.data)}}
        for place, one in enumerate(answer.pieces)
    ]
    choice = chat_choice(0, Collected(), logprobs=False)
    return {"choices": [choice], "usage": usage(len(told), 0), "prompt_logprobs": told}


def chat_logprobs(pieces: Iterable[Likelihood]) -> Json:
    """Log probabilities as chat has them."""
    content = [
        _token(one.data, one.logprob) | {"top_logprobs": [_token(data, logprob) for data, logprob in one.top]}
        for one in pieces
    ]
    return {"content": content, "refusal": None}


def completion_choice(index: int, answer: Collected, *, logprobs: bool) -> Json:
    """A whole answer of completions."""
    return {
        "index": index,
        "text": answer.text,
        "logprobs": completion_logprobs(answer.pieces) if logprobs else None,
        "finish_reason": answer.end.reason,
    }


def completion_logprobs(pieces: Sequence[Likelihood], start: int = 0) -> Json:
    """Log probabilities as completions have them; the text of the pieces begins at character `start`."""
    tokens = [_text(one.data) for one in pieces]
    offsets = [start + sum(map(len, tokens[:number])) for number in range(len(tokens))]
    return {
        "tokens": tokens,
        "token_logprobs": [one.logprob for one in pieces],
        "top_logprobs": [{_text(data): logprob for data, logprob in one.top} for one in pieces],
        "text_offset": offsets,
    }


def _token(data: bytes, logprob: float) -> Json:
    return {"token": _text(data), "logprob": logprob, "bytes": list(data)}


def _text(data: bytes) -> str:
    return data.decode("utf-8", "replace")
