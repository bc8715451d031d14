"""Jobs on `tuneset serve` with one device, for `training.py`: a cancel frees its memory, the next job is trained."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import httpx2

ENDED = {"succeeded", "failed", "cancelled"}
LIMIT_S = 240.0
QUESTION = "def greet(name):\n    print('Hello', name)"


def run(model: Path, folder: Path, rows: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Do it, and tell what was seen."""
    folder.mkdir(parents=True)
    command = [sys.executable, "-m", "tuneset", "serve", "--port", "0", "--state", str(folder / "state")]
    command += ["--base", f"small={model}", "--devices", "0"]
    with (folder / "serve.log").open("w") as log:
        server = subprocess.Popen(command, stderr=subprocess.PIPE, stdout=log, text=True, env=dict(os.environ))
    try:
        assert server.stderr is not None
        line = next((line for line in server.stderr if "listening on" in line), None)
        if line is None:
            yield "the server did not start"
            return
        found = re.search(r"http://\S+", line)
        assert found is not None
        with httpx2.Client(base_url=found[0].rstrip("/"), timeout=120) as http:
            yield from jobs(http, rows)
    finally:
        server.terminate()
        server.wait()


def jobs(http: httpx2.Client, rows: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Two jobs, of which the first is cancelled while it trains; then questions."""
    content = "".join(json.dumps(row) + "\n" for row in rows).encode()
    sent = http.post("/files", files={"file": ("rows.jsonl", content)}, data={"purpose": "fine-tune"}).json()
    yield f"memory in use before: {memory_in_use()}"
    first, second = (create(http, sent["id"], epochs) for epochs in (20, 1))
    began = time.monotonic()
    while not metrics(http, first) and time.monotonic() - began < LIMIT_S:
        time.sleep(0.5)
    yield f"first step after {time.monotonic() - began:.1f} s, memory in use {memory_in_use()}"
    yield f"the second job is {job(http, second)['status']}"
    http.post(f"/fine_tuning/jobs/{first}/cancel")
    began = time.monotonic()
    at_once = memory_in_use()
    while job(http, second)["status"] not in {"running", *ENDED} and time.monotonic() - began < LIMIT_S:
        time.sleep(0.1)
    waited = time.monotonic() - began
    yield f"cancelled; the second began {waited:.1f} s later, memory {at_once}, then {memory_in_use()}"
    while job(http, second)["status"] not in ENDED and time.monotonic() - began < LIMIT_S:
        time.sleep(0.5)
    ended = job(http, second)
    yield f"the second job {ended['status']} after {time.monotonic() - began:.1f} s, memory {memory_in_use()}"
    yield f"trained_tokens {ended['trained_tokens']}, result files {len(ended['result_files'])}, error {ended['error']}"
    for name in ("small", ended["fine_tuned_model"]):
        began = time.monotonic()
        asked = {"model": name, "messages": [{"role": "user", "content": QUESTION}], "max_tokens": 48, "temperature": 0}
        answer = http.post("/chat/completions", json=asked).json()
        yield f"{name}: {answer.get('choices', answer)} in {time.monotonic() - began:.1f} s"
    yield f"memory in use with both models loaded: {memory_in_use()}"


def create(http: httpx2.Client, file: str, epochs: int) -> str:
    """A job's id."""
    method = {"type": "supervised", "supervised": {"hyperparameters": {"n_epochs": epochs, "batch_size": 16}}}
    made = http.post("/fine_tuning/jobs", json={"model": "small", "training_file": file, "method": method})
    return str(made.json()["id"])


def job(http: httpx2.Client, name: str) -> dict[str, Any]:
    """A job as it is now."""
    found: dict[str, Any] = http.get(f"/fine_tuning/jobs/{name}").json()
    return found


def metrics(http: httpx2.Client, name: str) -> bool:
    """Whether a job has told of a step, or ended."""
    events = http.get(f"/fine_tuning/jobs/{name}/events").json()["data"]
    return any(event["type"] == "metrics" for event in events) or job(http, name)["status"] in ENDED


def memory_in_use() -> str:
    """Of the first GPU, by its driver."""
    program = shutil.which("nvidia-smi")
    if program is None:
        return "unknown"
    asked = [program, "-i", "0", "--query-gpu=memory.used", "--format=csv,noheader"]
    return subprocess.run(asked, capture_output=True, text=True, check=False).stdout.strip()
