"""One attempt at training a job: the process, its folder, and what it reports, turned into the job's objects.

The trainer writes records to `progress.jsonl`; they become events and checkpoints as they come, each once, and when it
has ended well the result file, the model and the finished job, all at once. The process is named by pid and start
time. What a trainer may count on, and has to leave in its folder, is told in docs/training.md; nothing here depends on
which one it is.
"""

from __future__ import annotations

import base64
import signal
import subprocess
import time
from collections.abc import Iterable
from pathlib import Path

from tuneset.artifacts import TEMPORARY_PREFIX, write_bytes
from tuneset.endpoint.jobs.job_objects import (
    FINISHED,
    UNFINISHED,
    add_event,
    change_job,
    fail_job,
    new_checkpoint,
    with_method,
)
from tuneset.endpoint.jobs.trained_models import (
    add_model,
    checkpoint_name,
    model_name,
    remove_weights,
    weights_of,
)
from tuneset.endpoint.jobs.trainer_reports import Identity, identity_of, step_message
from tuneset.endpoint.object_ids import new_id
from tuneset.endpoint.state.objects import Document, Record
from tuneset.endpoint.state.state_folder import State, link, move, new_file
from tuneset.processes import kill_group
from tuneset.training.early_stopping import best_checkpoint
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
from tuneset.training.trainer_files import LOG, PAUSE, PROGRESS, RESULTS
from tuneset.training.training_file import JobFault

KEPT_CHECKPOINTS = 3
"""Those of the last three epochs. OpenAI supervised fine-tuning guide, 2026-11-20."""


