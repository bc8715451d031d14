"""Hold every request body that the remote side sends against OpenAI's published API specification.

    python benchmarks/request_bodies.py openapi.yaml

Bodies are those that the official client puts on the wire on its way to the embedded endpoint: files and uploads with
and without a time to live, jobs of every method with all their fields. Prints one line a body; exit code 1 where one
is not valid. The specification is not part of this repository: github.com/openai/openai-openapi has it.
"""

from __future__ import annotations

import contextlib
import email.parser
import email.policy
import json
import re
import sys
import tempfile
from pathlib import Path
from typing import Any

import httpx2
import jsonschema
import yaml
from starlette.testclient import TestClient

from tuneset.endpoint.app import create_app
from tuneset.errors import RemoteError
from tuneset.params import EndpointParams, TuneParams
from tuneset.providers.endpoint import connect
from tuneset.providers.files import file_upload
from tuneset.providers.jobs.jobs import ensure_job
from tuneset.providers.jobs.wanted_job import WantedJob

SCHEMAS = {
    "/v1/files": "CreateFileRequest",
    "/v1/uploads": "CreateUploadRequest",
    "/v1/uploads/ID/parts": "AddUploadPartRequest",
    "/v1/uploads/ID/complete": "CompleteUploadRequest",
    "/v1/fine_tuning/jobs": "CreateFineTuningJobRequest",
}
MESSAGE = {"messages": [{"role": "user", "content": "q"}, {"role": "assistant", "content": "a"}]}
STRING_CHECK = {"type": "string_check", "name": "same", "input": "{{sample.output_text}}",
                "reference": "{{item.answer}}", "operation": "eq"}  # fmt: skip
JOBS: list[dict[str, Any]] = [
    {},
    {"n_epochs": 3, "batch_size": 8, "learning_rate_multiplier": 0.5, "suffix": "mine", "seed": 0},
    {"metadata": {"team": "support"}, "wandb": {"project": "p", "name": "n", "entity": "e", "tags": ["t"]}},
    {"method": "dpo"},
    {"method": "dpo", "beta": 0.1, "n_epochs": 1, "batch_size": 256},
    {"method": "reinforcement", "reinforcement": {"grader": STRING_CHECK}},
    {
        "method": "reinforcement",
        "reinforcement": {
            "grader": {"type": "python", "name": "p", "source": "def grade(sample, item):\n    return 1.0"},
            "reasoning_effort": "low",
            "compute_multiplier": 1.5,
            "eval_interval": 5,
            "eval_samples": 2,
        },
    },
]


def main(path: Path) -> int:
    """Send everything, then hold each body against its schema; the number that are not valid."""
    specification = as_json_schema(yaml.safe_load(path.read_text(encoding="utf-8")))
    wrong = 0
    for place, body in sent():
        name = SCHEMAS[place]
        schema = {"$ref": f"#/components/schemas/{name}", "components": specification["components"]}
        faults = [
            f"{fault.json_path}: {fault.message}" for fault in jsonschema.Draft202012Validator(schema).iter_errors(body)
        ]
        wrong += bool(faults)
        print(f"{'wrong' if faults else 'valid'}  {name:<28} {', '.join(sorted(body))}")
        for fault in faults:
            print(f"       {fault}")
    return wrong


def sent() -> list[tuple[str, dict[str, Any]]]:
    """Every body that is sent, with the path it goes to."""
    found: list[tuple[str, dict[str, Any]]] = []

    def keep(request: httpx2.Request) -> None:
        place = re.sub(r"/(upload|file|ftjob)[-_]\w+", "/ID", request.url.path)
        if request.method == "POST" and place in SCHEMAS:
            found.append((place, _body(request)))

    with (
        tempfile.TemporaryDirectory() as folder,
        TestClient(create_app(Path(folder) / "state"), base_url="http://localhost") as http,
    ):
        http.event_hooks["request"].append(keep)
        endpoint = connect(EndpointParams(), base_url="http://localhost/v1", http_client=http)
        receipts = Path(folder) / "receipts"
        path = Path(folder) / "train.jsonl"
        uploaded = None
        for number, (in_parts, expiry) in enumerate([(False, None), (False, 3600), (True, None), (True, 3600)]):
            path.write_bytes((json.dumps(MESSAGE).encode() + b"\n") * (10 + number))
            uploaded = file_upload.upload(
                endpoint, path, purpose="fine-tune", stem="train", receipts_folder=receipts, in_parts=in_parts,
                expires_after_s=expiry,
            )  # fmt: skip
        assert uploaded is not None
        for job in JOBS:
            wanted = WantedJob(TuneParams.model_validate(job), uploaded.file.id, uploaded.sha256)
            with contextlib.suppress(RemoteError):  # the embedded endpoint need not offer the method
                ensure_job(endpoint, wanted, receipts_folder=receipts)
    return found


def _body(request: httpx2.Request) -> dict[str, Any]:
    """A JSON body, or the fields of a form as the specification describes them."""
    content = request.read()
    if request.headers["content-type"] == "application/json":
        parsed: dict[str, Any] = json.loads(content)
        return parsed
    header = f"Content-Type: {request.headers['content-type']}\r\n\r\n".encode()
    form = email.parser.BytesParser(policy=email.policy.HTTP).parsebytes(header + content)
    fields: dict[str, Any] = {}
    for part in form.iter_parts():
        name, _, key = str(part.get_param("name", header="content-disposition")).partition("[")
        raw = part.get_payload(decode=True)
        assert isinstance(raw, bytes)
        text = raw.decode()
        if key:
            fields.setdefault(name, {})[key.rstrip("]")] = int(text) if text.isdigit() else text
        else:
            fields[name] = text
    return fields


def as_json_schema(node: Any) -> Any:  # noqa: ANN401  any part of a YAML document
    """OpenAPI 3.0's own words as those of JSON Schema: `nullable`, and bounds that are said to be exclusive."""
    if isinstance(node, list):
        return [as_json_schema(item) for item in node]
    if not isinstance(node, dict):
        return node
    found = {key: as_json_schema(value) for key, value in node.items()}
    for exclusive, bound in (("exclusiveMinimum", "minimum"), ("exclusiveMaximum", "maximum")):
        if found.get(exclusive) is True:
            found[exclusive] = found.pop(bound)
    if found.pop("nullable", False) is True:
        return {"anyOf": [found, {"type": "null"}]}
    return found


if __name__ == "__main__":
    sys.exit(1 if main(Path(sys.argv[1])) else 0)
