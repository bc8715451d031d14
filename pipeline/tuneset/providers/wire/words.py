"""A server's own reason in an answer, wherever and in whatever shape it put it."""

from __future__ import annotations

import dataclasses

_PLACES = ("message", "error", "detail", "msg", "reason", "fault", "faultstring", "errors", "error_description",
           "description", "title")  # fmt: skip
"""Where servers and gateways put their reason, the most telling first."""
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
    inner = next((one for place in _PLACES if (one := words_of(body.get(place), depth + 1)).message), Words())
    where = body.get("loc")
    place = ".".join(str(part) for part in where) if isinstance(where, list) and inner.message else ""
    return Words(
        message=f"{place}: {inner.message}" if place else inner.message,
        code=inner.code or _short(body.get("code")) or _short(body.get("errorcode")),
        type=inner.type or _short(body.get("type")),
        param=inner.param or _short(body.get("param")),
    )


def _short(value: object) -> str | None:
    """A text or a number as text, else None."""
    return str(value) if isinstance(value, (str, int)) and not isinstance(value, bool) and value != "" else None