class Attempt:
    """A trainer that runs. `follow` is called again and again until it says that the attempt has ended.

    `read` is how many bytes of its progress were taken over before, by an attempt in the same folder.
    """

    def __init__(self, state: State, job: Document, folder: Path, process: subprocess.Popen[bytes], read: int) -> None:
        self.job_id: str = job["id"]
        self.project = state.store.project
        self._job = job
        self._method: str = job["method"]["type"]
        self._state = state
        self._folder = folder
        self._process = process
        self._read = read
        self._began = (time.monotonic(), 0)  # when the first step here was about to begin, and the steps before it
        self._advanced = False
        self._told: set[Identity] = set()
        self._end: End | None = None
        if read:
            with (folder / PROGRESS).open("rb") as handle:
                self._told.update(map(identity_of, read_records(handle.read(read))))

    def follow(self) -> bool:
        """Take over what was reported since the last call. True once the process has ended and its job is settled.

        Where it raises, nothing was taken over, and it can be called again.
        """
        record = self._state.store.get("job", self.job_id)
        if record is None or record.document["status"] in FINISHED:  # cancelled
            self.kill()
            return True
        if record.document["status"] != "running":  # paused, or even resumed since
            self.ask_to_pause()
        ended = self._process.poll() is not None
        self._take_reports()
        if ended:
            self._settle(record.document)
        return ended

    def ask_to_pause(self) -> None:
        """Let the trainer keep where it stands, and end after its current step."""
        (self._folder / PAUSE).touch()

    def ends_within(self, seconds: float) -> bool:
        """Whether the process ends by itself in that time."""
        try:
            self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            return False
        return True

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
        if not whole:
            return
        read = self._read + len(whole)
        reports = self._untold(read_records(whole))
        steps = [report for report in reports if isinstance(report, Metrics)]
        with self._state.store.transaction():
            for report in reports:
                self._take(report)
            if steps:
                self._estimate(steps[-1])
            superfluous = self._forget_old_checkpoints()
            change_job(self._state.store, self.job_id, when=UNFINISHED, document={}, private={"read": read})
        self._read = read
        self._advanced |= bool(steps)
        self._told.update(map(identity_of, reports))
        for weights in superfluous:
            remove_weights(weights)

    def _untold(self, reports: Iterable[Report]) -> list[Report]:
        """Those that were not told before: a trainer that was killed does some of its steps again."""
        told, found = set(self._told), []
        for report in reports:
            identity = identity_of(report)
            if identity is None or identity not in told:
                found.append(report)
                told.add(identity)
        return found

    def _take(self, report: Report) -> None:
        store = self._state.store
        if isinstance(report, Planned):
            asked = self._job["method"][self._method]
            # What a trainer does not resolve, as an effort of reasoning, stays as it was asked for.
            resolved = {**asked["hyperparameters"], **report.hyperparameters}
            document = with_method(self._method, resolved, asked.get("grader"))
            change_job(store, self.job_id, when=UNFINISHED, document=document, messages=[report.message])
            self._began = (time.monotonic(), 0)
        elif isinstance(report, Metrics):
            data = {"step": report.step, "total_steps": report.total_steps, **report.values}
            add_event(store, self.job_id, step_message(report), data=data)
        elif isinstance(report, Note):
            add_event(store, self.job_id, report.message, level=report.level)
        elif isinstance(report, Checkpoint):
            self._keep_checkpoint(report)
        elif isinstance(report, Resumed):
            self._began = (time.monotonic(), report.step)
        else:
            self._end = report

    def _keep_checkpoint(self, report: Checkpoint) -> None:
        store, name = self._state.store, checkpoint_name(self._job, report.step)
        metrics = {"step": report.step, **report.metrics}
        checkpoint = new_checkpoint(self._job, report.step, metrics, name, store.now())
        store.insert("checkpoint", checkpoint, {}, parent=self.job_id)
        weights = (self._folder / report.file).relative_to(self._state.folder)
        add_model(store, self._job, name, str(weights))
        add_event(store, self.job_id, f"Checkpoint created at step {report.step}")

    def _forget_old_checkpoints(self) -> list[Path]:
        """Delete all checkpoints but the last few, and the best where it may be the model; give their weights."""
        store, files = self._state.store, []
        checkpoints = store.every("checkpoint", parent=self.job_id)
        best = _best_step(checkpoints) if "early_stopping" in self._job else None
        for old in checkpoints[:-KEPT_CHECKPOINTS]:
            if old.document["step_number"] == best:
                continue
            name = old.document["fine_tuned_model_checkpoint"]
            weights = weights_of(self._state, name)
            store.delete(old.document["id"])
            store.delete(name)
            files += [] if weights is None else [weights]
        return files

    def _estimate(self, last: Metrics) -> None:
        began, before = self._began
        seconds = (time.monotonic() - began) / max(1, last.step - before) * (last.total_steps - last.step)
        finish = {"estimated_finish": self._state.store.now() + round(seconds)}
        change_job(self._state.store, self.job_id, when=["running"], document=finish)

    def _settle(self, job: Document) -> None:
        code, end = self._process.returncode, self._end
        if code == 0 and isinstance(end, Done):
            self._succeed(job, end)
        elif code == 0 and isinstance(end, Paused):
            (self._folder / PAUSE).unlink(missing_ok=True)
        elif code == 0 and isinstance(end, Failed):
            fail_job(self._state.store, self.job_id, JobFault(end.code, end.message, end.param))
        else:
            self._crashed(code)

    def _crashed(self, code: int) -> None:
        """Have a trainer that got further than any before it started again where it stood; else the job fails."""
        how = f"by signal {signal.Signals(-code).name}" if code < 0 else f"with exit status {code}"
        log = (self._folder / LOG).relative_to(self._state.folder)
        message = f"The trainer was ended {how}; {log} in the state folder may say why."
        if self._advanced:
            again = {"status": "queued", "estimated_finish": None}
            told = [f"{message} It is started again where it stood."]
            change_job(self._state.store, self.job_id, when=["running"], document=again, messages=told, level="warn")
        else:
            fail_job(self._state.store, self.job_id, JobFault("trainer_error", message, None))

    def _succeed(self, job: Document, done: Done) -> None:
        """Make everything that a finished job has, in one step."""
        state = self._state
        files = [self._result_file(RESULTS), *map(self._result_file, done.files)]
        name = model_name(job)
        end = {
            "status": "succeeded",
            "finished_at": state.store.now(),
            "fine_tuned_model": name,
            "result_files": [file["id"] for file in files],
            "trained_tokens": done.trained_tokens,
            "estimated_finish": None,
        }
        messages = ["New fine-tuned model created", "The job has successfully completed"]
        with state.store.transaction():
            private = {"models": True}
            if not change_job(
                state.store, self.job_id, when=UNFINISHED, document=end, private=private, messages=messages
            ):
                return
            for file in files:
                state.store.insert("file", file, {})
            add_model(state.store, job, name, self._name_checkpoint(name, done.model_step))

    def _result_file(self, name: str) -> Document:
        """A file object of what the trainer has left under a name, its bytes in place.

        The step metrics are in base64, as at OpenAI; all else has a further name of the same bytes.
        """
        state = self._state
        temporary = state.blobs / new_id(TEMPORARY_PREFIX)
        if name == RESULTS:
            write_bytes(temporary, base64.b64encode((self._folder / name).read_bytes()))
        else:
            link(self._folder / name, temporary)
        file = new_file(
            state.store.now(),
            filename=Path(name).name,
            purpose="fine-tune-results",
            size=temporary.stat().st_size,
            status="processed",
        )
        move(temporary, state.blob(file["id"]))
        return file

    def _name_checkpoint(self, model: str, step: int | None) -> str | None:
        """The checkpoint of a step, else the last, is the model itself; give the path of its weights from the state."""
        store = self._state.store
        checkpoints = store.every("checkpoint", parent=self.job_id)
        chosen = [one for one in checkpoints if step is None or one.document["step_number"] == step]
        if not chosen:
            return None
        last = chosen[-1]
        former = store.get("model", last.document["fine_tuned_model_checkpoint"])
        store.put(Record(last.document | {"fine_tuned_model_checkpoint": model}, last.private))
        if former is None:  # its owner has deleted it
            return None
        store.delete(former.document["id"])
        return str(former.private["weights"])


def _best_step(checkpoints: Iterable[Record]) -> int | None:
    """The step of the best of these checkpoint objects, where one is better."""
    told = [Checkpoint(one.document["step_number"], one.document["metrics"], "") for one in checkpoints]
    best = best_checkpoint(told)
    return None if best is None else best.step
