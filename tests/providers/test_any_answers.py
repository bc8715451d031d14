"""Whatever one field of any answer holds, the whole way ends well or with a code of ours, and loses no result."""

from __future__ import annotations

import contextlib
import copy
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest

from tests.amounts import cases
from tests.providers.protocol_server import Fault, Server, lines
from tuneset.artifacts import read_json
from tuneset.errors import RemoteError
from tuneset.params import Params
from tuneset.providers import remote_models, remote_stages
from tuneset.providers.places import Places

ABSENT = object()
DEEP: Any = None
for _ in range(200):
    DEEP = {"a": [DEEP]}
WRONG: dict[str, Any] = {
    "absent": ABSENT,
    "null": None,
    "true": True,
    "a number": 7,
    "a fraction": -0.5,
    "a huge number": 10**30,
    "no finite number": float("inf"),
    "empty": "",
    "a word": "word",
    "no text of Unicode": "\ud800",
    "a long text": "x" * 100_000,
    "a list": [1, None, {}],
    "an object": {"a": {"b": None}},
    "nested": DEEP,
}
CALLS = (
    "GET /models", "GET /files", "POST /files", "GET /files/ID", "GET /fine_tuning/jobs", "POST /fine_tuning/jobs",
    "GET /fine_tuning/jobs/ID", "GET /fine_tuning/jobs/ID/events", "GET /fine_tuning/jobs/ID/checkpoints",
)  # fmt: skip
SHARE = slice(2, cases(4, len(WRONG)))
"""The values that each field is given beside the first two; they move on with each field, so that all are met."""
CSV = b"step,train_loss\n1,0.5\n"
SIDE_DISHES = ("events", "checkpoints", "/models")


def served() -> Server:
    """A server with a job of others, events, checkpoints, and results."""
    server = Server(job_states=["running", "succeeded"], models=[{"id": "local-tiny", "shutdown_date": None}])
    server.add_file("theirs.jsonl", b"x", "fine-tune")
    result = server.add_file("step_metrics.csv", CSV, "fine-tune-results")
    server.jobs["ftjob-theirs"] = {"id": "ftjob-theirs", "status": "running", "training_file": "file-1", "ahead": []}
    metric = {"step": 1, "train_loss": 0.5}
    server.events = [
        {"id": "ev-1", "created_at": 1, "level": "info", "message": "m", "type": "metrics", "data": metric}
    ]
    server.checkpoints = [
        {"id": "ck-1", "step_number": 1, "fine_tuned_model_checkpoint": "m", "metrics": {"train_loss": 0.5}}
    ]
    server.result_files = [result]
    return server


def places_in(value: object, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The paths of all that is in an answer."""
    for key, item in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ():
        yield (*path, key)
        yield from places_in(item, (*path, key))


def changed(answer: Any, path: tuple[Any, ...], wrong: object) -> Any:  # noqa: ANN401  any JSON
    whole = copy.deepcopy(answer)
    *way, last = path
    place = whole
    for key in way:
        place = place[key]
    if wrong is ABSENT:
        del place[last]
    else:
        place[last] = wrong
    return whole


def go(server: Server, places: Places) -> None:
    """The whole way, as the commands take it."""
    endpoint, params = server.endpoint(), Params()
    remote_models.look_up(endpoint, params.tune.model)
    remote_stages.upload(endpoint, places, say=_silent)
    remote_stages.tune(endpoint, places, params, say=_silent)
    remote_stages.fetch_results(endpoint, places)


def ends_well(server: Server, places: Places, case: str) -> bool:
    """Go the whole way; False where it ends with a code of ours."""
    try:
        go(server, places)
    except RemoteError as error:
        if not error.code:
            raise AssertionError(case) from error
        return False
    except Exception as error:
        raise AssertionError(case) from error
    return True


def _silent(_: str) -> None:
    """Nobody listens."""


def write_small_dataset(data: Path) -> Places:
    (data / "dataset").mkdir(parents=True)
    (data / "dataset" / "train.jsonl").write_bytes(b"".join(lines(2)))
    return Places(data)


def answers_of(call: str, data: Path) -> list[Any]:
    """What the server answers to that call on a way without faults; the richest answer alone."""
    server, seen = served(), []

    def keep(_: httpx2.Request, act: Callable[[], httpx2.Response]) -> httpx2.Response:
        response = act()
        seen.append(json.loads(response.content))
        return response

    server.faults[call] = [keep] * 50
    go(server, write_small_dataset(data))
    return [max(seen, key=lambda one: len(json.dumps(one)))]


def changing(path: tuple[Any, ...], wrong: object) -> Fault:
    """The server acts, and one field of its answer is another wherever it is there."""

    def fault(_: httpx2.Request, act: Callable[[], httpx2.Response]) -> httpx2.Response:
        found = json.loads(act().content)
        with contextlib.suppress(KeyError, IndexError, TypeError):  # an answer may have no such place
            found = changed(found, path, wrong)
        return httpx2.Response(200, content=json.dumps(found).encode(), headers={"content-type": "application/json"})

    return fault


def check(call: str, folder: Path, share: slice) -> None:
    """Change every field of that call's answer, into the wrong values of a share, which moves on with each field."""
    (answered,) = answers_of(call, folder / "whole")
    names, number = list(WRONG), 0
    for turn, path in enumerate(dict.fromkeys(places_in(answered))):
        for name in (names[turn % len(names) :] + names[: turn % len(names)])[share]:
            number += 1
            places, server = write_small_dataset(folder / str(number)), served()
            server.faults[call] = [changing(path, WRONG[name])] * 60
            case = f"{call} {path} {name}"
            if not ends_well(server, places, case):
                assert not any(word in call for word in SIDE_DISHES), case
                server.faults.clear()
                assert ends_well(server, places, case), case  # what was wrong is over
            assert sum(job["training_file"] != "file-1" for job in server.jobs.values()) == 1, case
            if read_json(places.job)["result_files"]:
                assert read_json(places.results / "results.json")["final"] == {"train_loss": 0.5}, case


@pytest.mark.slow
@pytest.mark.parametrize("call", CALLS)
def test_any_field_of_any_answer_may_be_anything(tmp_path: Path, call: str) -> None:
    check(call, tmp_path, slice(2))


@pytest.mark.slow
@pytest.mark.parametrize("call", CALLS)
def test_every_field_of_every_answer_may_be_anything(tmp_path: Path, call: str) -> None:
    check(call, tmp_path, SHARE)
