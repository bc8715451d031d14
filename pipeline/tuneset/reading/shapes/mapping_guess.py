"""For a row of no known shape the `ingest.mapping` that most likely reads it, in the words of params.yaml.

A guess from the names of its columns and from what kind of value each holds: it is advice that a person tries, never
used by itself. No value of the row stands in it; who a speaker is, only the user can say.
"""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Iterator, Sequence
from typing import Any

from tuneset.json_text import JsonValue
from tuneset.model import Format
from tuneset.reading.prose import is_prose
from tuneset.reading.shapes.base import Record, json_of
from tuneset.reading.shapes.companions import COMPANIONS, SYSTEM
from tuneset.reading.verdict_places import REVIEW, REVIEWED_BY
from tuneset.roles import speaker_role

_ASKED = (
    "question", "ask", "prompt", "query", "instruct", "user", "human", "customer", "client", "input", "request",
    "problem", "task", "inquiry", "message", "utterance", "title", "subject", "source", "src", "post", "q",
    "frage", "anfrage", "pregunta", "domanda", "pergunta", "vraag", "вопрос", "问题", "問題", "質問", "질문",
)  # fmt: skip
_ANSWERED = (
    "answer", "respon", "reply", "output", "complet", "assistant", "agent", "bot", "solution", "target", "tgt",
    "result", "ideal", "gold", "summary", "translation", "resolution", "label", "a",
    "antwort", "respuesta", "réponse", "reponse", "risposta", "resposta", "antwoord", "ответ", "回答", "答案", "答",
    "답변",
)  # fmt: skip
_TITLE = ("subject", "title")
_BELOW_TITLE = ("body", "description")
"""What stands below a title: the rest of what is asked where another text answers, and else the answer itself."""
_BETTER = ("chosen", "better", "prefer", "good", "win", "accept", "best", "positive", "pos")
_WORSE = ("reject", "worse", "dispref", "non_prefer", "bad", "lose", "loser", "worst", "negative", "neg")
_SYSTEM = ("system", "persona", "instructions")
_NO_TEXTS = re.compile(
    r"(?:^|[_.\s-])(?:id|uuid|guid|ts|time|timestamp|date|url|uri|link|lang|language|locale|model|source_id|hash|version)$",
    re.IGNORECASE,
)
_SPEAKER_KEYS = ("role", "from", "speaker", "sender", "author", "who", "by", "name", "user", "type", "direction")
_TEXT_KEYS = ("content", "value", "text", "message", "body", "utterance", "msg", "says", "said", "line")
_LONGEST_NAME = 64  # characters; a longer one is rather a text in the place of a name
_PLAIN_NAME = re.compile(r"[^\W\d][\w./-]*")
_YAML_WORDS = frozenset(("true", "false", "yes", "no", "on", "off", "null", "y", "n"))
_LEVELS = 3


def guess(record: Record, line_format: Format) -> dict[str, Any] | None:
    """The mapping that most likely reads a row, as params.yaml holds it; None where nothing is likely.

    >>> guess({"Frage": "Offen?", "Antwort": "Ja.", "id": "7"}, "sft")
    {'user': 'Frage', 'assistant': 'Antwort'}
    >>> guess({"log": [{"who": "Ann", "said": "Open?"}, {"who": "Bo", "said": "Yes."}]}, "sft")
    {'messages': 'log', 'role_key': 'who', 'content_key': 'said', 'roles': {'NAME': 'user', 'OTHER': 'assistant'}}
    """
    if line_format in ("sft", "kto", "rft"):
        for place, value in _places({name: held for name, held in record.items() if name not in COMPANIONS}):
            found = _turns(place, json_of(value))
            if found is not None:
                return {**_system_beside(record, place), **found}
    texts = _texts(record)
    if line_format == "dpo":
        return _pair(texts) or _two_in_one(record, texts)
    if line_format == "rft":
        asked = _best(texts, _ASKED) or next(iter(texts), None)
        return None if asked is None else {"user": asked}
    return _question(texts)


def written(mapping: dict[str, Any]) -> str:
    """A mapping as one line of YAML.

    >>> written({"user": "Your question", "assistant": "no"})
    '{user: "Your question", assistant: "no"}'
    """
    parts = [
        f"{_name(key)}: {written(value) if isinstance(value, dict) else _name(value)}" for key, value in mapping.items()
    ]
    return "{" + ", ".join(parts) + "}"


def _name(text: str) -> str:
    is_plain = _PLAIN_NAME.fullmatch(text) is not None and text.casefold() not in _YAML_WORDS
    return text if is_plain else json.dumps(text, ensure_ascii=False)


def _places(record: Record, before: str = "", levels: int = _LEVELS) -> Iterator[tuple[str, JsonValue]]:
    """The columns of a row, and what lies in objects in them, by the path that a mapping names."""
    for name, value in record.items():
        if not name or len(name) > _LONGEST_NAME or not name.isprintable() or not {*"{}"}.isdisjoint(name):
            continue
        if before and "." in name:
            continue
        yield before + name, value
        inner = json_of(value) if levels else None
        if type(inner) is dict and "." not in name:
            yield from _places(inner, f"{before}{name}.", levels - 1)


