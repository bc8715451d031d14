"""Files in a question: each becomes the text that is in it, or a picture for a model that sees.

`input_file` of responses and `file` of chat name a file of this server (`file_id`) or bring its content (`file_data`).
For a server behind this one only files of this server are put in their place: as text, and pictures as they are.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Awaitable, Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import anyio.to_thread

from tuneset.artifacts import TEMPORARY_PREFIX
from tuneset.endpoint.api.api_errors import ApiError, try_later
from tuneset.endpoint.api.running_endpoint import RunningEndpoint
from tuneset.endpoint.in_thread import in_thread
from tuneset.endpoint.inference.pictures import read_picture, refused, shows_picture, unseen
from tuneset.endpoint.object_ids import new_id
from tuneset.endpoint.state.objects import Document
from tuneset.endpoint.state.purposes import IMAGES

Json = dict[str, Any]

_MEDIA_TYPES = {"jpg": "jpeg"}


async def with_texts(
    endpoint: RunningEndpoint, messages: Iterable[Mapping[str, Any]], name: str, model: str
) -> list[Json]:
    """Messages, or items of an input, with the text of each file in its place, and pictures as `image_url`.

    `name` is the field that they are. Raises ApiError 400 with the place of a file that is not there or cannot be read,
    and of a picture where the model of the name `model` sees none.
    """

    async def changed(part: Json, param: str) -> Json:
        file = part if part.get("type") == "input_file" else part.get("file") if part.get("type") == "file" else None
        file_id = file.get("file_id") if isinstance(file, dict) else None
        if isinstance(file_id, str) and _extension(endpoint, file_id) in IMAGES:
            part = {"type": "image_file", "image_file": {"file_id": file_id}}
        if not shows_picture(part):
            return await _part(endpoint, part, param, only_own=False)
        if not endpoint.local_models.sees(model):
            raise unseen(model, param)
        return read_picture(endpoint.state, part, param)

    return [await _changed(message, f"{name}[{number}].content", changed) for number, message in enumerate(messages)]


async def with_own_files(endpoint: RunningEndpoint, messages: Iterable[Any], name: str) -> list[Any]:
    """The same for a server behind this one: only files of this server are replaced, and pictures stay pictures."""

    async def changed(part: Json, param: str) -> Json:
        return await _part(endpoint, part, param, only_own=True)

    return [
        await _changed(message, f"{name}[{number}].content", changed) if isinstance(message, dict) else message
        for number, message in enumerate(messages)
    ]


async def _changed(message: Mapping[str, Any], param: str, change: Callable[[Json, str], Awaitable[Json]]) -> Json:
    content = message.get("content")
    if not isinstance(content, list):
        return dict(message)
    parts = [
        await change(part, f"{param}[{place}]") if isinstance(part, dict) else part
        for place, part in enumerate(content)
    ]
    return {**message, "content": parts}


async def _part(endpoint: RunningEndpoint, part: Json, param: str, *, only_own: bool) -> Json:
    kind = part.get("type")
    file = part if kind == "input_file" else part.get("file") if kind == "file" else None
    if only_own:
        if kind == "input_image" and _is_own(endpoint, part.get("file_id")):
            address = await _picture(endpoint, str(part["file_id"]), param)
            return {key: value for key, value in part.items() if key != "file_id"} | {"image_url": address}
        if not isinstance(file, dict) or not _is_own(endpoint, file.get("file_id")):
            return part
        if _extension(endpoint, file["file_id"]) in IMAGES:
            address = await _picture(endpoint, file["file_id"], param)
            see: Json = {"type": "input_image", "image_url": address}
            return see if kind == "input_file" else {"type": "image_url", "image_url": {"url": address}}
    if kind not in ("input_file", "file"):
        return part
    if not isinstance(file, dict):
        raise refused(param, "a file is an object with 'file_id' or 'file_data'")
    name, text = await _text(endpoint, file, param)
    return {"type": "input_text" if kind == "input_file" else "text", "text": f"{name}:\n\n{text}\n\n"}


def _is_own(endpoint: RunningEndpoint, file_id: object) -> bool:
    return isinstance(file_id, str) and endpoint.state.store.get("file", file_id) is not None


def _extension(endpoint: RunningEndpoint, file_id: str) -> str:
    record = endpoint.state.store.get("file", file_id)
    return "" if record is None else str(record.document["filename"]).rpartition(".")[2].lower()


async def _picture(endpoint: RunningEndpoint, file_id: str, param: str) -> str:
    """A picture of this server as an address that holds its content."""
    extension = _extension(endpoint, file_id)
    if extension not in IMAGES:
        raise refused(param, f"the file '{file_id}' is no picture")
    try:
        content = await anyio.to_thread.run_sync(endpoint.state.blob(file_id).read_bytes)
    except FileNotFoundError:
        _known(endpoint, file_id, param)  # says so where it was deleted just now
        raise
    return f"data:image/{_MEDIA_TYPES.get(extension, extension)};base64,{base64.b64encode(content).decode()}"


async def _text(endpoint: RunningEndpoint, file: Json, param: str) -> tuple[str, str]:
    """The name of a file and the text in it."""
    if file.get("file_url") is not None:
        message = (
            "'file_url' is not available at this endpoint, which fetches nothing from elsewhere; send 'file_data'."
        )
        raise ApiError(400, message, param=f"{param}.file_url", code="unsupported_parameter")
    file_id, data, name = (file.get(key) for key in ("file_id", "file_data", "filename"))
    if not isinstance(name, str | None) or (isinstance(file_id, str) == isinstance(data, str)):
        raise refused(param, "a file has either 'file_id' or 'file_data', and may have 'filename'")
    if isinstance(file_id, str):
        known = _known(endpoint, file_id, param)["filename"]
        try:
            return name or known, await _read(endpoint, endpoint.state.blob(file_id), known, param)
        except ApiError:
            _known(endpoint, file_id, param)  # says so where it was deleted before it was read
            raise
    path = endpoint.state.blobs / new_id(TEMPORARY_PREFIX)
    try:
        await in_thread(path.write_bytes, _decoded(str(data), f"{param}.file_data"))
        return name or "file", await _read(endpoint, path, name or "", param)
    finally:
        path.unlink(missing_ok=True)


def _known(endpoint: RunningEndpoint, file_id: str, param: str) -> Document:
    """A file of this server. Raises ApiError 400 where there is none."""
    record = endpoint.state.store.get("file", file_id)
    if record is None:
        raise ApiError(400, f"No such File object: {file_id}", param=f"{param}.file_id", code="file_not_found")
    return record.document


def _decoded(data: str, param: str) -> bytes:
    """What stands in an address that holds its content, or in its base64 alone."""
    text = data.partition(",")[2] if data.startswith("data:") else data
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise refused(param, "expected base64, or data:TYPE;base64, before it") from None


async def _read(endpoint: RunningEndpoint, path: Path, name: str, param: str) -> str:
    order = {"do": "read", "path": str(path), "name": name}
    answer = await endpoint.readers.answer(endpoint.state.store.project, order)
    if "fault" in answer:
        raise ApiError(400, answer["fault"]["message"], param=param, code=answer["fault"]["code"])
    if "text" not in answer:
        raise try_later()
    return str(answer["text"])
