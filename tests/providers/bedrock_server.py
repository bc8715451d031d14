"""A small server of Amazon Bedrock's model customization, in this process, as botocore's model and recordings tell it.

Requests come from the real boto3, signed and written by it; the bucket is in memory (`bucket.py`).
"""

from __future__ import annotations

import dataclasses
import io
from collections.abc import Callable
from typing import Any
from urllib.parse import unquote

import httpx2

from tests.providers.bucket import Bucket
from tests.providers.native_server import NativeServer, json_of
from tuneset.providers.bucket.files import BucketFiles
from tuneset.providers.endpoint import Endpoint
from tuneset.providers.places import Places

MODEL = "amazon.nova-lite-v1:0:300k"
ROLE = "arn:aws:iam::123456789012:role/tuning"
ROOT = "bucket/in"
ADDRESS = "https://bedrock.us-east-1.amazonaws.com"
TRAINED = b"step_number,epoch_number,training_loss,perplexity\n0,0,1.0,2.7\n1,0,0.5,1.6\n"
JOBS = "/model-customization-jobs"
WEIGHTS = bytes(range(256)) * 40


@dataclasses.dataclass
class BedrockServer(NativeServer):
    """Jobs by their name; a token makes one job; objects are those of the bucket."""

    profile: str = "bedrock-customization"
    objects: dict[str, bytes] = dataclasses.field(default_factory=dict)
    jobs: dict[str, dict[str, Any]] = dataclasses.field(default_factory=dict)
    tokens: dict[str, str] = dataclasses.field(default_factory=dict)
    tune: dict[str, Any] = dataclasses.field(default_factory=lambda: {"extra_body": {"roleArn": ROLE}})
    job_states: list[str] = dataclasses.field(default_factory=lambda: ["InProgress", "Completed"])
    failure: str | None = None

    def endpoint(self, **params: Any) -> Endpoint:
        """An endpoint whose requests come here, and whose bucket is this one."""
        given = {"base_url": ADDRESS, "storage": f"s3://{ROOT}", **params}
        return with_bucket(super().endpoint(**given), "s3", self.objects, self)

    def client(self) -> Any:
        return lambda request: _as_aws(self, request)

    def assert_once(self, places: Places, case: str) -> None:
        sides = {places.dataset(side).read_bytes() for side in ("train", "validation")}
        ours = ("bucket/in/t", "bucket/in/v")
        sent = {name: content for name, content in self.objects.items() if name.startswith(ours)}
        assert set(sent.values()) == sides, case
        assert len(sent) == 2, case
        assert len(self.jobs) == 1, case

    def act(self, request: httpx2.Request) -> httpx2.Response:
        if not request.headers.get("authorization", "").startswith("AWS4-HMAC-SHA256 "):
            return aws_error(403, "MissingAuthenticationTokenException", "Missing Authentication Token")
        path = unquote(request.url.raw_path.decode().partition("?")[0])
        match request.method, path.removeprefix(JOBS).partition("/")[2]:
            case "GET", _ if path == "/foundation-models":
                rows = [{"modelArn": f"arn:aws:bedrock:us-east-1::foundation-model/{MODEL}", "modelId": MODEL,
                         "customizationsSupported": ["FINE_TUNING"]},
                        {"modelArn": "arn:aws:bedrock:us-east-1::foundation-model/other", "modelId": "other",
                         "customizationsSupported": []}]  # fmt: skip
                return httpx2.Response(200, json={"modelSummaries": rows})
            case "POST", "":
                return self._create(json_of(request))
            case "GET", "":
                named = request.url.params.get("nameContains", "")
                found = [summary(job) for job in self.jobs.values() if named in job["jobName"]]
                return httpx2.Response(200, json={"modelCustomizationJobSummaries": found[::-1]})
            case "GET", name if name in self.jobs:
                return httpx2.Response(200, json=self._advance(self.jobs[name]))
            case "POST", name if name.removesuffix("/stop") in self.jobs:
                self.jobs[name.removesuffix("/stop")] |= {"status": "Stopped", "ahead": []}
                return httpx2.Response(200, json={})
        return aws_error(404, "ResourceNotFoundException", "The requested job does not exist")

    def _create(self, body: dict[str, Any]) -> httpx2.Response:
        token = body.pop("clientRequestToken")
        if token in self.tokens:
            return httpx2.Response(201, json={"jobArn": self.tokens[token]})
        if any(job["jobName"] == body["jobName"] for job in self.jobs.values()):
            return aws_error(409, "ConflictException", "a job of that name exists")
        uris = [body["trainingDataConfig"]["s3Uri"]]
        uris += [one["s3Uri"] for one in body.get("validationDataConfig", {}).get("validators", [])]
        if missing := [uri for uri in uris if uri.removeprefix("s3://") not in self.objects]:
            return aws_error(400, "ValidationException", f"{missing[0]} cannot be read")
        if body["baseModelIdentifier"] != MODEL:
            return aws_error(400, "ValidationException", "The provided model identifier is invalid.")
        if not all(isinstance(value, str) for value in body.get("hyperParameters", {}).values()):
            return aws_error(400, "ValidationException", "hyperParameters is a map of texts")
        number = len(self.jobs) + 1
        arn = f"arn:aws:bedrock:us-east-1:123456789012:model-customization-job/amazon.nova-lite-v1:0:300k/job{number}"
        self.tokens[token] = arn
        self.jobs[body["jobName"]] = {
            **body, "jobArn": arn, "status": "InProgress", "ahead": list(self.job_states),
            "creationTime": "2026-11-26T10:00:00Z",
            "baseModelArn": f"arn:aws:bedrock:us-east-1::foundation-model/{body['baseModelIdentifier']}",
        }  # fmt: skip
        return httpx2.Response(201, json={"jobArn": arn})

    def _advance(self, job: dict[str, Any]) -> dict[str, Any]:
        if job["ahead"]:
            job["status"] = job["ahead"].pop(0)
        if job["status"] == "Failed":
            job["failureMessage"] = self.failure or "Line 2: content is empty"
            job["statusDetails"] = {"validationDetails": {"status": "Failed"}}
        if job["status"] == "Completed":
            job["outputModelArn"] = "arn:aws:bedrock:us-east-1:123456789012:custom-model/m1"
            job["trainingMetrics"] = {"trainingLoss": 0.5}
            place = job["outputDataConfig"]["s3Uri"].removeprefix("s3://") + "model-customization-job-1/"
            self.objects[place + "training_artifacts/step_wise_training_metrics.csv"] = TRAINED
            self.objects[place + "adapter.safetensors"] = WEIGHTS
        return shown(job)

    @staticmethod
    def kind(request: httpx2.Request) -> str:
        """A request's path without ids; of an object, where it lies."""
        path = unquote(request.url.raw_path.decode().partition("?")[0])
        if request.url.host == "bucket.example.com":
            return "/output" if "/output/" in path else "/bucket"
        rest = path.removeprefix(JOBS)
        return (
            path
            if not path.startswith(JOBS) or not rest
            else f"{JOBS}/ID" + ("/stop" if path.endswith("/stop") else "")
        )


