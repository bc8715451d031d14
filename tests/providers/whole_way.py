"""The whole remote way in one call, and what is true after it: one file a side, one job, its results, and no more."""

from __future__ import annotations

import base64
import dataclasses
import json
from collections.abc import Callable
from pathlib import Path

import httpx2
import openai

from tests.providers.fault_proxy import HEADER, REFUSED, kind_of
from tests.providers.protocol_server import lines
from tuneset.artifacts import read_json
from tuneset.params import EndpointParams, parse_params
from tuneset.profile import load_profile
from tuneset.providers import remote_models, remote_stages
from tuneset.providers.endpoint import Endpoint, Patience, connect
from tuneset.providers.places import Places

BRIEF_S = 0.2
"""Seconds until a request that is to hang is given up. All others have the client's own time, however slow it is."""
PATIENT = Patience(attempts=8, first_wait_s=0.01, longest_wait_s=0.1, longest_asked_s=1.0)
PART_BYTES = 400
"""So small that every file has several parts."""
SECTION = {"n_epochs": 1, "batch_size": 12, "poll_s": 0.03, "timeout_s": 600}


def write_own_dataset(data: Path, seed: int) -> None:
    """A dataset of which no line is in that of another seed."""
    (data / "dataset").mkdir(parents=True)
    (data / "dataset" / "train.jsonl").write_bytes(b"".join(lines(10, seed * 1000)))
    (data / "dataset" / "validation.jsonl").write_bytes(b"".join(lines(2, seed * 1000 + 500)))


def go(
    port: int,
    data: Path,
    seed: int,
    meet: Callable[[str], str | None] = lambda _: None,
    *,
    silent_port: int = 0,
) -> None:
    """Upload, tune, results; every second seed in parts.

    `meet` is told of each request before it is sent, and gives the fault that it is to meet, if any.
    """

    def hook(request: httpx2.Request) -> None:
        fault = meet(kind_of(request.method, request.url.raw_path.decode()))
        if fault == REFUSED:
            request.url = request.url.copy_with(port=silent_port)
        elif fault is not None:
            request.headers[HEADER] = fault
            if fault.startswith("hangs"):
                request.extensions["timeout"] |= {"read": BRIEF_S}

    # No certificate is read, which takes longer than all the requests.
    client = openai.DefaultHttpxClient(event_hooks={"request": [hook]}, trust_env=False, verify=False)
    places, params = Places(data), parse_params({"tune": {**SECTION, "seed": seed}}, "params")
    with client:
        endpoint = _endpoint(port, client)
        remote_models.look_up(endpoint, params.tune.model)
        remote_stages.upload(endpoint, places, in_parts=seed % 2 == 1, say=_silent)
        remote_stages.tune(endpoint, places, params, say=_silent)
        remote_stages.fetch_results(endpoint, places)


def check(port: int, data: Path, seed: int) -> None:
    """Assert what must be true, by asking the endpoint behind all faults."""
    places = Places(data)
    with httpx2.Client(base_url=f"http://127.0.0.1:{port}/v1", trust_env=False, verify=False) as http:
        sent = json.loads((data / "remote" / "upload.json").read_bytes())["files"]
        listed = http.get("/files", params={"purpose": "fine-tune"}).json()["data"]
        for side in ("train", "validation"):
            named = [file["id"] for file in listed if f"-{sent[side]['sha256'][:12]}." in file["filename"]]
            assert named == [sent[side]["file_id"]], (side, named)
            assert http.get(f"/files/{named[0]}/content").content == places.dataset(side).read_bytes()
        jobs = http.get("/fine_tuning/jobs", params={"limit": 1000}).json()["data"]
        own = [job for job in jobs if job["training_file"] == sent["train"]["file_id"]]
        assert [job["id"] for job in own] == [read_json(places.job)["job_id"]]
        assert own[0]["status"] == "succeeded"
        assert own[0]["seed"] == seed
        (result,) = own[0]["result_files"]
        content = base64.b64decode(http.get(f"/files/{result}/content").content)
        assert (places.results / "step_metrics.csv").read_bytes() == content


def client_process(port: int, data: str, seed: int) -> None:
    """What a client process does that is killed on the way."""
    go(port, Path(data), seed)


def _endpoint(port: int, client: httpx2.Client) -> Endpoint:
    found = connect(EndpointParams(), base_url=f"http://127.0.0.1:{port}/v1", http_client=client, patience=PATIENT)
    own = load_profile("local")
    quick = own.endpoint.model_copy(update={"poll_s": 0.02})
    parts = own.limits | {"upload_part_bytes": own.limits["upload_part_bytes"].model_copy(update={"value": PART_BYTES})}
    return dataclasses.replace(found, profile=own.model_copy(update={"endpoint": quick, "limits": parts}))


def _silent(_: str) -> None:
    """Nobody listens."""
