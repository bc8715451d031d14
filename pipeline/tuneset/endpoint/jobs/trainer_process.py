"""One attempt at training a job: the process, its folder, and what it reports, turned into the job's objects.

The trainer writes records to `progress.jsonl`; they become events as they come, and once it has ended well the result
file, the checkpoints and the finished job, all at once. The process is named by pid and start time. What a trainer may
count on, and has to leave in its folder, is told in docs/training.md; nothing here depends on which one it is.
"""

from __future__ import annotations

import base64
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from tuneset.artifacts import TEMPORARY_PREFIX, write_bytes, write_json
from tuneset.endpoint.jobs.job_objects import (
    FINISHED,
    UNFINISHED,
    add_event,
    change_job,
    fail_job,
    model_name,
    new_checkpoint,
    with_method,
)
from tuneset.endpoint.object_ids import new_id
from tuneset.endpoint.state.object_store import Document, Record
from tuneset.endpoint.state.state_folder import State, move, new_file
from tuneset.processes import kill_group, start_time
from tuneset.profile import Profile
from tuneset.training.progress import (
    Checkpoint,
    Done,
    End,
    Failed,
    Metrics,
    Note,
    Paused,
    Planned,
    Resumed,
    read_records,
)
from tuneset.training.progress import (
    Record as Report,
)
from tuneset.training.trainer import trainer_address
from tuneset.training.trainer_files import LOG, PAUSE, PROGRESS, REQUEST, RESULTS
from tuneset.training.training_file import JobFault

KEPT_CHECKPOINTS = 3
"""Those of the last three epochs. OpenAI supervised fine-tuning guide, 2026-11-20."""

ONE_THREAD = dict.fromkeys(
    ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS"), "1"
)
"""Threads that share a tiny model wait for each other longer than they compute."""


class Attempt:
    """A trainer that runs. `follow` is called again and again until it says that the attempt has ended.

    `read` is how many bytes of its progress an earlier attempt in the same folder has taken over.
    """

    def __init__(self, state: State, job: Document, folder: Path, process: subprocess.Popen[bytes], read: int) -> None:
        self.job_id: str = job["id"]
        self._method: str = job["method"]["type"]
        self._state = state
        self._folder = folder
        self._process = process
        self._read = read
        self._began = (time.monotonic(), 0)  # when the first step here was about to begin, and the steps before it
        reports = read_records((folder / PROGRESS).read_bytes()[:read]) if read else []
        self._checkpoints = [report for report in reports if isinstance(report, Checkpoint)]
        self._end: End | None = None

    def follow(self) -> bool:
        """Take over what was reported since the last call. True once the process has ended and its job is settled."""
        record = self._state.store.get("job", self.job_id)
        if record is None or record.document["status"] in FINISHED:  # cancelled
            self.kill()
            return True
        if record.document["status"] != "running":  # paused, or even resumed since
            (self._folder / PAUSE).touch()
        ended = self._process.poll() is not None
        self._take_reports()
        if ended:
            self._settle(record.document)
        return ended

    def kill(self) -> None:
        """End the process and wait until it has ended."""
        kill_group(self._process.pid)
        self._process.wait()

    def _take_reports(self) -> None:
        path = self._folder / PROGRESS
        if not path.exists():
            return
        with path.open("rb") as handle:
            handle.seek(self._read)
            data = handle.read()
        whole = data[: data.rfind(b"\n") + 1]
        self._read += len(whole)
        reports = read_records(whole)
        steps = [report for report in reports if isinstance(report, Metrics)]
        with self._state.store.transaction():
            for report in reports:
                self._take(report)
            if steps:
                self._estimate(steps[-1])

    def _take(self, report: Report) -> None:
        store = self._state.store
        if isinstance(report, Planned):
            document = with_method(self._method, report.hyperparameters)
            change_job(store, self.job_id, when=UNFINISHED, document=document, messages=[report.message])
            self._began = (time.monotonic(), 0)
        elif isinstance(report, Metrics):
            data = {"step": report.step, "total_steps": report.total_steps, **report.values}
            add_event(store, self.job_id, step_message(report), data=data)
        elif isinstance(report, Note):
            add_event(store, self.job_id, report.message, level=report.level)
        elif isinstance(report, Checkpoint):
            self._checkpoints.append(report)
            add_event(store, self.job_id, f"Checkpoint created at step {report.step}")
        elif isinstance(report, Resumed):
            self._began = (time.monotonic(), report.step)
        else:
            self._end = report

    def _estimate(self, last: Metrics) -> None:
        began, before = self._began
        seconds = (time.monotonic() - began) / (last.step - before) * (last.total_steps - last.step)
        finish = {"estimated_finish": self._state.store.now() + round(seconds)}
        change_job(self._state.store, self.job_id, when=["running"], document=finish)

    def _settle(self, job: Document) -> None:
        code, end = self._process.returncode, self._end
        if code == 0 and isinstance(end, Done):
            self._succeed(job, end.trained_tokens)
        elif code == 0 and isinstance(end, Paused):
            (self._folder / PAUSE).unlink(missing_ok=True)
            paused = {"paused": {"read": self._read}}
            change_job(self._state.store, self.job_id, when=UNFINISHED, document={}, private=paused)
        elif code == 0 and isinstance(end, Failed):
            fail_job(self._state.store, self.job_id, JobFault(end.code, end.message, end.param))
        else:
            how = f"by signal {signal.Signals(-code).name}" if code < 0 else f"with exit status {code}"
            log = (self._folder / LOG).relative_to(self._state.folder)
            message = f"The trainer was ended {how}; {log} in the state folder may say why."
            fail_job(self._state.store, self.job_id, JobFault("trainer_error", message, None))

    def _succeed(self, job: Document, trained_tokens: int) -> None:
        """Make everything that a finished job has, in one step."""
        state = self._state
        results = base64.b64encode((self._folder / RESULTS).read_bytes())
        file = new_file(
            state.store.now(), filename=RESULTS, purpose="fine-tune-results", size=len(results), status="processed"
        )
        temporary = state.blobs / new_id(TEMPORARY_PREFIX)
        write_bytes(temporary, results)
        move(temporary, state.blob(file["id"]))
        kept = self._checkpoints[-KEPT_CHECKPOINTS:]
        end = {
            "status": "succeeded",
            "finished_at": state.store.now(),
            "fine_tuned_model": model_name(job),
            "result_files": [file["id"]],
            "trained_tokens": trained_tokens,
            "estimated_finish": None,
        }
        with state.store.transaction():
            messages = ["New fine-tuned model created", "The job has successfully completed"]
            if not change_job(state.store, self.job_id, when=UNFINISHED, document=end, messages=messages):
                return
            state.store.insert("file", file, {})
            for report in kept:
                last = report is kept[-1]
                metrics = {"step": report.step, **report.metrics}
                checkpoint = new_checkpoint(job, report.step, metrics, created_at=state.store.now(), last=last)
                state.store.insert("checkpoint", checkpoint, {"weights": report.file}, parent=self.job_id)
        for report in self._checkpoints[:-KEPT_CHECKPOINTS]:
            (self._folder / report.file).unlink(missing_ok=True)


