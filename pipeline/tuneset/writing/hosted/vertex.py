"""The export format `vertex`: `contents` of `parts` for tuning Gemini on Vertex AI, with the body of the job.

Every turn of the model is learned and no weight is read, so that lines with an answer of weight 0 are left out. Images
are files by their address. Answers of tools are in the order of the calls, which have no ids there.

Sources: Vertex AI, supervised and preference tuning, tuning of function calling; google-genai 3.6.1 (2026-11-25).
"""

from __future__ import annotations

import itertools
import mimetypes
from collections.abc import Iterator, Sequence
from typing import Any

from tuneset import export_reasons as reasons
from tuneset.artifacts import json_bytes
from tuneset.json_text import dumps
from tuneset.writing.conversation import Conversation, LeftOutError, Message
from tuneset.writing.fitting import refuse, refuse_untrained, tell_detail
from tuneset.writing.row_files import ExportContext, ExportRow, Written, row_exporter

_SCHEMA_KEYS = frozenset({
    "type", "format", "title", "description", "nullable", "enum", "items", "properties", "required", "anyOf", "default",
    "minItems", "maxItems", "minProperties", "maxProperties", "minLength", "maxLength", "pattern", "minimum", "maximum",
})  # fmt: skip
"""What a `Schema` of the API has, of the words of JSON Schema (google-genai 3.6.1, `types.Schema`)."""


def rows(whole: Conversation, context: ExportContext) -> list[ExportRow]:  # noqa: ARG001  a row says it all
    """The row of a line, of any method."""
    refuse(whole, lacks={"images of others", "reasoning", "names"})
    tell_detail(whole)
    refuse_untrained(whole)
    head = [message.text for message in itertools.takewhile(lambda m: m.role == "system", whole.messages)]
    rest = whole.messages[len(head) :]
    if any(message.role == "system" for message in rest):
        raise LeftOutError(reasons.TURNS_NOT_TAKEN, "a system message after the beginning")
    if len(head) > 1:
        whole.changes.add(reasons.NEIGHBOURS_JOINED)
    row: ExportRow = {"systemInstruction": {"parts": [{"text": "\n".join(head)}]}} if head else {}
    row["contents"] = list(_contents(rest, whole))
    if whole.method == "dpo":
        refuse(whole, lacks={"tools", "images"})
        assert whole.chosen is not None
        assert whole.rejected is not None
        answers = ((1, whole.chosen), (0, whole.rejected))
        row["completions"] = [
            {"score": score, "completion": {"role": "model", "parts": [{"text": answer.text}]}}
            for score, answer in answers
        ]
    if whole.tools:
        row["tools"] = [{"functionDeclarations": [_declaration(tool["function"], whole) for tool in whole.tools]}]
    if whole.method == "rft":
        row["references"] = {
            key: value if isinstance(value, str) else dumps(value) for key, value in whole.columns.items()
        }
    return [row]


def _contents(messages: Sequence[Message], whole: Conversation) -> Iterator[ExportRow]:
    open_calls: list[str] = []
    for is_answer, run in itertools.groupby(messages, lambda message: message.role == "tool"):
        here = list(run)
        if is_answer:
            if [message.call_id for message in here] != open_calls:
                raise LeftOutError(reasons.TURNS_NOT_TAKEN, "not every call is answered in its order")
            whole.changes.add(reasons.CALL_IDS)
            answers = [{"functionResponse": {"name": m.name, "response": {"output": m.text}}} for m in here]
            yield {"role": "user", "parts": answers}
            open_calls = []
            continue
        for message in here:
            open_calls = [call.id for call in message.calls]
            calls = [{"functionCall": {"name": call.name, "args": call.arguments}} for call in message.calls]
            said = [] if calls and message.content == "" else list(_parts(message))
            yield {"role": "model" if message.role == "assistant" else "user", "parts": [*said, *calls]}


def _parts(message: Message) -> Iterator[ExportRow]:
    if isinstance(message.content, str):
        yield {"text": message.content}
        return
    for part in message.content:
        if part["type"] == "text":
            yield {"text": part["text"]}
            continue
        url = part["image_url"]["url"]
        if not url.startswith(("gs://", "https://", "http://")):
            raise LeftOutError(reasons.NO_PLACE, "an image that is not at an address of gs:// or https://")
        kind = mimetypes.guess_type(url.partition("?")[0])[0] or "image/jpeg"
        yield {"fileData": {"mimeType": kind, "fileUri": url}}


