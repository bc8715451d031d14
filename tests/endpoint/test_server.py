"""The endpoint as a process: one server a state folder, flat memory, and nothing lost when it is killed."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import openai
import pytest
from openai import OpenAI

from tests.endpoint.support import (
    create,
    examples,
    has_ended,
    messages,
    results,
    steps,
    supervised,
    trainer_pid,
    upload,
    wait,
)
from tuneset.endpoint.server import running_endpoint, serve
from tuneset.errors import InputError, UsageError
from tuneset.processes import is_running, start_time

MEBIBYTE = 1 << 20


@contextlib.contextmanager
def connected(state: Path) -> Iterator[OpenAI]:
    """The official client of a server in a process of its own."""
    with running_endpoint(state) as base_url, OpenAI(api_key="any", base_url=base_url, max_retries=0) as client:
        yield client


def server_pid(state: Path) -> int:
    address: dict[str, Any] = json.loads((state / "server.json").read_bytes())
    return int(address["pid"])


def peak_memory(pid: int) -> int:
    """The most memory that a process has held, in bytes."""
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    (line,) = (line for line in status.splitlines() if line.startswith("VmHWM:"))
    return int(line.split()[1]) * 1024


def test_a_taken_port_is_said(state: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(UsageError) as caught:
            serve("127.0.0.1", port, state, None)
    assert str(caught.value) == (
        f"cannot serve at 127.0.0.1 port {port}: Address already in use\n"
        "  allowed: an address of this machine and a free port from 1 to 65535, or port 0 for any free one"
    )


@pytest.mark.parametrize(("host", "port"), [("192.0.2.1", 0), ("127.0.0.1", 70_000)])
def test_an_address_that_is_not_here_is_said(state: Path, host: str, port: int) -> None:
    with pytest.raises(UsageError, match=f"cannot serve at {host} port {port}: "):
        serve(host, port, state, "a key")


def test_a_state_that_cannot_be_a_folder_is_said(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("a file")
    with pytest.raises(InputError, match="state: cannot be written: "), running_endpoint(tmp_path / "state"):
        pass


def test_a_server_that_does_not_start_is_said_with_its_reason(state: Path) -> None:
    state.mkdir()
    (state / "endpoint.sqlite3").write_text("this is no database, however long it is looked at" * 100)
    with pytest.raises(InputError) as caught, running_endpoint(state):
        pass
    assert str(caught.value) == (
        f"the embedded endpoint did not start: {state / 'endpoint.sqlite3'}: cannot be used: file is not a database;"
        "  do: choose another state folder, or remove this one if nothing in it is needed\n"
        f"  do: its log is {state / 'server.log'}"
    )


def test_a_state_folder_has_one_server(state: Path) -> None:
    with connected(state), pytest.raises(InputError) as caught:
        serve("127.0.0.1", 0, state, None)
    assert str(caught.value) == (
        f"{state}: another server already uses this state folder\n"
        "  do: use that server, stop it, or choose another folder"
    )


def test_a_running_server_is_used_and_left_alone(state: Path) -> None:
    with running_endpoint(state) as outer:
        pid = server_pid(state)
        with running_endpoint(state) as inner:
            assert inner == outer
        assert is_running(pid, start_time(pid))
        assert server_pid(state) == pid
    assert start_time(pid) is None
    assert not (state / "server.json").exists()


@pytest.mark.slow
def test_an_upload_of_any_size_leaves_the_memory_flat_and_too_large_a_one_is_refused(
    state: Path, tmp_path: Path
) -> None:
    large, too_large = tmp_path / "large.bin", tmp_path / "too_large.bin"
    for path, size in ((large, 48 * MEBIBYTE), (too_large, 513 * MEBIBYTE)):
        with path.open("wb") as handle:
            handle.truncate(size)  # no block of it is on the disk
    with connected(state) as client:
        upload(client, examples()[:1])
        before = peak_memory(server_pid(state))
        with large.open("rb") as handle:
            file = client.files.create(file=handle, purpose="user_data")
        assert file.bytes == 48 * MEBIBYTE
        whole = client.uploads.create(
            bytes=96 * MEBIBYTE, filename="large.bin", mime_type="application/octet-stream", purpose="user_data"
        )
        parts = []
        for _ in range(2):
            with large.open("rb") as handle:
                parts.append(client.uploads.parts.create(whole.id, data=handle).id)
        done = client.uploads.complete(whole.id, part_ids=parts)
        assert done.file is not None
        assert done.file.bytes == 96 * MEBIBYTE
        assert peak_memory(server_pid(state)) - before < 16 * MEBIBYTE
        client.files.delete(file.id)
        client.files.delete(done.file.id)
        with too_large.open("rb") as handle, pytest.raises(openai.APIStatusError) as caught:
            client.files.create(file=handle, purpose="user_data")
        assert caught.value.status_code == 413
        assert client.files.list().data[0].filename == "train.jsonl"


@pytest.mark.slow
def test_jobs_and_parts_survive_the_killing_of_their_server(state: Path) -> None:
    plan = supervised(n_epochs=20, batch_size=1)
    with connected(state) as client:
        training, validation = upload(client, examples()[:20]), upload(client, examples()[20:30])
        job = create(client, training.id, validation.id, seed=3, method=plan)
        whole = client.uploads.create(bytes=4, filename="a", mime_type="text/plain", purpose="user_data")
        part = client.uploads.parts.create(whole.id, data=b"ab").id
        wait(client, job.id, {"running"})
        trainer, server = trainer_pid(state, job.id), server_pid(state)
        started = start_time(trainer)
        assert started is not None
        os.kill(server, signal.SIGKILL)
        assert has_ended(trainer, started)
        (state / "blobs" / ".tmp-half-an-upload").write_bytes(b"{")
        (state / "blobs" / "file-whose-row-was-never-written").write_bytes(b"{}")
    with connected(state) as client:
        rest = client.uploads.parts.create(whole.id, data=b"cd").id
        done = client.uploads.complete(whole.id, part_ids=[part, rest], md5=hashlib.md5(b"abcd").hexdigest())
        assert done.file is not None
        resumed = wait(client, job.id)
        assert resumed.status == "succeeded"
        told = messages(client, job.id)
        assert told.count("Server restarted; job requeued") == 1
        assert told.count("Fine-tuning job started") == told.count("Fine-tuning job continues") == 1
        assert len(told) == len(set(told))
        assert steps(client, job.id) == list(range(1, 401))
        assert not (state / "inputs" / job.id).exists()
        again = wait(client, create(client, training.id, validation.id, seed=3, method=plan).id)
        assert results(client, again) == results(client, resumed)
        kept = {training.id, validation.id, done.file.id, *resumed.result_files, *again.result_files}
        assert {path.name for path in (state / "blobs").iterdir()} == kept


@pytest.mark.slow
def test_a_stopped_server_takes_its_trainer_along_and_the_next_one_goes_on(state: Path) -> None:
    with connected(state) as client:
        job = create(client, upload(client, examples()[:10]).id, method=supervised(n_epochs=50, batch_size=1))
        wait(client, job.id, {"running"})
        trainer = trainer_pid(state, job.id)
        started = start_time(trainer)
    assert has_ended(trainer, started)
    with connected(state) as client:
        assert wait(client, job.id, {"running"}).status == "running"
        assert client.fine_tuning.jobs.cancel(job.id).status == "cancelled"


@pytest.mark.slow
def test_a_server_brings_no_large_library_that_it_does_not_always_need() -> None:
    program = "import sys, tuneset.cli.remote.serve; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    loaded = {name.partition(".")[0] for name in done.stdout.split()}
    assert not loaded & {"numpy", "polars", "pyarrow", "pandera", "tiktoken", "tokenizers", "jsonschema_rs", "openai"}


def test_a_server_does_not_outlive_the_program_that_started_it(state: Path) -> None:
    program = (
        "import pathlib, time\nfrom tuneset.endpoint.server import running_endpoint\n"
        f"with running_endpoint(pathlib.Path({str(state)!r})) as base_url:\n    print(base_url, flush=True)\n"
        "    time.sleep(60)\n"
    )
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline().startswith(b"http://127.0.0.1:")
        server = server_pid(state)
        started = start_time(server)
        process.kill()
    assert has_ended(server, started)
    with connected(state) as client:
        assert client.files.list().data == []


def test_a_module_of_the_same_name_in_the_working_folder_is_not_imported(
    state: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "pipeline").mkdir()
    (tmp_path / "pipeline" / "__init__.py").write_text("raise SystemExit('the wrong pipeline')")
    monkeypatch.chdir(tmp_path)
    with connected(Path("state")) as client:
        job = create(client, upload(client, examples()[:10]).id, method=supervised(n_epochs=1))
        assert wait(client, job.id).status == "succeeded"
