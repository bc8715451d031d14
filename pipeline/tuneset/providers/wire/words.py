"""A server's own reason in an answer, wherever and in whatever shape it put it."""

from __future__ import annotations

import dataclasses

_PLACES = ("message", "error_message", "error_description", "error", "detail", "msg", "reason", "fault", "faultstring",
           "errors", "description", "title")  # fmt: skip
"""Where servers and gateways put their reason, the most telling first; in any case, with or without underscores."""
DEEPEST = 5
MOST_REASONS = 3


@dataclasses.dataclass(frozen=True)
class Words:
    """What a server says of a fault; None what it does not say."""

    message: str | None = None
    code: str | None = None
    type: str | None = None
    param: str | None = None


def words_of(body: object, depth: int = 0) -> Words:
    """The reason in a JSON value: OpenAI's `error`, FastAPI's `detail`, a gateway's `fault`, a list, a text.

    >>> words_of({"detail": [{"loc": ["body", "model"], "msg": "field required", "type": "missing"}]}).message
    'body.model: field required'
    >>> words_of({"fault": {"faultstring": "over quota"}}).message, words_of({"error": {}}).message
    ('over quota', None)
    >>> words_of({"error": "invalid_token", "error_description": "it has expired"}).message
    'it has expired'
    """
    if isinstance(body, str):
        return Words(body.strip() or None)
    if depth > DEEPEST:
        return Words()
    if isinstance(body, list):
        found = [one for item in body[:MOST_REASONS] if (one := words_of(item, depth + 1)).message]
        if not found:
            return Words()
        return dataclasses.replace(found[0], message="; ".join(str(one.message) for one in found))
    if not isinstance(body, dict):
        return Words()
    named = {_plain(name): value for name, value in reversed(body.items())}
    inner = next((one for place in _PLACES if (one := words_of(named.get(_plain(place)), depth + 1)).message), Words())
    where = body.get("loc")
    place = ".".join(str(part) for part in where) if isinstance(where, list) and inner.message else ""
    return Words(
        message=f"{place}: {inner.message}" if place else inner.message,
        code=inner.code or _short(named.get("code")) or _short(named.get("errorcode")),
        type=inner.type or _short(named.get("type")),
        param=inner.param or _short(named.get("param")),
    )


def _plain(name: object) -> str:
    """A field's name as all write it.

    >>> _plain("errorMessage") == _plain("error_message") == _plain("ErrorMessage")
    True
    """
    return str(name).replace("_", "").lower()


def _short(value: object) -> str | None:
    """A text or a number as text, else None."""
    return str(value) if isinstance(value, (str, int)) and not isinstance(value, bool) and value != "" else None
