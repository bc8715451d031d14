"""Where the turns of a conversation stand in its rendered text, and whether each answer continues its own prompt.

The reference is prefix differences: the text of the first k messages, with and without what asks for an answer. Most
rows are plain, and for those one rendering tells the same, by the watched loop of the template; that is used only for
templates for which both agree on conversations of every plain kind, and for rows without texts that the template looks
for. Nothing is known here of tokens or trainers.
"""

from __future__ import annotations

import dataclasses
import itertools
import weakref
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from tuneset.targets.local_models.chat_model import ChatModel
from tuneset.targets.local_models.rendering import Message, RenderError, Span

_PLAIN_KEYS = frozenset({"role", "content", "weight", "loss", "name"})
_PLAIN_ROLES = frozenset({"system", "user", "assistant"})


@dataclasses.dataclass(frozen=True)
class Turn:
    """One message in the text of a conversation, in characters.

    Args:
        start: where its text begins; None where that is not to be found.
        body: of an answer, where what the model itself writes begins; else `start`.
        end: the character after its last.
        stable: of an answer, whether the text up to `body` is what the model is asked with at that turn.
        kept: of an answer, whether it and all before it stay as they are, but for its end, once the conversation goes
            on: a template may leave its reasoning out then.
    """

    start: int | None
    body: int | None
    end: int | None
    stable: bool = True
    kept: bool = True


@dataclasses.dataclass(frozen=True)
class Located:
    """A rendered conversation with its turns, and its `generation` blocks."""

    text: str
    turns: list[Turn]
    generation: list[Span]


def locate(model: ChatModel, messages: Sequence[Message], tools: Sequence[Any] | None = None) -> Located:
    """Render a conversation and find its turns. Raises RenderError where the template makes no text of it."""
    if not tools and (trust := _trusted(model)).one_rendering and _is_plain(model, messages):
        found = by_one_rendering(model, messages, forgets=trust.forgets)
        if found is not None:
            return found
    return by_prefixes(model, messages, tools)


def by_one_rendering(model: ChatModel, messages: Sequence[Message], *, forgets: bool = False) -> Located | None:
    """The turns by the watched loop alone; None where an answer does not begin as the template asks for one.

    `forgets` says that the template shows each answer otherwise once the conversation goes on.
    """
    rendering = model.render(messages)
    prompt = model.generation_prompt
    text, starts = rendering.text, rendering.starts
    kept = True
    turns = []
    end = len(text)
    for message, start in zip(reversed(messages), reversed(starts), strict=True):
        if message["role"] != "assistant":
            turns.append(Turn(start, start, end if start is not None else None))
        elif start is None or not prompt or not text.startswith(prompt, start):
            return None
        else:
            turns.append(Turn(start, start + len(prompt), end, kept=kept))
            kept = not forgets
        end = end if start is None else start
    return Located(text, turns[::-1], rendering.generation)


def by_prefixes(model: ChatModel, messages: Sequence[Message], tools: Sequence[Any] | None = None) -> Located:
    """The turns by what the first k messages are, with and without what asks for an answer."""
    rendering = model.render(messages, tools)
    text = rendering.text
    starts: list[int | None] = []
    stable: list[bool] = []
    kept: list[bool] = []
    bodies: list[int | None] = []
    for number, message in enumerate(messages):
        place = rendering.starts[number]
        if number:
            before = _text(model, messages[:number], tools)
            if before is not None and messages[number - 1].get("role") == "assistant":
                kept[-1] = text.startswith(_without_end(before, model.ends_of_turn))
            if before is not None and text.startswith(before) and _after(starts, len(before)):
                place = len(before)
        elif place is None:
            place = 0
        if place is not None and not _after(starts, place):
            place = None
        starts.append(place)
        body, holds = place, True
        if message.get("role") == "assistant":
            asked = _text(model, messages[:number], tools, generation_prompt=True) if number else None
            holds = asked is not None and text.startswith(asked)
            if holds and asked is not None:
                body = len(asked)
            elif place is not None:
                body = place + _shared(text[place:], model.generation_prompt)
        bodies.append(body)
        stable.append(holds)
        kept.append(True)
    ends = _ends(starts, len(text))
    return Located(
        text,
        [Turn(*parts) for parts in zip(starts, bodies, ends, stable, kept, strict=True)],
        rendering.generation,
    )


def _without_end(text: str, ends: Sequence[str]) -> str:
    r"""A text without what ends an answer; a template may end the last one otherwise than those before it.

    >>> _without_end("Hi.<|return|>\n", ["<|return|>", "<|end|>"])
    'Hi.'
    """
    text = text.rstrip()
    for end in ends:
        text = text.removesuffix(end)
    return text.rstrip()


def _after(starts: Sequence[int | None], place: int) -> bool:
    """Whether a place is not before one that was found already."""
    return all(start is None or start <= place for start in starts)


