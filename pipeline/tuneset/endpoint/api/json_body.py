"""Reads what was sent as JSON into a record, or refuses it in the protocol's words.

What a record holds is the business of who asks; what it refers to is looked up where the request is answered.
"""

from __future__ import annotations

import codecs
from typing import Any, TypeVar

import orjson
from pydantic import BaseModel, ConfigDict, ValidationError
from starlette.requests import Request

from tuneset.endpoint.api.api_errors import ApiError, too_large

MAX_BODY = 1 << 20
"""Bytes of a JSON body; what a job needs fits in a hundredth of it, the parts of the largest upload in a tenth."""


class Body(BaseModel):
    """Closed to unknown keys, as the protocol's servers are, and to silent conversion."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


_Record = TypeVar("_Record", bound=Body)


async def read_body(request: Request, limit: int = MAX_BODY) -> bytes:
    """The request's body, of at most `limit` bytes, without a byte order mark, which .NET puts before it.

    Raises ApiError: 413 as soon as it is too long, 415 where it is compressed.
    """
    check_plain(request)
    body = bytearray()
    async for piece in request.stream():
        body += piece
        if len(body) > limit:
            raise too_large(limit, len(body))
    return bytes(body.removeprefix(codecs.BOM_UTF8))


def check_plain(request: Request) -> None:
    """Raise ApiError 415 where a body is compressed: what it unfolds to may be of any size."""
    coding = request.headers.get("content-encoding", "").strip().lower()
    if coding not in {"", "identity"}:
        message = f"A request's body is taken as it is, not in the Content-Encoding '{coding[:64]}'."
        raise ApiError(415, message, code="unsupported_content_encoding")


def parse_body(body: bytes, record: type[_Record]) -> _Record:
    """Read a body as such a record. Raises ApiError 400 with the first field that is wrong as its `param`."""
    try:
        document = orjson.loads(body)
    except orjson.JSONDecodeError:
        message = (
            "We could not parse the JSON body of your request. (HINT: This likely means you aren't using your HTTP "
            "library correctly. The API expects a JSON payload, but what was sent was not valid JSON.)"
        )
        raise ApiError(400, message) from None
    if not isinstance(document, dict):
        raise ApiError(400, "The JSON body of your request must be an object.")
    return read_record(document, record)


def read_record(document: dict[str, Any], record: type[_Record]) -> _Record:
    """Read a document as such a record. Raises ApiError 400 as `parse_body`."""
    try:
        return record.model_validate(document)
    except ValidationError as error:
        raise _refusal(error) from None


def _refusal(error: ValidationError) -> ApiError:
    """The first fault, without the value that was sent.

    Of a field that may be of several types it is what is wrong with a value of the right one, where it is of one.
    """
    faults = error.errors(include_url=False, include_input=False)
    of_field = [one for one in faults if _field(one["loc"]) == _field(faults[0]["loc"])]
    fault = next((one for one in of_field if not one["type"].endswith(("_type", "literal_error"))), of_field[0])
    param = _field(fault["loc"])
    if fault["type"] == "missing":
        return ApiError(400, f"you must provide a {param} parameter", param=param)
    if fault["type"] == "extra_forbidden":
        return ApiError(400, f"Unrecognized request argument supplied: {param}", param=None)
    return ApiError(400, f"Invalid value for '{param}': {fault['msg']}", param=param, code="invalid_value")


def _field(place: tuple[int | str, ...]) -> str:
    """The name of a field by pydantic's location."""
    return ".".join(str(part) for part in place if not _names_a_branch(part))


def _names_a_branch(part: object) -> bool:
    """Whether a part of pydantic's location names a branch of a union or a type, and no field.

    >>> _names_a_branch("constrained-int"), _names_a_branch("n_epochs")
    (True, False)
    """
    names = {"int", "float", "str", "bool", "constrained-int", "constrained-float", "constrained-str", "[key]"}
    return str(part) in names or "[" in str(part)
