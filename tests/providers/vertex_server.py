"""A small server of Vertex AI's tuning jobs, in this process, as google-genai's code and recordings tell it.

Requests come from the real google-genai; the bucket is in memory (`bucket.py`).
"""

from __future__ import annotations

import dataclasses
from typing import Any

import httpx2

from tests.providers.bedrock_server import with_bucket
from tests.providers.native_server import NativeServer, json_of
from tuneset.providers.endpoint import Endpoint
from tuneset.providers.places import Places

MODEL = "gemini-2.5-flash"
OPEN_MODEL = "meta/llama3_1@llama-3.1-8b-instruct"
ADDRESS = "https://us-central1-aiplatform.googleapis.com"
PARENT = "projects/acme/locations/us-central1"
METRICS = b"step,train_loss\n1,1.0\n2,0.5\n"
SPECS = {
    "supervisedTuningSpec": "supervisedTuningDataStats",
    "preferenceOptimizationSpec": "preferenceOptimizationDataStats",
    "reinforcementTuningSpec": "reinforcementTuningDataStats",
}


@dataclasses.dataclass
class VertexServer(NativeServer):
    """Jobs by number, with labels; the list is filtered by one."""

    profile: str = "vertex-ai"
    objects: dict[str, bytes] = dataclasses.field(default_factory=dict)
    jobs: dict[str, dict[str, Any]] = dataclasses.field(default_factory=dict)
    job_states: list[str] = dataclasses.field(default_factory=lambda: ["PENDING", "RUNNING", "SUCCEEDED"])
    failure: str = "Invalid row at line 2: contents is empty"

    def endpoint(self, **params: Any) -> Endpoint:
        """An endpoint whose requests come here, and whose bucket is this one."""
        given = {"base_url": ADDRESS, "storage": "gs://bucket/in", **params}
        return with_bucket(super().endpoint(**given), "gs", self.objects, self)

    def assert_once(self, places: Places, case: str) -> None:
        sides = {places.dataset(side).read_bytes() for side in ("train", "validation")}
        ours = ("bucket/in/t", "bucket/in/v")
        sent = {name: content for name, content in self.objects.items() if name.startswith(ours)}
        assert set(sent.values()) == sides, case
        assert len(sent) == 2, case
        assert len(self.jobs) == 1, case

    def act(self, request: httpx2.Request) -> httpx2.Response:
        if not request.headers.get("authorization", "").startswith("Bearer "):
            return google_error(401, "UNAUTHENTICATED", "Request had invalid authentication credentials")
        path = request.url.path.removeprefix(f"/v1beta1/{PARENT}/tuningJobs")
        match request.method, path:
            case "POST", "":
                return self._create(json_of(request))
            case "GET", "":
                wanted = request.url.params.get("filter", "")
                found = [shown(job) for job in self.jobs.values() if matches(job, wanted)]
                return httpx2.Response(200, json={"tuningJobs": found[::-1]})
            case "GET", _ if path[1:] in self.jobs:
                return httpx2.Response(200, json=self._advance(self.jobs[path[1:]]))
            case "POST", _ if path[1:].removesuffix(":cancel") in self.jobs:
                self.jobs[path[1:].removesuffix(":cancel")] |= {"state": "JOB_STATE_CANCELLED", "ahead": []}
                return httpx2.Response(200, json={})
        return google_error(404, "NOT_FOUND", "The TuningJob does not exist.")

    def _create(self, body: dict[str, Any]) -> httpx2.Response:
        if body["baseModel"] not in (MODEL, OPEN_MODEL):
            return google_error(400, "INVALID_ARGUMENT", "Base model is not supported for tuning.")
        spec = next(body[name] for name in SPECS if name in body)
        if spec["trainingDatasetUri"].removeprefix("gs://") not in self.objects:
            return google_error(400, "INVALID_ARGUMENT", "The dataset does not exist.")
        number = str(1000 + len(self.jobs))
        self.jobs[number] = {
            **body, "name": f"{PARENT}/tuningJobs/{number}", "state": "JOB_STATE_PENDING",
            "ahead": list(self.job_states), "createTime": "2026-11-26T10:00:00Z",
        }  # fmt: skip
        return httpx2.Response(200, json=shown(self.jobs[number]))

    def _advance(self, job: dict[str, Any]) -> dict[str, Any]:
        if job["ahead"]:
            job["state"] = f"JOB_STATE_{job['ahead'].pop(0)}"
        if job["state"] == "JOB_STATE_FAILED":
            job["error"] = {"code": 3, "message": self.failure}
        if job["state"] == "JOB_STATE_SUCCEEDED":
            kind = next(stats for spec, stats in SPECS.items() if spec in job)
            job["tuningDataStats"] = {kind: {"totalBillableTokenCount": "300", "tuningDatasetExampleCount": "12"}}
            job["gcsMetricsUri"] = "gs://bucket/metrics/1"
            self.objects["bucket/metrics/1/metrics.csv"] = METRICS
            point = {"checkpointId": "1", "epoch": "1", "step": "2", "endpoint": f"{PARENT}/endpoints/7"}
            job["tunedModel"] = {"model": f"{PARENT}/models/5", "endpoint": f"{PARENT}/endpoints/7",
                                 "checkpoints": [point]}  # fmt: skip
            if "outputUri" in job:
                self.objects[job["outputUri"].removeprefix("gs://") + "adapter.safetensors"] = b"weights" * 10
        return shown(job)

    @staticmethod
    def kind(request: httpx2.Request) -> str:
        """A request's path without ids; of an object, where it lies."""
        if request.url.host == "bucket.example.com":
            return "/metrics" if "/metrics/" in request.url.path else "/bucket"
        path = request.url.path.rpartition("/tuningJobs")[2]
        return "/tuningJobs" + ("" if not path else "/ID:cancel" if path.endswith(":cancel") else "/ID")


def matches(job: dict[str, Any], wanted: str) -> bool:
    """Whether a job has the label of a filter, `labels.NAME="VALUE"`."""
    if not wanted:
        return True
    name, _, value = wanted.removeprefix("labels.").partition("=")
    return bool(job["labels"].get(name) == value.strip('"'))


def shown(job: dict[str, Any]) -> dict[str, Any]:
    """A job as it is answered."""
    return {name: value for name, value in job.items() if name != "ahead"}


def google_error(status: int, word: str, message: str) -> httpx2.Response:
    return httpx2.Response(status, json={"error": {"code": status, "message": message, "status": word}})