def start_attempt(state: State, record: Record, profile: Profile) -> Attempt | None:
    """Start the trainer for a queued job, which then runs. None where the job is no longer queued.

    A job that was paused goes on in the folder of its last attempt, any other begins in a new one.
    """
    job = record.document
    paused = record.private.get("paused")
    number = record.private.get("attempts", 0) + (0 if paused else 1)
    begun = {"attempts": number, "paused": None}
    if not change_job(state.store, job["id"], when=["queued"], document={}, private=begun):
        return None
    folder = state.attempt(job["id"], number)
    folder.mkdir(parents=True, exist_ok=True)
    write_json(folder / REQUEST, _request(state, job, profile))
    with (folder / LOG).open("ab") as log:
        process = subprocess.Popen(
            # -P keeps the working folder off the import path: a module there may have the name of a library.
            [sys.executable, "-P", "-m", "tuneset.training.run", str(folder), str(os.getpid())],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
            env=os.environ | ONE_THREAD,
        )
    attempt = Attempt(state, job, folder, process, paused["read"] if paused else 0)
    identity = {"number": number, "pid": process.pid, "started": start_time(process.pid)}
    if not change_job(
        state.store,
        job["id"],
        when=["queued"],
        document={"status": "running"},
        private={"attempt": identity},
        messages=["Fine-tuning job continues" if paused else "Fine-tuning job started"],
    ):
        attempt.kill()
        return None
    return attempt


def step_message(report: Metrics) -> str:
    """The text of a metrics event, worded as the protocol's servers word it.

    >>> step_message(Metrics(3, 9, {"train_loss": 1.234, "full_valid_loss": 2}))
    'Step 3/9: training loss=1.23, full validation loss=2.00'
    """
    titles = {
        "train_loss": "training loss",
        "valid_loss": "validation loss",
        "full_valid_loss": "full validation loss",
    }
    losses = [f"{title}={report.values[name]:.2f}" for name, title in titles.items() if name in report.values]
    return f"Step {report.step}/{report.total_steps}" + (f": {', '.join(losses)}" if losses else "")


def _request(state: State, job: Document, profile: Profile) -> dict[str, Any]:
    """What the trainer has to know."""
    model = profile.models[job["model"]]
    limit = model.max_example_tokens.value
    assert limit is not None
    method = job["method"]["type"]
    return {
        "trainer": trainer_address(model.trainer),
        **job["method"][method]["hyperparameters"],
        "method": method,
        "training": str(state.blob(job["training_file"])),
        "validation": str(state.blob(job["validation_file"])) if job["validation_file"] else None,
        "seed": job["seed"],
        "encoding": model.encoding,
        "max_example_tokens": int(limit),
    }
