"""A list of turns in another form than messages of `role` and `content`: `speaker` and `text`, `sender` and `message`.

Also `{"user": "..."}` or `["user", "..."]` a turn, `{"user": "...", "assistant": "..."}` an exchange, and `is_user` in
the place of a speaker. Read only where every turn has the same form and the list of `roles` knows all who speak; an
agent is the assistant where beside it only users speak.
"""

from __future__ import annotations

from functools import partial

from tuneset.json_text import JsonValue
from tuneset.reading.branches import chosen
from tuneset.reading.message_times import oldest_first
from tuneset.reading.shapes.base import ASK, REPLY, Message, Record, Shape, Shaped, json_of, others
from tuneset.reading.turn_marks import are_said, with_asides, with_weight
from tuneset.roles import agents_answer, speaker_role

_SPEAKER_KEYS = ("role", "from", "speaker", "sender", "author", "type", "name")
_TEXT_KEYS = ("content", "value", "text", "message", "utterance", "body")
_COLUMNS = (
    "messages", "conversations", "conversation", "dialogue", "dialog", "turns", "chat", "data", "items", "history",
    "chat_history", "conversation_history", "transcript", "thread", "utterances", "log", "dialogues", "chat_messages",
)  # fmt: skip
_IS_USER = ("is_user", "isUser", "isCreatedByUser", "from_user", "is_human", "by_user")
_ASKS = frozenset(("q", "question", "query", "prompt", "input", "instruction", "request"))
_ANSWERS = frozenset(("a", "answer", "response", "reply", "completion", "output"))
_OF_SEVERAL = ("conversations", "dialogues", "data", "items", "log")
_READ_ELSEWHERE = ({"role", "content"}, {"from", "value"})
"""Chat and ShareGPT have shapes of their own, which keep what else a turn holds."""


def turn_keys(value: JsonValue) -> tuple[str, str] | None:
    """The keys of speaker and text that all turns of a list have, or None.

    >>> turn_keys([{"speaker": "Human", "text": "?"}, {"speaker": "AI", "text": "!"}])
    ('speaker', 'text')
    >>> turn_keys([{"speaker": "Visitor", "text": "?"}, {"speaker": "Agent", "text": "!"}])
    ('speaker', 'text')
    >>> turn_keys([{"speaker": "Ann", "text": "?"}]) is None
    True
    """
    if type(value) is not list or not value or any(type(turn) is not dict for turn in value):
        return None
    for speaker in _SPEAKER_KEYS:
        names = [turn.get(speaker) for turn in value]
        are_known = all(speaker_role(name) is not None for name in names)
        if are_known or (all(type(name) is str for name in names) and agents_answer(names)):
            for text in _TEXT_KEYS:
                if all(type(turn.get(text)) is str for turn in value):
                    return speaker, text
    return None


def said_in(value: JsonValue, column: str) -> list[tuple[str, str]] | None:
    """Roles and texts of a list of turns in one of the forms, or None.

    An exchange a turn is a conversation where the column's name says that it is one; under a name for several, such as
    `conversations`, each is a row of its own.

    >>> said_in([{"user": "?", "assistant": "!"}], "dialogue"), said_in([["user", "?"]], "chat")
    ([('user', '?'), ('assistant', '!')], [('user', '?')])
    >>> said_in([{"user": "?", "assistant": "!"}], "conversations") is None, said_in([["?", "!"]], "history") is None
    (True, True)
    """
    keys = turn_keys(value)
    if keys is not None:
        return [(speaker_role(turn[keys[0]]) or "assistant", turn[keys[1]]) for turn in _dicts(value)]  # an agent's
    if type(value) is not list or not value:
        return None
    found: list[tuple[str, str]] = []
    for turn in value:
        said = _pairs_of(turn, exchanges=column not in _OF_SEVERAL, wide=column != "messages")
        if said is None:
            return None
        found += said
    return found


def _pairs_of(turn: JsonValue, *, exchanges: bool, wide: bool) -> list[tuple[str, str]] | None:
    """Who says what in a turn of a form of its own; None where it has none.

    `exchanges` may be turns, and where that is `wide` also those whose keys are columns of whole rows elsewhere.
    """
    if type(turn) is list and len(turn) == 2:
        turn = {turn[0]: turn[1]} if type(turn[0]) is str else turn
    elif type(turn) is dict and (flag := next((key for key in _IS_USER if type(turn.get(key)) is bool), None)):
        text = next((turn[key] for key in _TEXT_KEYS if type(turn.get(key)) is str), None)
        return None if text is None else [("user" if turn[flag] else "assistant", text)]
    if type(turn) is not dict or not turn or any(type(text) is not str for text in turn.values()):
        return None
    roles = [_role(speaker, wide=exchanges and wide) for speaker in turn]
    is_exchange = exchanges and roles == ["user", "assistant"]
    if None in roles or (not is_exchange and (len(roles) != 1 or speaker_role(next(iter(turn))) is None)):
        return None
    return [(str(role), text) for role, text in zip(roles, turn.values(), strict=True)]


def _role(key: str, *, wide: bool) -> str | None:
    """Who speaks under a key of a turn; in an exchange what is asked and answered may have other names as well."""
    plain = key.casefold()
    if wide and (plain in _ASKS or plain in _ANSWERS):
        return "user" if plain in _ASKS else "assistant"
    return speaker_role(key)


def _dicts(value: JsonValue) -> list[Message]:
    assert type(value) is list
    return value


def read_turns(record: Record, column: str) -> Shaped:
    """The turns as messages; but for its marks, what else a turn holds says nothing of the conversation."""
    turns = json_of(record[column])
    assert type(turns) is list
    places = chosen(turns, record)
    turns = turns if places is None else [turns[place] for place in places]
    said = said_in(turns, column)
    assert said is not None
    messages = [{"role": role, "content": text} for role, text in said]
    aside = 0
    if len(turns) == len(messages):  # else exchanges, which hold nothing else
        said_aloud = are_said(turns)
        aside = said_aloud.count(False)
        marked = zip(messages, turns, said_aloud, strict=True)
        messages = [
            with_weight(each, turn) if type(turn) is dict else each for each, turn, is_said in marked if is_said
        ]
        messages = oldest_first(messages, turns)
    return {"messages": messages}, with_asides(others(record, (column,)), column, aside)


def _fits(record: Record, column: str) -> bool:
    turns = json_of(record[column])
    first = turns[0] if type(turns) is list and turns else None
    if type(first) is dict and any(pair <= first.keys() for pair in _READ_ELSEWHERE):
        return False
    if type(first) is dict and any(type(turn) is dict and turn.get("tool_calls") for turn in turns):
        return False
    return type(first) in (dict, list) and said_in(turns, column) is not None


def _shape(column: str) -> Shape:
    return Shape(
        "turns",
        "sft",
        frozenset((column,)),
        partial(read_turns, column=column),
        raw={column: [{"speaker": "Human", "text": ASK["content"]}, {"speaker": "AI", "text": REPLY["content"]}]},
        example={"messages": [ASK, REPLY]},
        fits=partial(_fits, column=column),
    )


TURNS = tuple(_shape(column) for column in _COLUMNS)
