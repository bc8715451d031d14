"""Pictures in a question: what of a part is checked where it is sent, and the files that a generator looks at.

A picture is in the request, as the address that holds its content, or a file of this server. Nothing is fetched, and
nothing decoded here: that is done where the model is (`training/pictures.py`).
"""

from __future__ import annotations

import base64
import binascii
import contextlib
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from tuneset.artifacts import TEMPORARY_PREFIX
from tuneset.endpoint.api.api_errors import ApiError
from tuneset.endpoint.in_thread import in_thread
from tuneset.endpoint.object_ids import new_id
from tuneset.endpoint.state.purposes import IMAGES
from tuneset.endpoint.state.state_folder import State, link

Json = dict[str, Any]

MOST_PICTURES = 64
"""Of one question, those of the answers before it among them; 500 at OpenAI, with more than one machine behind it."""

MOST_BYTES = 20 << 20
"""Of the file of one picture."""

DETAILS = ("auto", "low", "high", "original")
"""OpenAI API specification (ImageDetail), 2026-08-21. `low` makes a picture smaller, the others leave it as it is."""

OWN = "own-file:"
"""Before the id of a file of this server, where a message has the address of a picture."""


def shows_picture(part: Mapping[str, Any]) -> bool:
    """Whether a part of a message is a picture by its type."""
    return part.get("type") in ("image_url", "image_file", "input_image")


def read_picture(state: State, part: Json, param: str) -> Json:
    """A part that is a picture as messages have it: `image_url` with an address that holds it, or names a file by OWN.

    Raises ApiError 400 with the place of what is wrong with it.
    """
    shown: Json = part if part["type"] == "input_image" else part.get(part["type"])  # type: ignore[assignment]
    if not isinstance(shown, dict):
        raise refused(param, f"'{part['type']}' is an object")
    url, file_id, detail = shown.get("image_url", shown.get("url")), shown.get("file_id"), shown.get("detail")
    if detail not in (None, *DETAILS):
        raise refused(f"{param}.detail", f"expected one of {', '.join(DETAILS)}")
    if isinstance(url, str) == isinstance(file_id, str):
        raise refused(param, "a picture has either an address or 'file_id'")
    if isinstance(file_id, str):
        _known(state, file_id, f"{param}.file_id")
    else:
        _content(str(url), param)
    found = {"url": OWN + file_id if isinstance(file_id, str) else url}
    return {"type": "image_url", "image_url": found | ({} if detail is None else {"detail": detail})}


@contextlib.asynccontextmanager
async def in_files(state: State, messages: Iterable[Mapping[str, Any]]) -> AsyncIterator[list[Json]]:
    """Messages whose pictures lie in files, for as long as a block: `path` in place of `url`.

    Raises ApiError 400 where there are too many, and where a file of this server is there no more.
    """
    kept, number = list[Path](), 0
    try:
        found = []
        for message in messages:
            content = message.get("content")
            parts = []
            for part in content if isinstance(content, list) else ():
                if part["type"] != "image_url":
                    parts.append(part)
                    continue
                number += 1
                if number > MOST_PICTURES:
                    text = f"A request may show at most {MOST_PICTURES} pictures, those of its conversation among them."
                    raise ApiError(400, text, param="messages", code="too_many_images")
                path = state.blobs / new_id(TEMPORARY_PREFIX)
                kept.append(path)
                await in_thread(_put, state, part["image_url"]["url"], path)
                shown = {key: value for key, value in part["image_url"].items() if key != "url"}
                parts.append({"type": "image_url", "image_url": {"path": str(path), **shown}})
            found.append({**message, "content": parts} if isinstance(content, list) else dict(message))
        yield found
    finally:
        for path in kept:
            path.unlink(missing_ok=True)


def refuse_unseen(messages: Iterable[Mapping[str, Any]], name: str, param: str) -> None:
    """Raise ApiError 400 where messages show a picture to a model that reads text alone."""
    if any(True for _ in _pictures(messages)):
        raise unseen(name, param)


def unseen(name: str, param: str) -> ApiError:
    """A model of this name is shown a picture and reads text alone."""
    message = f"Invalid content type. image_url is not supported: the model '{name}' reads text and sees no pictures."
    return ApiError(400, message, param=param, code="invalid_value")


def refused(param: str, why: str, code: str = "invalid_value") -> ApiError:
    """A part that is not as it must be."""
    return ApiError(400, f"Invalid '{param}': {why}.", param=param, code=code)


def _pictures(messages: Iterable[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
    for message in messages:
        content = message.get("content")
        yield from (part for part in content if shows_picture(part)) if isinstance(content, list) else ()


def _known(state: State, file_id: str, param: str) -> None:
    """Raise ApiError 400 where there is no such file of this project, or none that is a picture by its name."""
    record = state.store.get("file", file_id)
    if record is None:
        raise ApiError(400, f"No such File object: {file_id}", param=param, code="file_not_found")
    if str(record.document["filename"]).rpartition(".")[2].lower() not in IMAGES:
        raise refused(param, f"the file '{file_id}' is no picture", "invalid_image_format")
    if record.document["bytes"] > MOST_BYTES:
        raise _too_long(param)


def _content(url: str, param: str) -> bytes:
    """The content of a picture that is in its address."""
    place = f"{param}.image_url"
    head, comma, _ = url[:100].partition(",")
    if not url.startswith("data:"):
        message = (
            f"Invalid '{place}': this endpoint fetches nothing from elsewhere; send the picture as "
            "data:image/png;base64,... or upload it and name its 'file_id'."
        )
        raise ApiError(400, message, param=place, code="invalid_image_url")
    if not comma or not head.endswith(";base64"):
        raise refused(place, "expected data:image/png;base64, before the picture", "invalid_image_url")
    if len(url) > MOST_BYTES * 4 // 3 + 100:
        raise _too_long(place)
    try:
        content = base64.b64decode(url[len(head) + 1 :], validate=True)
    except (binascii.Error, ValueError):
        raise refused(place, "the picture is no base64", "invalid_base64_image") from None
    if not content:
        raise refused(place, "the picture is empty", "empty_image_file")
    if not content.startswith(tuple(begin for begins in IMAGES.values() for begin in begins)):
        why = "the picture is of another format than png, jpeg, gif and webp"
        raise refused(place, why, "invalid_image_format")
    return content


def _too_long(param: str) -> ApiError:
    return refused(param, f"a picture has at most {MOST_BYTES >> 20} MiB", "image_file_too_large")


def _put(state: State, url: str, path: Path) -> None:
    """Have a picture lie at a path."""
    if not url.startswith(OWN):
        path.write_bytes(_content(url, "messages"))
        return
    try:
        link(state.blob(url.removeprefix(OWN)), path)
    except FileNotFoundError:
        _known(state, url.removeprefix(OWN), "messages")
        raise
