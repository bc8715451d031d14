"""Jobs of a batch service: requests in one file, answers in another, failures perhaps in a third, joined by an id.

Read are the forms of OpenAI and who speaks its protocol (`custom_id`, `body`, `response`), of Anthropic (`custom_id`,
`params`, `result`) and of Gemini (`key`, `request`, `response`), as of 2026-11. A request with its answer is one row,
which stands where the request does; the answer is a part of it, and each line without a counterpart is told.
The answers to a file's requests are held in memory; the services cut such files at 200 MB to 2 GB.
"""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import orjson

from tuneset.drop_reasons import CONVERSATION_PART
from tuneset.json_text import JsonValue
from tuneset.reading import decode
from tuneset.reading.containers.base import Container, Head, Partner, Shard, Takes
from tuneset.reading.containers.jsonl import parse_stream
from tuneset.reading.records import RawReject, Records

ALONE, FAILED = "ING005", "ING006"
_IDS = ("custom_id", "key")
_REQUESTS = ("body", "params", "request")
_ANSWERS = ("response", "result", "error")
_OF_TRANSPORT = ("method", "url")
_LINES_LOOKED_AT = 20
_FINE = range(200, 300)  # HTTP status


class _Answer(NamedTuple):
    """What answers a request: the file and line where it stands, and the value, None where it failed."""

    source: str
    line: int
    value: bytes | None


def _id(record: dict[str, Any]) -> str | None:
    """The id of a line of a batch: what else it has must make it a request or an answer."""
    found = next((record[name] for name in _IDS if type(record.get(name)) is str), None)
    return found if found and (_request(record) is None) != (not _is_answer(record)) else None


def _request(record: dict[str, Any]) -> JsonValue:
    """What a line asks for; None where it is no request."""
    return next((record[name] for name in _REQUESTS if type(record.get(name)) is dict), None)


def _is_answer(record: dict[str, Any]) -> bool:
    return any(record.get(name) is not None for name in _ANSWERS)


def _value(record: dict[str, Any]) -> JsonValue:
    """What the service answered; None where it failed.

    >>> _value({"response": {"status_code": 500}}), _value({"result": {"type": "succeeded", "message": {}}})
    (None, {'type': 'succeeded', 'message': {}})
    """
    if record.get("error"):
        return None
    found = next((record[name] for name in _ANSWERS[:2] if type(record.get(name)) is dict), None)
    if found is None or found.get("error") or found.get("status_code", 200) not in _FINE:
        return None
    return None if found.get("type") in ("errored", "canceled", "expired") else found


def _recognise(head: Head) -> bool:
    """Whether the first lines are all requests of a batch, or all answers."""
    kinds = set()
    for line in head.lines[:_LINES_LOOKED_AT]:
        try:
            record = orjson.loads(line)
        except orjson.JSONDecodeError:
            return False
        if type(record) is not dict or _id(record) is None:
            return False
        kinds.add(_is_answer(record))
    return len(kinds) == 1


def paired(shards: Sequence[Shard]) -> list[Shard]:
    """The shards, in which files of batches know those with their counterparts.

    A file of answers belongs to the requests with which it shares most ids; where several share as many, to the one
    whose path begins most like its own, and to none where that does not decide either.
    """
    found = [shard for shard in shards if shard.container == BATCH.name and not shard.refusal]
    ids = {shard.source: _ids(shard) for shard in found}
    asked = [shard for shard in found if not ids[shard.source][0]]
    partners: dict[str, list[Partner]] = {shard.source: [] for shard in found}
    for shard in found:
        is_answers, own = ids[shard.source]
        if not is_answers:
            continue
        ranked = sorted((len(own & ids[each.source][1]), _alike(each, shard), each.source) for each in asked)
        best = [each for each in ranked if each[:2] == ranked[-1][:2] and each[0]]
        if len(best) == 1:
            request = next(each for each in asked if each.source == best[0][2])
            partners[shard.source].append(request.as_partner())
            partners[request.source].append(shard.as_partner())
    return [
        dataclasses.replace(shard, partners=tuple(partners[shard.source])) if partners.get(shard.source) else shard
        for shard in shards
    ]


def _alike(one: Shard, other: Shard) -> int:
    """How much of their names two files share, from the beginning."""
    pairs = zip(one.source, other.source, strict=False)
    return sum(1 for _ in itertools.takewhile(lambda pair: pair[0] == pair[1], pairs))


def _ids(shard: Shard) -> tuple[bool, frozenset[str]]:
    """Whether a file holds answers, and the ids in it."""
    answers, found = False, set()
    for _, _, record in _records(shard.as_partner()):
        own = _id(record)
        if own is not None:
            answers = answers or _is_answer(record)
            found.add(own)
    return answers, frozenset(found)


def _records(file: Partner) -> Iterator[tuple[int, int, dict[str, Any]]]:
    for records in parse_stream(decode.text_pieces(file.path, file.content)):
        yield from zip(records.lines, records.items, records.values, strict=True)


def _read(shard: Shard, _: Takes) -> Iterator[Records]:
    """Each request with its answer as a row; of a file of answers each line as a part of such a row."""
    partners = list(shard.partners)
    requests: dict[str, tuple[str, int, int]] = {}
    answers: dict[str, list[_Answer]] = {}
    for partner in partners:
        for line, item, record in _records(partner):
            own = _id(record)
            if own is None:
                continue
            if _is_answer(record):
                value = _value(record)
                packed = None if value is None else orjson.dumps(value)
                answers.setdefault(own, []).append(_Answer(partner.source, line, packed))
            else:
                requests.setdefault(own, (partner.source, line, item))
    met: set[str] = set()
    for records in parse_stream(decode.text_pieces(shard.path, shard.content)):
        out = Records(rejects=list(records.rejects))
        for line, item, record in zip(records.lines, records.items, records.values, strict=True):
            own = _id(record)
            if own is None:
                out.add(line, item, record)
            elif _is_answer(record):
                out.rejects.append(_of_answer(line, item, requests.get(own)))
            else:
                _join(line, item, record, [] if own in met else answers.get(own, []), out, is_second=own in met)
                met.add(own)
        yield out


def _of_answer(line: int, item: int, request: tuple[str, int, int] | None) -> RawReject:
    if request is None:
        return RawReject(line, item, ALONE, "no request in the files that are read has the id of this answer")
    detail = "the row is the answer to a request, which stands with it in one row"
    return RawReject(line, item, CONVERSATION_PART, detail, request[1:], request[0])


def _join(
    line: int, item: int, record: dict[str, Any], answers: list[_Answer], out: Records, *, is_second: bool
) -> None:
    given = next((answer.value for answer in answers if answer.value is not None), None)
    if given is not None:
        rest = {name: value for name, value in record.items() if name not in (*_REQUESTS, *_OF_TRANSPORT)}
        out.add(line, item, {**rest, "request": _request(record), "response": orjson.loads(given)})
    elif answers:
        out.rejects.append(RawReject(line, item, FAILED, "the service answered this request with an error"))
    elif is_second:
        out.rejects.append(RawReject(line, item, ALONE, "a request before it has the same id"))
    else:
        out.rejects.append(
            RawReject(line, item, ALONE, "no answer in the files that are read has the id of this request")
        )


BATCH = Container("batch", "requests and answers of a batch job, in two files", _recognise, _read)
