"""One answer: the JSON that it holds, read tolerantly; what is no answer of a protocol is an UnexpectedAnswer.

What a fault of an answer means for the call is said in `status.py`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import httpx2

from tuneset.providers.call_fault import MESSAGE_LENGTH, one_line
from tuneset.providers.provider import HasId, Page
from tuneset.providers.wire.reader import HIDDEN, LONGEST_ID, Fields, decode
from tuneset.providers.wire.words import words_of

Item = TypeVar("Item", bound=HasId)

SHORTEST_KEY = 8
"""Characters; what is shorter could be part of any word, and is no key."""


class UnexpectedAnswer(Exception):  # noqa: N818  it is what the answer is, not an error of the program
    """An answer with a good status that is not what the protocol says: a web page, half a document, no id.

    Args:
        found: what came, as the end of a sentence; no value from the answer in it.
        passing: whether asking again may bring a better one.
        acted: whether the server may have done what it was asked for.
    """

    def __init__(self, found: str, *, passing: bool, acted: bool = True) -> None:
        super().__init__(found)
        self.found = found
        self.passing = passing
        self.acted = acted


def is_page(response: httpx2.Response) -> bool:
    """Whether an answer is a web page, such as a log-in page that stands in between."""
    return "html" in response.headers.get("content-type", "") or response.content.lstrip()[:1] == b"<"


def value_of(raw: Any) -> Any:  # noqa: ANN401  a response, or a client's wrapper of one, a type not made public; any JSON
    """The JSON value that an answer holds, without the key where the server repeats it.

    Raises UnexpectedAnswer where it holds something else.
    """
    response: httpx2.Response = getattr(raw, "http_response", raw)
    if response.is_redirect:
        raise UnexpectedAnswer("a redirection to another address", passing=False)
    if is_page(response):
        raise UnexpectedAnswer("a web page where JSON belongs", passing=False)
    key = response.request.headers.get("authorization", "").removeprefix("Bearer ")
    try:
        found = decode(response.content)
    except ValueError:
        raise UnexpectedAnswer("half a document or no JSON at all", passing=True) from None
    return _without(found, key) if len(key) >= SHORTEST_KEY else found


def _without(value: Any, key: str) -> Any:  # noqa: ANN401  any JSON value
    r"""A JSON value without the key, which may have been written with escapes.

    >>> _without(decode(rb'{"a": ["no: ab\/cdefgh"]}'), "ab/cdefgh")
    {'a': ['no: [key]']}
    """
    if isinstance(value, str):
        return value.replace(key, HIDDEN)
    if isinstance(value, list):
        return [_without(item, key) for item in value]
    if isinstance(value, dict):
        return {_without(name, key): _without(item, key) for name, item in value.items()}
    return value


def document(raw: Any) -> dict[str, Any]:  # noqa: ANN401  as for `value_of`
    """The JSON object that an answer holds. Raises UnexpectedAnswer where it holds something else, or an error."""
    found = value_of(raw)
    if not isinstance(found, dict):
        raise UnexpectedAnswer("JSON that is no object", passing=False)
    if "id" not in found and "data" not in found and (reason := words_of(found.get("error")).message):
        raise UnexpectedAnswer(f"a good status and an error: {one_line(reason)[:MESSAGE_LENGTH]}", passing=False)
    return found


def field(found: dict[str, Any], name: str, kind: type[Any], *, passing: bool = False) -> Any:  # noqa: ANN401  of the kind asked for
    """A field that the protocol promises. Raises UnexpectedAnswer where it is missing or of another kind."""
    value = found.get(name)
    unfit = isinstance(value, str) and not 0 < len(value) <= LONGEST_ID
    if not isinstance(value, kind) or isinstance(value, bool) or unfit:
        raise UnexpectedAnswer(f"an object without a valid `{name}`", passing=passing)
    return value


def page(raw: Any, parse: Callable[[Fields], Item]) -> Page[Item]:  # noqa: ANN401  as for `value_of`
    """A page of a list: null is an empty one, and what is no object is left out.

    An object without an id gets one from its content, and ends the list, since nothing could be asked for after it.
    Raises UnexpectedAnswer where the answer holds no list.
    """
    found = value_of(raw)
    data = found.get("data") if isinstance(found, dict) else found
    if isinstance(data, dict):
        data = [data] if "id" in data else list(data.values())
    if data is None and isinstance(found, dict) and ("data" in found or found.get("object") == "list"):
        data = []
    if not isinstance(data, list):
        raise UnexpectedAnswer("a list without valid `data`", passing=False)
    fields = [Fields(item, f"data[{place}]") for place, item in enumerate(data)]
    kept = [one for one in fields if one.found]
    more = (found.get("has_more") if isinstance(found, dict) else False) not in (False, "false")
    more = more and bool(kept) and kept[-1].id("id") is not None
    return Page(tuple(parse(one) for one in kept), more)


def deleted(raw: Any) -> bool:  # noqa: ANN401  as for `value_of`
    """Whether an answer says that something was deleted: it does unless it denies it, also by nothing or a bare word.

    Raises UnexpectedAnswer for a web page, and for a good status and an error.
    """
    try:
        found = value_of(raw)
    except UnexpectedAnswer as answer:
        if not answer.passing:
            raise
        return True
    if not isinstance(found, dict):
        return found is not False
    if reason := words_of(found.get("error")).message:
        raise UnexpectedAnswer(f"a good status and an error: {one_line(reason)[:MESSAGE_LENGTH]}", passing=False)
    return not any(_denies(found.get(name)) for name in ("deleted", "success", "ok"))


def _denies(value: object) -> bool:
    """Whether a field says no.

    >>> [_denies(value) for value in (False, 0, "False", None, "", True, 1)]
    [True, True, True, False, False, False, False]
    """
    return value is False or str(value).lower() in ("false", "0", "no")
