"""Kills the embedded endpoint again and again while files go into vector stores, and searches for each of them then.

    python benchmarks/vector_store_kills.py [--kills 30] [--seed 7]

Each file has a word of its own. Clients upload files, put them into one of three stores, take them out and delete them,
until the server is killed by SIGKILL at a random moment. After each start every file that was answered for must be
listed and become `completed`, its word must find it and nothing else, and the word of one that was taken out or deleted
must find nothing. Ends with status 1 where anything was lost, came back, or a process was left.
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
from pathlib import Path

from endpoint_process import FORM, Endpoint, ask, form

ENDS_WITHIN_S = 10.0
"""Seconds that a process of the server may outlive it."""


class Known:
    """What the server has answered for: in which store a file is, which are out; what is in doubt may be either."""

    def __init__(self) -> None:
        self.stores: list[str] = []
        self.words: dict[str, str] = {}
        self.there: dict[str, str] = {}
        self.gone: dict[str, str] = {}
        self.in_doubt: set[str] = set()
        self.unread = 0
        self.lock = threading.Lock()


def load(endpoint: Endpoint, known: Known, seed: int) -> None:
    """One client, until the server is gone."""
    dice, connection = random.Random(seed), endpoint.connect()
    with contextlib.suppress(OSError, http.client.HTTPException, json.JSONDecodeError):
        while True:
            if dice.random() < 0.65 or not known.there:
                word = f"w{dice.getrandbits(64):x}"
                content = f"a text with {word} in it ".encode() + b"and much more " * dice.randint(1, 3000)
                body = form({"purpose": "user_data"}, "a.txt", content)
                connection.request("POST", "/v1/files", body, FORM)
                file = json.loads(connection.getresponse().read())["id"]
                store = dice.choice(known.stores)
                with known.lock:
                    known.words[file] = word
                    known.in_doubt.add(file)
                status, _ = ask(connection, "POST", f"/vector_stores/{store}/files", {"file_id": file})
                with known.lock:
                    known.in_doubt.discard(file)
                    known.there[file] = store
                assert status == 200, status
                continue
            with known.lock:
                file = dice.choice([*known.there])
                store = known.there.pop(file)
                known.in_doubt.add(file)
            path = f"/files/{file}" if dice.random() < 0.5 else f"/vector_stores/{store}/files/{file}"
            status, _ = ask(connection, "DELETE", path)
            assert status == 200, status
            with known.lock:
                known.in_doubt.discard(file)
                known.gone[file] = store


def faults_of(endpoint: Endpoint, known: Known, *, all_of: bool) -> list[str]:
    """What the server lacks, or has again; by a sample, or by all."""
    connection, found = endpoint.connect(), []
    for store in known.stores:
        known.unread += ask(connection, "GET", f"/vector_stores/{store}")[1]["file_counts"]["in_progress"]
        while (now := ask(connection, "GET", f"/vector_stores/{store}")[1])["status"] == "in_progress":
            time.sleep(0.05)
        _, listed = ask(connection, "GET", f"/vector_stores/{store}/files?limit=10000")
        there = {file["id"]: file["status"] for file in listed["data"]}
        found += [f"counts {now['file_counts']}"] if now["file_counts"]["total"] != len(there) else []
        found += [f"{file}: {status}" for file, status in there.items() if status != "completed"]
        found += [f"lost {file}" for file, place in known.there.items() if place == store and file not in there]
        found += [f"back {file}" for file, place in known.gone.items() if place == store and file in there]
    settled = [(file, store, True) for file, store in known.there.items()]
    settled += [(file, store, False) for file, store in known.gone.items()]
    for file, store, wanted in settled if all_of else random.sample(settled, min(30, len(settled))):
        _, answer = ask(connection, "POST", f"/vector_stores/{store}/search", {"query": known.words[file]})
        files = [one["file_id"] for one in answer["data"]]
        if files != ([file] if wanted else []):
            found.append(f"search {file}: {files}")
    return found


def main() -> None:
    """Run all rounds and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=30)
    parser.add_argument("--clients", type=int, default=4)
    parser.add_argument("--seed", type=int, default=7)
    options = parser.parse_args()
    dice, known, faults = random.Random(options.seed), Known(), list[str]()
    with tempfile.TemporaryDirectory() as folder:
        for _ in range(options.kills):
            endpoint = Endpoint(Path(folder) / "state")
            while len(known.stores) < 3:
                known.stores.append(ask(endpoint.connect(), "POST", "/vector_stores", {})[1]["id"])
            faults += faults_of(endpoint, known, all_of=False)
            clients = [
                threading.Thread(target=load, args=[endpoint, known, dice.random()]) for _ in range(options.clients)
            ]
            for client in clients:
                client.start()
            time.sleep(dice.uniform(0.1, 1.5))
            endpoint.process.send_signal(signal.SIGKILL)
            endpoint.process.wait()
            for client in clients:
                client.join()
            deadline = time.monotonic() + ENDS_WITHIN_S
            while (left := endpoint.left()) and time.monotonic() < deadline:
                time.sleep(0.05)
            faults += [f"left {line}" for line in left]
        endpoint = Endpoint(Path(folder) / "state")
        faults += faults_of(endpoint, known, all_of=True)
        endpoint.process.terminate()
        endpoint.process.wait()
    figures = {
        "kills": options.kills,
        "files that the next server had to read": known.unread,
        "files in stores": len(known.there),
        "taken out or deleted": len(known.gone),
        "in doubt": len(known.in_doubt),
        "faults": faults,
    }
    print(json.dumps(figures, indent=1))
    sys.exit(1 if faults else 0)


if __name__ == "__main__":
    main()