def _ends(starts: Sequence[int | None], length: int) -> list[int | None]:
    """Where each turn ends: where the next begins.

    >>> _ends([0, None, 5], 9)
    [5, None, 9]
    """
    ends: list[int | None] = []
    end = length
    for start in reversed(starts):
        ends.append(None if start is None else end)
        end = end if start is None else start
    return ends[::-1]


def _text(
    model: ChatModel, messages: Sequence[Message], tools: Sequence[Any] | None, *, generation_prompt: bool = False
) -> str | None:
    """The text of some messages; None where the template makes none of them."""
    try:
        return model.render(messages, tools, generation_prompt=generation_prompt).text
    except RenderError:
        return None


def _shared(text: str, prompt: str) -> int:
    """How many characters two texts have in common at their beginning.

    >>> _shared("<a>x", "<a>think")
    3
    """
    same = itertools.takewhile(lambda pair: pair[0] == pair[1], zip(text, prompt, strict=False))
    return sum(1 for _ in same)


# --- which templates and rows one rendering is enough for ------------------------------------------------------------


@dataclasses.dataclass(frozen=True)
class _Trust:
    """What was found out of a model's template.

    Args:
        one_rendering: whether one rendering of a plain conversation tells all.
        forgets: whether each of its answers but the last is shown otherwise than when it was the last, such as one
            before which an empty place for reasoning stood.
        looked_for: texts that the template looks for.
        signs: a few characters of which each of these has one: most messages have none of them.
    """

    one_rendering: bool
    forgets: bool
    looked_for: tuple[str, ...]
    signs: tuple[str, ...]


_TRUST: weakref.WeakKeyDictionary[ChatModel, _Trust] = weakref.WeakKeyDictionary()


def _trusted(model: ChatModel) -> _Trust:
    if model not in _TRUST:
        _TRUST[model] = _find_out(model)
    return _TRUST[model]


def _find_out(model: ChatModel) -> _Trust:
    """Hold both ways against each other on plain conversations, with and without a system message."""
    system = {"role": "system", "content": "Be brief, please."}
    holds = True
    kept: set[bool] = set()
    for turns, first in itertools.product((1, 2, 3), ((), (system,))):
        pairs = [
            ({"role": "user", "content": f"What is {n} and {n}?"}, {"role": "assistant", "content": f"It is {n + n}."})
            for n in range(turns)
        ]
        messages = [*first, *(message for pair in pairs for message in pair)]
        try:
            slow, fast = by_prefixes(model, messages), by_one_rendering(model, messages)
        except RenderError:
            if not first:
                holds = False
            continue
        answers = [turn for turn, message in zip(slow.turns, messages, strict=True) if message["role"] == "assistant"]
        kept |= {turn.kept for turn in answers[:-1]}
        holds = holds and all(turn.stable for turn in answers) and fast is not None and _same(slow, fast)
    looked_for = _looked_for(model)
    return _Trust(holds and len(kept) <= 1, kept == {False}, looked_for, _signs(looked_for))


def _same(slow: Located, fast: Located) -> bool:
    """Whether both found the same places, but for messages that the loop does not reach."""
    pairs = zip(slow.turns, fast.turns, strict=True)
    return all(dataclasses.replace(one, kept=True) == other or other.start is None for one, other in pairs)


def _looked_for(model: ChatModel) -> tuple[str, ...]:
    """Texts in a template's expressions, and special tokens: a message that holds one may be treated in its own way."""
    source = model.files.template(tools=False) or ""
    special = {token for token in model.vocabulary.added_tokens if token in source}
    found = model.template().constants() | special
    # White space is what templates put between turns; words are roles and names.
    words = sorted(word for word in found if len(word) > 1 and word.strip() and not word.replace("_", "").isalnum())
    # A text that holds a longer one holds the shorter one within it.
    return tuple(word for word in words if not any(other in word for other in words if other != word))


def _signs(words: Sequence[str]) -> tuple[str, ...]:
    """A few characters of which each word has at least one, those of most words first; letters only where need be.

    >>> _signs(["<think>", "</think>", "<|im_end|>", "[INST]"])
    ('<', '[')
    """
    left, found = list(words), list[str]()
    while left:
        counts = Counter(sign for word in left for sign in sorted(set(word)))
        best = max(counts, key=lambda sign: (not sign.isalnum() and not sign.isspace(), counts[sign], -ord(sign)))
        found.append(best)
        left = [word for word in left if best not in word]
    return tuple(found)


def _is_plain(model: ChatModel, messages: Sequence[Mapping[str, Any]]) -> bool:
    """Whether a conversation is texts of known roles in turns, without a text that the template looks for."""
    trust = _trusted(model)
    before = ""
    for number, message in enumerate(messages):
        role, content = message.get("role"), message.get("content")
        if role not in _PLAIN_ROLES or type(content) is not str or not message.keys() <= _PLAIN_KEYS:
            return False
        if (role == "system" and number) or role == before or "name" in message:
            return False
        if role == "assistant" and before != "user":
            return False
        before = role
        for sign in trust.signs:
            if sign in content and any(word in content for word in trust.looked_for):
                return False
    return before == "assistant"