def _turns(place: str, value: JsonValue) -> dict[str, Any] | None:
    """The mapping of a list of turns; None where a value is none."""
    if type(value) is not list or not value or any(type(turn) is not dict for turn in value):
        return None
    inner = [dict(_places(turn)) for turn in value]
    shared = [name for name in inner[0] if all(type(turn.get(name)) is str for turn in inner)]
    speakers = _known(shared, _SPEAKER_KEYS)
    texts = [name for name in _known(shared, _TEXT_KEYS) or shared if name not in speakers[:1]]
    if not speakers or not texts:
        return None
    speaker, text = speakers[0], texts[0]
    if "." in text:
        return None  # `content_key` names a key, and no path
    found: dict[str, Any] = {"messages": place, "role_key": speaker, "content_key": text}
    if not all(speaker_role(turn[speaker]) is not None for turn in inner):
        found["roles"] = {"NAME": "user", "OTHER": "assistant"}
    return found


def _system_beside(record: Record, place: str) -> dict[str, str]:
    """The system text in the object in which turns lie; one in a column of its own is read without a mapping.

    >>> _system_beside({"chat": {"system": "Be brief.", "turns": []}}, "chat.turns"), _system_beside({}, "turns")
    ({'system': 'chat.system'}, {})
    """
    before = place.rpartition(".")[0]
    named = [at for at, text in _places(record) if type(text) is str and at.rpartition(".")[0] == before != ""]
    return next(({"system": at} for name in SYSTEM for at in named if at == f"{before}.{name}"), {})


def _known(names: Sequence[str], known: Sequence[str]) -> list[str]:
    """The names that are known, the best first; of a path its first or last step counts."""
    steps = {name: {name.partition(".")[0].casefold(), name.rpartition(".")[2].casefold()} for name in names}
    return [name for one in known for name in names if one in steps[name]]


def _texts(record: Record) -> dict[str, str]:
    """The texts of a row by their places, without those whose name says that they are none."""
    found: dict[str, str] = {}
    is_reviewed = not REVIEWED_BY.isdisjoint(record)
    for place, value in _places(record):
        if is_reviewed and place == REVIEW:
            continue
        inner = json_of(value)
        if type(inner) is str and inner.strip() and not _NO_TEXTS.search(place):
            found[place] = inner
    return found


def _question(texts: dict[str, str]) -> dict[str, Any] | None:
    r"""Which text asks and which answers; a title asks together with what stands below it.

    >>> _question({"subject": "Open?", "body": "I ask since ...", "agent_reply": "Yes."})
    {'user': '{subject}\n\n{body}', 'assistant': 'agent_reply'}
    >>> _question({"title": "Open", "body": "It is.", "customer_id": "c1"})
    {'user': 'title', 'assistant': 'body'}
    """
    system = _best(texts, _SYSTEM)
    left = {place: text for place, text in texts.items() if place != system}
    below = _best(left, _BELOW_TITLE)
    answered = _best({place: text for place, text in left.items() if place != below}, _ANSWERED) or below
    asked = _best({place: text for place, text in left.items() if place != answered}, _ASKED)
    rest = [place for place in left if place not in (asked, answered) and is_prose(left[place])]
    rest = [place for place in rest if asked is None or not _best({place: ""}, _ASKED)]  # a question is no answer
    if asked is None and rest:
        asked = rest.pop(0)
    if answered is None and rest:
        answered = rest.pop(0)
    if asked is None or answered is None:
        return None
    if below not in (None, asked, answered) and asked == _best({asked: ""}, _TITLE):
        asked = f"{{{asked}}}\n\n{{{below}}}"
    return {**({"system": system} if system else {}), "user": asked, "assistant": answered}


def _pair(texts: dict[str, str]) -> dict[str, Any] | None:
    worse = _best(texts, _WORSE)
    better = _best({place: text for place, text in texts.items() if place != worse}, _BETTER)
    left = {place: text for place, text in texts.items() if place not in (better, worse)}
    asked = _best(left, _ASKED) or next(iter(left), None)
    if asked is None or better is None or worse is None:
        return None
    return {"user": asked, "chosen": better, "rejected": worse}


def _two_in_one(record: Record, texts: dict[str, str]) -> dict[str, Any] | None:
    """The mapping of a row that has both answers in one list of two, the better one first as it is mostly held.

    >>> _two_in_one({"question": "Open?", "answer": ["Yes.", "No."]}, {"question": "Open?"})
    {'user': 'question', 'chosen': 'answer.0', 'rejected': 'answer.1'}
    """
    lists = {place: "" for place, value in _places(record) if _is_two(json_of(value))}
    both = _best(lists, _ANSWERED)
    asked = _best(texts, _ASKED)
    if both is None or asked is None:
        return None
    return {"user": asked, "chosen": f"{both}.0", "rejected": f"{both}.1"}


def _is_two(value: JsonValue) -> bool:
    return (
        type(value) is list and len(value) == 2 and type(value[0]) is type(value[1]) and type(value[0]) in (str, list)
    )


def _best(texts: dict[str, str], stems: tuple[str, ...]) -> str | None:
    """The place whose last step is the earliest stem, or has it as a word or within; of a letter only as a word.

    >>> _best({"meta.customer_question": "?", "q2": "?"}, ("question", "q")), _best({"aq": "?"}, ("q",)) is None
    ('meta.customer_question', True)
    """
    return _best_of(tuple(texts), stems)


@functools.lru_cache(maxsize=4096)
def _best_of(places: tuple[str, ...], stems: tuple[str, ...]) -> str | None:
    names = {place: re.sub(r"\W+", "_", place.rpartition(".")[2].casefold()) for place in places}
    for holds in (_is_whole, _is_part):
        for stem in stems:
            for place, name in names.items():
                if holds(name, stem):
                    return place
    return None


def _is_whole(name: str, stem: str) -> bool:
    return name == stem


def _is_part(name: str, stem: str) -> bool:
    return stem in (name if len(stem) > 1 and not stem.isascii() else name.split("_")) or (
        len(stem) > 2 and stem in name
    )
