"""The embedded endpoint as an OpenAPI document: its routes, its records of bodies, the official client's of answers.

    python -m scripts.endpoint_openapi > endpoint.json

Which bodies a model or a file must exist for is not in it, and so no example of it need be accepted.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Mapping
from typing import Any

from openai.types import (
    Batch,
    Completion,
    FileDeleted,
    FileObject,
    Model,
    ModelDeleted,
    Upload,
    VectorStore,
    VectorStoreDeleted,
    VectorStoreSearchResponse,
)
from openai.types.chat import ChatCompletion
from openai.types.fine_tuning import FineTuningJob, FineTuningJobEvent
from openai.types.fine_tuning.jobs import FineTuningJobCheckpoint
from openai.types.responses import Response
from openai.types.uploads import UploadPart
from openai.types.vector_stores import (
    FileContentResponse,
    VectorStoreFile,
    VectorStoreFileBatch,
    VectorStoreFileDeleted,
)
from pydantic import BaseModel

from tuneset.endpoint.api.batch_routes import BatchRequest
from tuneset.endpoint.api.file_routes import FileRequest
from tuneset.endpoint.api.generation_body import ChatRequest, CompletionRequest, ResponseRequest
from tuneset.endpoint.api.job_body import JobRequest
from tuneset.endpoint.api.paging import MAX_PAGE
from tuneset.endpoint.api.vector_store_bodies import (
    AttachedFileRequest,
    AttributesChange,
    FileBatchRequest,
    SearchRequest,
    VectorStoreChange,
    VectorStoreRequest,
)
from tuneset.endpoint.routes import ONE, ROUTES
from tuneset.endpoint.state import uploads
from tuneset.endpoint.state.purposes import PURPOSES

Json = dict[str, Any]

BODIES: Mapping[str, type[BaseModel]] = {
    "/v1/uploads": uploads.UploadRequest,
    "/v1/uploads/{upload_id}/complete": uploads.UploadCompletion,
    "/v1/fine_tuning/jobs": JobRequest,
    "/v1/batches": BatchRequest,
    "/v1/chat/completions": ChatRequest,
    "/v1/completions": CompletionRequest,
    "/v1/responses": ResponseRequest,
    "/v1/vector_stores": VectorStoreRequest,
    ONE: VectorStoreChange,
    f"{ONE}/search": SearchRequest,
    f"{ONE}/files": AttachedFileRequest,
    f"{ONE}/files/{{file_id}}": AttributesChange,
    f"{ONE}/file_batches": FileBatchRequest,
}
OBJECTS: Mapping[str, type[BaseModel]] = {
    "/v1/files": FileObject,
    "/v1/uploads": Upload,
    "/v1/fine_tuning/jobs": FineTuningJob,
    "/v1/batches": Batch,
    "/v1/models": Model,
    "/v1/chat/completions": ChatCompletion,
    "/v1/completions": Completion,
    "/v1/responses": Response,
    "/v1/vector_stores": VectorStore,
    f"{ONE}/search": VectorStoreSearchResponse,
    f"{ONE}/files": VectorStoreFile,
    f"{ONE}/file_batches": VectorStoreFileBatch,
}
"""What answers begin with a path: the longest that a route begins with, unless it is one of these."""
OTHERS: Mapping[tuple[str, str], type[BaseModel]] = {
    ("POST", "/v1/uploads/{upload_id}/parts"): UploadPart,
    ("DELETE", "/v1/files/{file_id}"): FileDeleted,
    ("DELETE", "/v1/models/{model}"): ModelDeleted,
    ("DELETE", ONE): VectorStoreDeleted,
    ("DELETE", f"{ONE}/files/{{file_id}}"): VectorStoreFileDeleted,
    ("GET", f"{ONE}/files/{{file_id}}/content"): FileContentResponse,
    ("GET", f"{ONE}/file_batches/{{file_batch_id}}/files"): VectorStoreFile,
    ("GET", "/v1/fine_tuning/jobs/{job_id}/events"): FineTuningJobEvent,
    ("GET", "/v1/fine_tuning/jobs/{job_id}/checkpoints"): FineTuningJobCheckpoint,
}
LISTS = frozenset(
    {
        "/v1/files",
        "/v1/fine_tuning/jobs",
        "/v1/fine_tuning/jobs/{job_id}/events",
        "/v1/fine_tuning/jobs/{job_id}/checkpoints",
        "/v1/batches",
        "/v1/models",
        "/v1/vector_stores",
        f"{ONE}/files",
        f"{ONE}/file_batches/{{file_batch_id}}/files",
    }
)
PAGES: Mapping[tuple[str, str], str] = {
    ("POST", f"{ONE}/search"): "vector_store.search_results.page",
    ("GET", f"{ONE}/files/{{file_id}}/content"): "vector_store.file_content.page",
}
"""Answers of all results at once, and what they are called."""
FORMS: Mapping[str, str] = {"/v1/files": "file", "/v1/uploads/{upload_id}/parts": "data"}
"""What is sent as a form, and what the file in it is called."""

ERROR: Json = {
    "type": "object",
    "required": ["error"],
    "properties": {
        "error": {
            "type": "object",
            "required": ["message", "type", "param", "code"],
            "properties": {
                "message": {"type": "string", "minLength": 1},
                "type": {"type": "string"},
                "param": {"type": ["string", "null"]},
                "code": {"type": ["string", "null"]},
            },
        }
    },
}
OWN = frozenset({"/v1/fine_tuning/jobs/check", "/v1/models/{model}/content"})
"""What the protocol does not have, and so no part of its document."""
STATUSES = ("400", "401", "403", "404", "405", "408", "409", "413", "429", "503", "507")


def document() -> Json:
    """The whole document."""
    paths: dict[str, Json] = {}
    schemas: Json = {"Error": ERROR}
    for route in ROUTES:
        path = route.path.replace(":path", "")
        if not path.startswith("/v1/") or path in OWN:
            continue
        for method in sorted((route.methods or set()) - {"HEAD"}):
            paths.setdefault(path, {})[method.lower()] = _operation(method, path, schemas)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Tuneset's endpoint", "version": "1"},
        "components": {"schemas": schemas, "securitySchemes": {"key": {"type": "http", "scheme": "bearer"}}},
        "security": [{"key": []}],
        "paths": paths,
    }


def _operation(method: str, path: str, schemas: Json) -> Json:
    parameters: list[Json] = [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string", "minLength": 1}}
        for name in re.findall(r"{(\w+)}", path)
    ]
    listed = method == "GET" and path in LISTS
    if listed and path != "/v1/models":
        limit = {"type": "integer", "minimum": 1, "maximum": MAX_PAGE}
        parameters += [
            {"name": "limit", "in": "query", "schema": limit},
            {"name": "order", "in": "query", "schema": {"enum": ["asc", "desc"]}},
        ]
    error = {
        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}},
        "description": "refused",
    }
    operation: Json = {
        "operationId": f"{method} {path}",
        "parameters": parameters,
        "responses": {"200": _answer(method, path, schemas, listed=listed), **dict.fromkeys(STATUSES, error)},
    }
    if method == "POST" and path in FORMS:
        operation["requestBody"] = {
            "required": True,
            "content": {"multipart/form-data": {"schema": _form(path, schemas)}},
        }
    elif method == "POST" and path in BODIES:
        schema = _named(BODIES[path], schemas, "validation")
        operation["requestBody"] = {"required": True, "content": {"application/json": {"schema": schema}}}
    return operation


def _answer(method: str, path: str, schemas: Json, *, listed: bool) -> Json:
    if path.endswith("/content") and (method, path) not in PAGES:
        return {"description": "the bytes", "content": {"application/octet-stream": {"schema": {}}}}
    begins = max((one for one in OBJECTS if path.startswith(one)), key=len)
    known = OTHERS.get((method, path), OBJECTS[begins])
    schema: Json = {"type": "object"} if path.startswith("/v1/responses/") else _named(known, schemas, "serialization")
    kind = "list" if listed else PAGES.get((method, path))
    if kind is not None:
        keys = {
            "object": {"const": kind},
            "data": {"type": "array", "items": schema},
            "has_more": {"type": "boolean"},
        }
        schema = {"type": "object", "required": ["object", "data"], "properties": keys}
    content = {"application/json": {"schema": schema}}
    if path in {"/v1/chat/completions", "/v1/completions", "/v1/responses"}:
        content["text/event-stream"] = {"schema": {}}
    return {"description": "done", "content": content}


def _form(path: str, schemas: Json) -> Json:
    file = {FORMS[path]: {"type": "string", "format": "binary"}}
    if path != "/v1/files":
        return {"type": "object", "required": [*file], "properties": file, "additionalProperties": False}
    asked = _named(FileRequest, schemas, "validation")
    purpose = {"enum": [name for name, directions in PURPOSES.items() if directions.upload]}
    properties = schemas[asked["$ref"].rpartition("/")[2]]["properties"] | {"purpose": purpose} | file
    return {"type": "object", "required": ["file", "purpose"], "properties": properties, "additionalProperties": False}


def _named(model: type[BaseModel], schemas: Json, mode: Any) -> Json:  # noqa: ANN401  a literal of pydantic
    """A reference to a model's schema, which is put among the others with all that it refers to."""
    place = f"{mode}.{model.__module__}.{model.__qualname__}".replace(".", "_")
    if place not in schemas:
        schema = model.model_json_schema(mode=mode, ref_template=f"#/components/schemas/{place}_{{model}}")
        for name, part in schema.pop("$defs", {}).items():
            schemas[f"{place}_{name}"] = part
        if model is FileObject:  # the client knows fewer purposes than the specification
            schema["properties"]["purpose"] = {"enum": [*PURPOSES]}
        schemas[place] = schema
    return {"$ref": f"#/components/schemas/{place}"}


if __name__ == "__main__":
    json.dump(document(), sys.stdout)
