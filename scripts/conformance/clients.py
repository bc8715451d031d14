"""The official clients of Together and Fireworks, driven against the small servers of the tests: are these right too?

    python -m scripts.conformance.clients VENV/bin/python

The interpreter that is named has `together` and `fireworks-ai`; this one runs the servers. It prints the versions, what
each client made of the answers, and which requests it sent; a client that raises ends the run with an error.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import ModuleType

import httpx2

from tests.providers import fireworks_server, together_server
from tests.providers.native_server import NativeServer
from tests.providers.protocol_server import lines

STORED = "/stored"
_VERSION = "import importlib.metadata as m, json, sys; v = m.version({!r})\n"
TOGETHER = """
from together import Together
c = Together(api_key="k", base_url=sys.argv[1])
first, again = (c.files.upload(file=sys.argv[2], purpose="fine-tune", check=False) for _ in range(2))
words = [str(c.files.retrieve(first.id).processing_status) for _ in range(3)]
job = c.fine_tuning.create(training_file=first.id, model=sys.argv[3], n_epochs=1, suffix="client")
states = [str(c.fine_tuning.retrieve(job.id).status) for _ in range(3)]
events, metrics = c.fine_tuning.list_events(job.id).data, c.fine_tuning.list_metrics(job.id).metrics
print(json.dumps({"version": v, "same file": first.id == again.id, "file": words[-1], "job": states,
                  "events": len(events), "metrics": len(metrics)}))
"""
FIREWORKS = """
from fireworks import Fireworks
c = Fireworks(api_key="k", account_id="acme", base_url=sys.argv[1])
dataset = {"userUploaded": {}, "exampleCount": "12", "format": "CHAT"}
c.datasets.create(dataset_id="d1", dataset=dataset)
c.datasets.upload("d1", file=open(sys.argv[2], "rb"))
jobs = c.supervised_fine_tuning_jobs
jobs.create(supervised_fine_tuning_job_id="j1", dataset="accounts/acme/datasets/d1", base_model=sys.argv[3],
            output_model="accounts/acme/models/m1")
states = [jobs.get("j1").state for _ in range(3)]
listed, state = len(list(jobs.list())), c.datasets.get("d1").state
print(json.dumps({"version": v, "dataset": state, "job": states, "listed": listed}))
"""


def main() -> None:
    """Drive both clients."""
    drive("together", together_server, together_server.TogetherServer, TOGETHER)
    drive("fireworks-ai", fireworks_server, fireworks_server.FireworksServer, FIREWORKS)


def drive(name: str, module: ModuleType, make: Callable[[], NativeServer], program: str) -> None:
    """Run a program of a client against a server, and print what came of it."""
    server = make()
    listener = ThreadingHTTPServer(("127.0.0.1", 0), handler_for(server))
    threading.Thread(target=listener.serve_forever, daemon=True).start()
    address = f"http://127.0.0.1:{listener.server_address[1]}"
    vars(module)["STORAGE"] = address + STORED
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "train.jsonl"
        path.write_bytes(b"".join(lines(12)))
        whole = _VERSION.format(name) + program
        command = [sys.argv[1], "-c", whole, address, str(path), module.MODEL]
        done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    listener.shutdown()
    print(name, json.dumps(json.loads(done.stdout)))
    print(*(f"    {call}" for call in dict.fromkeys(server.requests)), sep="\n")


def handler_for(server: NativeServer) -> type[BaseHTTPRequestHandler]:
    """What serves a server of the tests on a socket, its storage below a path of its own."""

    class Handler(BaseHTTPRequestHandler):
        def _answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length", "0")))
            host = "storage.example.com" if self.path.startswith(STORED) else "server"
            url = f"http://{host}{self.path.removeprefix(STORED)}"
            response = server.handle(httpx2.Request(self.command, url, headers=dict(self.headers), content=body))
            content = response.read()
            self.send_response(response.status_code)
            for name in {"content-type", "location", "x-together-file-id"} & {*response.headers}:
                self.send_header(name, response.headers[name])
            self.send_header("content-length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = do_PUT = do_DELETE = _answer  # noqa: N815  names that the base class looks for

        def log_message(self, *_: object) -> None:
            """Nobody reads it."""

    return Handler


if __name__ == "__main__":
    main()
