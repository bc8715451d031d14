"""The embedded endpoint under load: many clients that upload, long lists, memory in large uploads.

    python benchmarks/endpoint_load.py [--files 10000] [--clients 50] [--large 500]

Prints one JSON document. Times are of the wall; on a machine that does other things they are upper bounds.
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import statistics
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

from endpoint_process import BOUNDARY, FORM, Endpoint, ask, form, upload
from memory import watched

LINE = b'{"messages": [{"role": "user", "content": "What is it?"}, {"role": "assistant", "content": "It is that."}]}\n'
PIECE = 1 << 20


def uploads(endpoint: Endpoint, files: int, clients: int) -> float:
    """The seconds that so many clients take for so many files of ten lines, each with a connection of its own."""
    numbers = iter(range(files))
    lock = threading.Lock()

    def client() -> None:
        connection = endpoint.connect()
        while True:
            with lock:
                number = next(numbers, None)
            if number is None:
                return
            status, answer = upload(connection, f"{number}.jsonl", LINE * 10)
            assert status == 200, answer

    threads = [threading.Thread(target=client) for _ in range(clients)]
    began = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return time.perf_counter() - began


def pages(connection: http.client.HTTPConnection, limit: int) -> tuple[int, list[float]]:
    """How many files all pages of the list have, and the seconds of each page."""
    seen, times, after = 0, [], ""
    while True:
        began = time.perf_counter()
        _, found = ask(connection, "GET", f"/files?limit={limit}{after}")
        times.append(time.perf_counter() - began)
        seen += len(found["data"])
        if not found["has_more"]:
            return seen, times
        after = f"&after={found['last_id']}"


def processor_s(pid: int) -> float:
    """Seconds of a processor that a process has had."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def large_upload(endpoint: Endpoint, mebibytes: int) -> float:
    """The seconds of an upload of so many MiB that is sent in pieces."""
    head, tail = form({"purpose": "user_data"}, "large.bin", b"\0").split(b"\0")
    size = len(head) + mebibytes * PIECE + len(tail)

    def body() -> Iterator[bytes]:
        yield head
        for _ in range(mebibytes):
            yield LINE[:1] * PIECE
        yield tail

    connection = endpoint.connect()
    began = time.perf_counter()
    connection.request("POST", "/v1/files", body(), FORM | {"content-length": str(size)})
    answer = connection.getresponse()
    assert answer.status == 200, answer.read()
    answer.read()
    return time.perf_counter() - began


def main() -> None:
    """Run all of it and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--files", type=int, default=10_000)
    parser.add_argument("--clients", type=int, default=50)
    parser.add_argument("--large", type=int, default=500, help="MiB")
    options = parser.parse_args()
    assert BOUNDARY
    with tempfile.TemporaryDirectory() as folder:
        endpoint = Endpoint(Path(folder) / "state")
        try:
            upload(endpoint.connect(), "first.jsonl", LINE)
            with watched(endpoint.process.pid) as before:
                time.sleep(1)
            with watched(endpoint.process.pid) as small:
                seconds = uploads(endpoint, options.files, options.clients)
            connection = endpoint.connect()
            listed, cpu = {}, {}
            for limit in (20, 100, 1_000, 10_000):
                began = processor_s(endpoint.process.pid)
                seen, listed[limit] = pages(connection, limit)
                assert seen == options.files + 1
                cpu[limit] = (processor_s(endpoint.process.pid) - began) / len(listed[limit])
            with watched(endpoint.process.pid) as large:
                large_seconds = large_upload(endpoint, options.large)
        finally:
            endpoint.process.terminate()
            endpoint.process.wait()
    figures = {
        "clients": options.clients,
        "files": options.files,
        "files_a_minute": round(options.files / seconds * 60),
        "median_page_s": {limit: round(statistics.median(times), 4) for limit, times in listed.items()},
        "slowest_page_s": {limit: round(max(times), 4) for limit, times in listed.items()},
        "processor_s_a_page": {limit: round(seconds, 4) for limit, seconds in cpu.items()},
        "load_of_the_machine": os.getloadavg()[0],
        "memory_mib": {"at rest": before[0] >> 20, "many uploads": small[0] >> 20, "one large upload": large[0] >> 20},
        "large_upload": {"mib": options.large, "mib_a_second": round(options.large / large_seconds)},
    }
    print(json.dumps(figures, indent=1))


if __name__ == "__main__":
    main()
