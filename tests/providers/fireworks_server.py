"""A small server of Fireworks' protocol, in this process, as its client's code and calls recorded from it tell it."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

import httpx2

from tests.providers.native_server import STORAGE, NativeServer, fault, file_of, json_of

MODEL = "accounts/fireworks/models/llama-v3p1-8b-instruct"
ROOT = "accounts/acme"
KINDS = ("supervisedFineTuningJobs", "dpoJobs", "reinforcementFineTuningJobs")
WEIGHTS = bytes(range(256)) * 40
METRICS = b'{"step": 1, "loss": 1.0}\n{"step": 2, "loss": 0.5}\n'


@dataclasses.dataclass
class FireworksServer(NativeServer):
    """Datasets and jobs under names that the client chose; metrics and models at signed addresses."""

    profile: str = "fireworks"
    datasets: dict[str, dict[str, Any]] = dataclasses.field(default_factory=dict)
    contents: dict[str, bytes] = dataclasses.field(default_factory=dict)
    jobs: dict[str, dict[str, Any]] = dataclasses.field(default_factory=dict)
    job_states: list[str] = dataclasses.field(default_factory=lambda: ["VALIDATING", "RUNNING", "COMPLETED"])
    status: dict[str, Any] | None = None

    def act(self, request: httpx2.Request) -> httpx2.Response:
        if request.url.host == "storage.example.com":
            return self._stored(request)
        if request.headers.get("authorization") is None:
            return fault(401, "no key")
        path, _, action = request.url.path.removeprefix(f"/v1/{ROOT}/").partition(":")
        match request.method, path.split("/"), action:
            case "POST", ["datasets"], "":
                return self._create_dataset(json_of(request))
            case "GET", ["datasets"], "":
                return httpx2.Response(200, json={"datasets": list(self.datasets.values())})
            case "GET", ["datasets", name], "" if name in self.datasets:
                return httpx2.Response(200, json=self.datasets[name])
            case "DELETE", ["datasets", name], "" if name in self.datasets:
                del self.datasets[name]
                return httpx2.Response(200, json={})
            case "POST", ["datasets", name], "upload" if name in self.datasets:
                return self._arrived(name, file_of(request, "file"))
            case "POST", ["datasets", name], "getUploadEndpoint" if name in self.datasets:
                urls = dict.fromkeys(json_of(request)["filenameToSize"], f"{STORAGE}/in1/{name}")
                return httpx2.Response(200, json={"filenameToSignedUrls": urls})
            case "POST", ["datasets", name], "validateUpload" if name in self.contents:
                return self._arrived(name, self.contents[name])
            case "POST", [kind], "" if kind in KINDS:
                return self._create_job(kind, request.url.params[f"{kind.removesuffix('s')}Id"], json_of(request))
            case "GET", [kind], "" if kind in KINDS:
                found = [shown(job) for name, job in self.jobs.items() if name.startswith(kind)]
                return httpx2.Response(200, json={kind: found})
            case "GET", [kind, name], "" if f"{kind}/{name}" in self.jobs:
                return httpx2.Response(200, json=self._advance(self.jobs[f"{kind}/{name}"]))
            case "GET", [kind, name], "getMetricsFileEndpoint" if f"{kind}/{name}" in self.jobs:
                return httpx2.Response(200, json={"signedUrl": f"{STORAGE}/out1/metrics"})
            case "POST", [kind, name], "cancel" if f"{kind}/{name}" in self.jobs:
                self.jobs[f"{kind}/{name}"] |= {"state": "JOB_STATE_CANCELLED", "ahead": []}
                return httpx2.Response(200, json={})
            case "GET", ["models", name], "getDownloadEndpoint" if any(name in job for job in self.jobs):
                files = ("adapter_config.json", "adapter_model.safetensors")
                return httpx2.Response(200, json={"filenameToSignedUrls": {f: f"{STORAGE}/out1/{f}" for f in files}})
        return fault(404, f"not found: {request.url.path}")

    def _stored(self, request: httpx2.Request) -> httpx2.Response:
        """A storage takes no key, and holds a sender to what was signed."""
        if "authorization" in request.headers:
            return fault(400, "a storage takes no key")
        if request.method == "PUT":
            size = len(request.content)
            if request.headers.get("x-goog-content-length-range") != f"{size},{size}":
                return httpx2.Response(403, text="SignatureDoesNotMatch")
            self.contents[request.url.path.rpartition("/")[2]] = request.content
            return httpx2.Response(200)
        if request.url.path.endswith("/metrics"):
            return httpx2.Response(200, content=METRICS)
        start = int(request.headers.get("range", "bytes=0-").removeprefix("bytes=").rstrip("-"))
        return httpx2.Response(206 if start else 200, content=WEIGHTS[start:])

    def _create_dataset(self, body: dict[str, Any]) -> httpx2.Response:
        name = body["datasetId"]
        if name in self.datasets:
            return fault(409, "already exists", "ALREADY_EXISTS")
        if not isinstance(body["dataset"]["exampleCount"], str):
            return fault(400, "exampleCount is a text")
        self.datasets[name] = {
            **body["dataset"], "name": f"{ROOT}/datasets/{name}", "state": "UPLOADING",
            "createTime": "2026-11-26T10:00:00Z",
            "status": {"code": "OK", "message": ""},
        }  # fmt: skip
        return httpx2.Response(200, json=self.datasets[name])

    def _arrived(self, name: str, content: bytes) -> httpx2.Response:
        self.contents[name] = content
        self.datasets[name]["state"] = "READY"
        if self.status is not None:
            self.datasets[name] |= {"state": "UPLOADING", "status": self.status}
        return httpx2.Response(200, json={})

    def _create_job(self, kind: str, name: str, body: dict[str, Any]) -> httpx2.Response:
        if f"{kind}/{name}" in self.jobs:
            return fault(409, "already exists", "ALREADY_EXISTS")
        if self.datasets.get(body["dataset"].rpartition("/")[2], {}).get("state") != "READY":
            return fault(400, "dataset is not ready", "INVALID_ARGUMENT")
        self.jobs[f"{kind}/{name}"] = {
            **body, "name": f"{ROOT}/{kind}/{name}", "state": "JOB_STATE_CREATING", "ahead": list(self.job_states),
            "createTime": "2026-11-26T10:00:00Z",
        }  # fmt: skip
        return httpx2.Response(200, json=shown(self.jobs[f"{kind}/{name}"]))

    def _advance(self, job: dict[str, Any]) -> dict[str, Any]:
        if job["ahead"]:
            job["state"] = f"JOB_STATE_{job['ahead'].pop(0)}"
        if job["state"] == "JOB_STATE_FAILED":
            job["status"] = {"code": "INVALID_ARGUMENT", "message": "no valid training examples after tokenization"}
        if job["state"] == "JOB_STATE_COMPLETED" and "supervised" in job["name"]:
            job["estimatedCost"] = {"currencyCode": "USD", "units": "2", "nanos": 250_000_000}
            job["metricsFileSignedUrl"] = f"{STORAGE}/out1/metrics"
        return shown(job)


def shown(job: dict[str, Any]) -> dict[str, Any]:
    """A job as it is answered."""
    return json.loads(json.dumps({key: value for key, value in job.items() if key != "ahead"}))  # type: ignore[no-any-return]
