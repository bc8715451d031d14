"""One answer of a model as text: bytes of pieces become characters, and it ends before a stop sequence.

What would begin a stop sequence is held back until it is known not to be one. How a protocol spells an answer is the
business of its routes.
"""

from __future__ import annotations

import codecs
import dataclasses
from collections.abc import AsyncGenerator, Sequence
from typing import Literal, TypeAlias

from tuneset.training.answering import Told
from tuneset.training.generator import Call, Ended, Piece, Prompted

LOWEST_LOGPROB = -9999.0
"""What the protocol says for a probability of zero."""


@dataclasses.dataclass(frozen=True)
class Likelihood:
    """One piece with its log probability, and the likeliest at its place."""

    data: bytes
    logprob: float
    top: Sequence[tuple[bytes, float]]


@dataclasses.dataclass(frozen=True)
class Text:
    """More of the answer; `pieces` are those that it is made of, the last of which may not be complete yet."""

    text: str
    pieces: Sequence[Likelihood]


@dataclasses.dataclass(frozen=True)
class End:
    """The answer is over. `generated` counts all pieces, those of calls and of what was cut off among them."""

    reason: Literal["stop", "length", "tool_calls"]
    generated: int


Part: TypeAlias = Prompted | Text | Call | End


async def answer(told: AsyncGenerator[Told, None], stop: Sequence[str]) -> AsyncGenerator[Part, None]:
    """The parts of one answer; `told` is closed when it is over."""
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    held, pieces, generated, called = "", list[Likelihood](), 0, False
    try:
        async for record in told:
            if isinstance(record, Prompted):
                yield record
            elif isinstance(record, Call):
                called = True
                generated += record.tokens
                yield record
            elif isinstance(record, Piece):
                generated += 1
                pieces.append(_likelihood(record))
                held += decoder.decode(record.data)
                found = min((place for place in map(held.find, stop) if place >= 0), default=None)
                if found is not None:
                    if held[:found]:
                        yield Text(held[:found], pieces[:-1] or pieces)
                    yield End("stop", generated)
                    return
                sure = len(held) - _beginning(held, stop)
                if sure:
                    yield Text(held[:sure], pieces)
                    held, pieces = held[sure:], []
            elif isinstance(record, Ended):
                held += decoder.decode(b"", final=True)
                if held:
                    yield Text(held, pieces)
                yield End("tool_calls" if called and record.reason == "stop" else record.reason, generated)
    finally:
        await told.aclose()


def _beginning(text: str, stop: Sequence[str]) -> int:
    """How many characters at the end of a text may begin a stop sequence.

    >>> _beginning("a<", ["<end>"]), _beginning("a<e", ["<end>", "e."]), _beginning("ab", ["<end>"])
    (1, 2, 0)
    """
    longest = 0
    for one in stop:
        for size in range(min(len(one) - 1, len(text)), longest, -1):
            if text.endswith(one[:size]):
                longest = size
                break
    return longest


def _likelihood(piece: Piece) -> Likelihood:
    top = [(data, max(logprob, LOWEST_LOGPROB)) for data, logprob in piece.top]
    return Likelihood(piece.data, max(piece.logprob, LOWEST_LOGPROB), top)
