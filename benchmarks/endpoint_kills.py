"""Kills the embedded endpoint again and again under load, and looks for what was lost and what was left.

    python benchmarks/endpoint_kills.py [--kills 100] [--seed 7]

Clients upload, delete, create and cancel jobs until the server is killed by SIGKILL at a random moment. What was
answered is written down; after the kill no process of the server may be left, and the next server must have all of it:
files with their bytes, jobs, no deleted file. In the end every job that was not cancelled has succeeded, and no step
was told twice or not at all. Ends with status 1 where anything was lost or left.
"""

from __future__ import annotations

import argparse
import contextlib
import http.client
import json
import random
import signal
import sys
import tempfile
import threading
import time
from collections import Counter
from pathlib import Path
from typing import Any

from endpoint_process import Endpoint, ask, upload

ENDS_WITHIN_S = 10.0
"""Seconds that a process of the server may outlive it."""

PAGE = 10_000
"""Files: as many as a page may have."""

ENDED = {"succeeded", "failed", "cancelled"}
LINE = '{"messages": [{"role": "user", "content": "What is %d?"}, {"role": "assistant", "content": "It is %d."}]}\n'


class Acknowledged:
    """What the server has answered for; what it had no time to answer is in doubt, and may be either."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.deleted: set[str] = set()
        self.in_doubt: set[str] = set()
        self.jobs: set[str] = set()
        self.cancelled: set[str] = set()
        self.cancel_in_doubt: set[str] = set()
        self.lock = threading.Lock()


def load(endpoint: Endpoint, known: Acknowledged, seed: int) -> None:
    """One client, until the server is gone."""
    dice = random.Random(seed)
    connection = endpoint.connect()
    with contextlib.suppress(OSError, http.client.HTTPException, json.JSONDecodeError):
        while True:
            chance = dice.random()
            if chance < 0.6 or not known.files:
                content = "".join(LINE % (number, number) for number in range(dice.randint(10, 40))).encode()
                status, answer = upload(connection, "a.jsonl", content)
                if status == 200:
                    known.files[answer["id"]] = content
            elif chance < 0.75:
                with known.lock:
                    file = dice.choice([*set(known.files) - known.in_doubt] or [""])
                    known.in_doubt.add(file)
                status, _ = ask(connection, "DELETE", f"/files/{file}")
                if status == 200:
                    known.deleted.add(file)
            elif chance < 0.9 and len(known.jobs) < 60:
                file = dice.choice([*known.files])
                method = {"type": "supervised", "supervised": {"hyperparameters": {"n_epochs": 3, "batch_size": 1}}}
                body = {"model": "local-tiny", "training_file": file, "method": method}
                status, answer = ask(connection, "POST", "/fine_tuning/jobs", body)
                if status == 200:
                    known.jobs.add(answer["id"])
            elif known.jobs and dice.random() < 0.1:
                job = dice.choice([*known.jobs])
                known.cancel_in_doubt.add(job)
                status, _ = ask(connection, "POST", f"/fine_tuning/jobs/{job}/cancel", {})
                if status == 200:
                    known.cancelled.add(job)


def lost(endpoint: Endpoint, known: Acknowledged) -> list[str]:
    """What a server lacks of what another has answered for, or has again."""
    connection = endpoint.connect()
    there: dict[str, int] = {}
    after, more = "", True
    while more:  # a quick machine has more files in the end than one page holds
        _, listed = ask(connection, "GET", f"/files?limit={PAGE}&purpose=fine-tune{after}")
        there |= {file["id"]: file["bytes"] for file in listed["data"]}
        after, more = f"&after={listed['last_id']}", listed["has_more"]
    found = [f"file {name}" for name in set(known.files) - known.in_doubt if there.get(name) != len(known.files[name])]
    found += [f"deleted file {name}" for name in known.deleted if name in there]
    for name in random.sample([*there], min(20, len(there))):  # all bytes are looked at in the end
        found += content_fault(connection, known, name)
    for job in known.jobs:
        status, answer = ask(connection, "GET", f"/fine_tuning/jobs/{job}")
        if status != 200 or (job in known.cancelled and answer["status"] != "cancelled"):
            found.append(f"job {job}: {status}")
    return found


def content_fault(connection: http.client.HTTPConnection, known: Acknowledged, name: str) -> list[str]:
    """Whether a file's bytes are others than were sent; those of one that was not answered for are not known."""
    connection.request("GET", f"/v1/files/{name}/content")
    content = connection.getresponse().read()
    return [f"bytes of {name}"] if known.files.get(name, content) != content else []


def left_over(endpoint: Endpoint) -> list[str]:
    """Processes that outlive a killed server by more than ENDS_WITHIN_S."""
    deadline = time.monotonic() + ENDS_WITHIN_S
    while (left := endpoint.left()) and time.monotonic() < deadline:
        time.sleep(0.05)
    return left


def finished(endpoint: Endpoint, known: Acknowledged) -> list[str]:
    """Wait for all jobs; what of them is not as it should be."""
    connection = endpoint.connect()
    faults = []
    for job in sorted(known.jobs):
        while (found := ask(connection, "GET", f"/fine_tuning/jobs/{job}")[1])["status"] not in ENDED:
            time.sleep(0.2)
        if found["status"] == "failed" or (found["status"] == "cancelled" and job not in known.cancel_in_doubt):
            faults.append(f"job {job}: {found['error']}")
        _, events = ask(connection, "GET", f"/fine_tuning/jobs/{job}/events?limit=10000")
        steps = Counter(event["data"]["step"] for event in events["data"] if event["type"] == "metrics")
        if any(number > 1 for number in steps.values()):
            faults.append(f"job {job}: a step was told twice")
        if found["status"] == "succeeded" and set(steps) != set(range(1, max(steps) + 1)):
            faults.append(f"job {job}: a step was not told")
    for name in set(known.files) - known.in_doubt:
        faults += content_fault(connection, known, name)
    return faults


def main() -> None:
    """Run all rounds and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--clients", type=int, default=8)
    parser.add_argument("--seed", type=int, default=7)
    options = parser.parse_args()
    dice, known = random.Random(options.seed), Acknowledged()
    faults: list[str] = []
    trained = 0
    with tempfile.TemporaryDirectory() as folder:
        for number in range(options.kills):
            endpoint = Endpoint(Path(folder) / "state")
            faults += lost(endpoint, known)
            clients = [
                threading.Thread(target=load, args=[endpoint, known, dice.random()]) for _ in range(options.clients)
            ]
            for client in clients:
                client.start()
            time.sleep(dice.uniform(0.0, 1.5))
            trained += any("tuneset.training.run" in line for line in endpoint.left())
            endpoint.process.send_signal(signal.SIGKILL)
            endpoint.process.wait()
            for client in clients:
                client.join()
            faults += [f"process left: {line}" for line in left_over(endpoint)]
            print(f"{number + 1} of {options.kills}: {len(faults)} faults", file=sys.stderr)
        endpoint = Endpoint(Path(folder) / "state")
        faults += lost(endpoint, known) + finished(endpoint, known)
        endpoint.process.terminate()
        endpoint.process.wait()
        faults += [f"process left: {line}" for line in left_over(endpoint)]
    figures: dict[str, Any] = {
        "kills": options.kills,
        "while a trainer ran": trained,
        "acknowledged": {
            "files": len(known.files),
            "deletions": len(known.deleted),
            "jobs": len(known.jobs),
            "cancellations": len(known.cancelled),
        },
        "faults": sorted(set(faults)),
    }
    print(json.dumps(figures, indent=1))
    sys.exit(1 if faults else 0)


if __name__ == "__main__":
    main()