def with_bucket(endpoint: Endpoint, scheme: str, objects: dict[str, bytes], server: NativeServer) -> Endpoint:
    """The endpoint, with a bucket whose requests the server counts."""

    def handle(request: httpx2.Request, act: Callable[[], httpx2.Response]) -> httpx2.Response:
        call = f"{request.method} {server.kind(request)}"
        server.requests.append(call)
        waiting = server.faults.get(call, [])
        return waiting.pop(0)(request, act) if waiting else act()

    provider: Any = endpoint.provider
    files = BucketFiles(provider.files.root, lambda: Bucket(scheme, objects, handle))
    jobs = dataclasses.replace(provider.jobs, files=files)
    return dataclasses.replace(endpoint, provider=dataclasses.replace(provider, files=files, jobs=jobs))


def shown(job: dict[str, Any]) -> dict[str, Any]:
    """A job as it is answered."""
    return {name: value for name, value in job.items() if name != "ahead"}


def summary(job: dict[str, Any]) -> dict[str, Any]:
    """A job as the list has it."""
    names = ("jobArn", "jobName", "baseModelArn", "status", "creationTime", "customModelArn")
    return {name: job[name] for name in names if name in job}


def aws_error(status: int, code: str, message: str) -> httpx2.Response:
    return httpx2.Response(status, json={"message": message}, headers={"x-amzn-errortype": code})


def _as_aws(server: NativeServer, prepared: Any) -> Any:
    """Botocore's request to the server, and the answer as botocore's; faults as botocore raises them."""
    import botocore.exceptions as raised
    from botocore.awsrequest import AWSResponse

    body = prepared.body or b""
    request = httpx2.Request(prepared.method, prepared.url, headers=headers_of(prepared.headers), content=body)
    try:
        answered = server.handle(request)
    except httpx2.TimeoutException as error:
        raise raised.ReadTimeoutError(endpoint_url=prepared.url, error=error) from None
    except httpx2.ConnectError as error:
        raise raised.EndpointConnectionError(endpoint_url=prepared.url, error=error) from None
    except httpx2.HTTPError as error:
        raise raised.ConnectionClosedError(endpoint_url=prepared.url, error=error) from None
    raw = _Raw(answered.read())
    return AWSResponse(prepared.url, answered.status_code, dict(answered.headers), raw)


def headers_of(headers: Any) -> dict[str, str]:
    return {
        name: value.decode() if isinstance(value, bytes) else str(value)
        for name, value in headers.items()
        if name.lower() != "content-length"
    }


class _Raw(io.BytesIO):
    """What botocore reads an answer from."""

    def stream(self, **_: object) -> Any:
        yield self.read()
