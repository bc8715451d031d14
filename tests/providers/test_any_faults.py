"""Under any sequence of passing faults, reruns end with one file a side, one job, and its results."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path

import httpx2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.providers.protocol_server import (
    Fault,
    Server,
    act_on,
    acted_then,
    answer,
    cut,
    error,
    late_then_refused,
    lost,
    page,
    refused,
    write_dataset,
)
from tuneset.artifacts import read_json
from tuneset.errors import RemoteError
from tuneset.params import Params
from tuneset.providers import remote_stages
from tuneset.providers.places import Places

RESULT = b"step,train_loss,train_accuracy,valid_loss,valid_mean_token_accuracy\n1,1.5,0.25,2.5,0.1\n"
CALLS = (
    "POST /files", "GET /files", "GET /files/ID", "POST /fine_tuning/jobs", "GET /fine_tuning/jobs",
    "GET /fine_tuning/jobs/ID", "GET /fine_tuning/jobs/ID/events", "GET /files/ID/content",
    "GET /fine_tuning/jobs/ID/checkpoints",
)  # fmt: skip
LATE = "hangs, and acts too late, after another answer of 429"
FAULTS: dict[str, Fault] = {
    "refused": refused(),
    "reset": answer(lambda: httpx2.Response(502, text="reset")),
    "answer lost": lost(),
    "hangs": lost(httpx2.ReadTimeout),
    "408": answer(lambda: error(408, "no")),
    "409": acted_then(lambda _: error(409, "no")),
    "429": answer(lambda: error(429, "no")),
    "429, come back soon": answer(lambda: error(429, "no", retry_after_ms="1")),
    "429, come back tomorrow": answer(lambda: error(429, "no", retry_after="86400")),
    "500": acted_then(lambda _: error(500, "no")),
    "503": answer(lambda: error(503, "no")),
    "half an answer": acted_then(cut),
    "a log-in page": answer(page),
}
# Half a file is a whole file to whoever was promised no length, so content is only cut where HTTP can tell.
POSSIBLE = [(c, f) for c in CALLS for f in (*FAULTS, LATE) if not (c.endswith("content") and f == "half an answer")]

MOST_RERUNS = 40
"""Every rerun uses up at least one fault, and there are fewer faults than this."""


def go_the_whole_way(server: Server, places: Places) -> None:
    def silent(_: str) -> None:
        """Nobody listens."""

    remote_stages.upload(server.endpoint(), places, say=silent)
    remote_stages.tune(server.endpoint(), places, Params(), say=silent)
    for job in server.jobs.values():
        if not job["result_files"]:
            job["result_files"].append(server.add_file("step_metrics.csv", RESULT, "fine-tune-results"))
    remote_stages.tune(server.endpoint(), places, Params(), say=silent)
    remote_stages.fetch_results(server.endpoint(), places)


@pytest.mark.slow
@settings(max_examples=40, deadline=None)
@given(st.lists(st.sampled_from(POSSIBLE), max_size=30))
def test_reruns_end_with_one_file_a_side_one_job_and_its_results(sequence: list[tuple[str, str]]) -> None:
    server = Server()
    overdue: list[Callable[[], httpx2.Response]] = []
    for call, fault in sequence:
        met = late_then_refused(overdue) if fault == LATE else [FAULTS[fault]]
        server.faults.setdefault(call, []).extend(met)
    with tempfile.TemporaryDirectory() as folder:
        places = Places(Path(folder))
        write_dataset(places.data)
        for _ in range(MOST_RERUNS):
            try:
                go_the_whole_way(server, places)
            except RemoteError:
                act_on(overdue)  # at the latest when the client has gone
                continue
            break
        uploaded = [file for file in server.files.values() if file["purpose"] == "fine-tune"]
        assert sorted(file["filename"].split("-")[0] for file in uploaded) == ["train", "validation"]
        assert [job["id"] for job in server.jobs.values() if job["status"] != "cancelled"] == [
            read_json(places.job)["job_id"]
        ]
        assert (places.results / "step_metrics.csv").read_bytes() == RESULT