def _declaration(function: dict[str, Any], whole: Conversation) -> ExportRow:
    """A tool as the service declares it: types in capitals, and no word of JSON Schema that it does not know."""
    declared: ExportRow = {"name": function["name"]}
    if function.get("description"):
        declared["description"] = function["description"]
    if function.keys() - {"name", "description", "parameters"}:
        whole.changes.add(reasons.SCHEMA_NARROWED)
    if isinstance(function.get("parameters"), dict):
        declared["parameters"] = _schema(function["parameters"], whole)
    return declared


def _schema(schema: dict[str, Any], whole: Conversation) -> ExportRow:
    if schema.keys() - _SCHEMA_KEYS:
        whole.changes.add(reasons.SCHEMA_NARROWED)
    written: ExportRow = {}
    for key, value in schema.items():
        if key == "type":
            kinds = [kind for kind in (value if isinstance(value, list) else [value]) if kind != "null"]
            if len(kinds) != 1 or not isinstance(kinds[0], str):
                raise LeftOutError(reasons.NO_PLACE, "a tool's parameter of several types")
            written["type"] = kinds[0].upper()
            if isinstance(value, list) and len(value) > 1:
                written["nullable"] = True
        elif key == "properties" and isinstance(value, dict):
            written[key] = {name: _inner(inner, whole) for name, inner in value.items()}
        elif key == "anyOf" and isinstance(value, list):
            written[key] = [_inner(inner, whole) for inner in value]
        elif key == "items":
            written[key] = _inner(value, whole)
        elif key in _SCHEMA_KEYS:
            written[key] = value
    return written


def _inner(schema: Any, whole: Conversation) -> Any:  # noqa: ANN401  whatever stands there
    return _schema(schema, whole) if isinstance(schema, dict) else schema


def _setup(written: Written) -> None:
    recipe, method = written.context.recipe, written.context.survey.method
    hyper: dict[str, Any] = {"epochCount": recipe.epochs}
    if recipe.learning_rate_multiplier is not None:
        hyper["learningRateMultiplier"] = recipe.learning_rate_multiplier
    uris = {"trainingDatasetUri": f"gs://BUCKET/{written.files['train']}"}
    if written.validation and method != "dpo":
        uris["validationDatasetUri"] = f"gs://BUCKET/{written.validation}"
    if method == "dpo":
        spec = {"preferenceOptimizationSpec": {**uris, "hyperParameters": {**hyper, "beta": recipe.beta}}}
    elif method == "rft":
        spec = {"reinforcementTuningSpec": {**uris, "hyperParameters": hyper, "singleRewardConfig": {}}}
    else:
        spec = {"supervisedTuningSpec": {**uris, "hyperParameters": hyper}}
    body = {"baseModel": recipe.model or "gemini-2.5-flash", **spec, "tunedModelDisplayName": "tuneset"}
    written.out.text("tuning_job.json", json_bytes(body).decode())
    names = " ".join(sorted({written.files[side] for side in ("train", "validation") if written.rows[side]}))
    written.out.text("submit.sh", _SUBMIT.replace("FILES", names))
    notes = ["The service takes a multiplier of its own learning rate, and no absolute one; without one it chooses."]
    if method == "rft":
        notes.append(
            "Put a reward into `singleRewardConfig` of `tuning_job.json` first; it reaches `{{references.KEY}}`."
        )
    written.readme("Rows for tuning on Vertex AI", "sh submit.sh BUCKET PROJECT LOCATION", *notes)


_SUBMIT = """#!/bin/sh
# Puts the files into a bucket and creates the tuning job. Needs the gcloud command, signed in.
set -e
bucket=${1:?name the bucket: sh submit.sh BUCKET PROJECT LOCATION}
project=${2:?name the project}
location=${3:?name the location, such as us-central1}
gcloud storage cp FILES "gs://$bucket/"
sed "s#gs://BUCKET/#gs://$bucket/#" tuning_job.json | curl --fail-with-body -sS -X POST \\
  -H "Authorization: Bearer $(gcloud auth print-access-token)" -H "Content-Type: application/json" --data-binary @- \\
  "https://$location-aiplatform.googleapis.com/v1/projects/$project/locations/$location/tuningJobs"
"""

VERTEX = row_exporter("vertex", "Gemini on Vertex AI, with the body of the job", ("sft", "dpo", "rft"), rows, _setup)
