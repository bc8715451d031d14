"""Checks files: those that were uploaded and are large, and those of jobs that were created.

A small file is checked where its job is taken up, a large one in a process of its own (`training/file_check.py`), one
of each project at a time: it holds up no job of another project, none of its own whose files are small, and none that
runs. A full disk or a locked database fails nothing, it waits. What is wrong with a file is found in `training`.
"""

from __future__ import annotations

import logging
import subprocess
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Literal

from tuneset.endpoint.jobs.job_inputs import training_file, validation_file
from tuneset.endpoint.jobs.job_objects import change_job, fail_job
from tuneset.endpoint.project_threads import ProjectThreads
from tuneset.endpoint.state.objects import Document, Record
from tuneset.endpoint.state.state_folder import CHECKED_AT_ONCE, State, check_file, is_passing, settle_file
from tuneset.profile import Profile, base_model
from tuneset.training.file_check import Begun, FileQuestion, answer, job_fault
from tuneset.training.training_file import JobFault

PROJECTS = 4
"""Projects whose large files are checked at a time, each in a process that takes a processor."""

REST_S = 1.0
"""Seconds until a check is done again that a full disk or a locked database has refused."""

_log = logging.getLogger("tuneset.endpoint")


class Checks:
    """The checks of one server. They learn of files and jobs from the store; `ended` is called after each of them."""

    def __init__(self, state: State, profile: Profile, ended: Callable[[], None]) -> None:
        self._state = state
        self._profile = profile
        self._threads = ProjectThreads(PROJECTS, "tuneset-check", self._check_first, ended)
        self._processes: dict[str, subprocess.Popen[bytes]] = {}
        """By the id of the file or the job."""
        self._stopped = threading.Event()

    def begin(self) -> None:
        """Check small files of jobs, begin with large ones as far as can be, and end what nobody waits for any more."""
        files = self._state.store.in_status("file", "uploaded")
        large = []
        for record in self._state.store.in_status("job", "validating_files"):
            if is_small(training_file(self._state, record.document), validation_file(self._state, record.document)):
                self._guarded(record)
            else:
                large.append(record)
        wanted = {record.document["id"] for record in (*files, *large)}
        for name, process in list(self._processes.items()):
            if name not in wanted:
                process.kill()
        self._threads.begin(sorted([*files, *large], key=lambda record: record.document["created_at"]))

    def stop(self) -> None:
        """End what is checked now; it is checked after the next start. Nothing must be begun after it."""
        self._stopped.set()
        for process in list(self._processes.values()):
            process.kill()
        self._threads.close()

    def _check_first(self, records: Sequence[Record]) -> None:
        try:
            self._guarded(records[0])
        except Exception as error:  # noqa: BLE001  it is done again
            _log.warning("a check waits: %s", error)
            self._stopped.wait(REST_S)
        finally:
            self._processes.pop(records[0].document["id"], None)

    def _guarded(self, record: Record) -> None:
        """Check a file or the files of a job; by a defect of the server it has a fault, and the others go on.

        Raises what `is_passing`.
        """
        kind: Literal["file", "job"] = "job" if "training_file" in record.document else "file"
        name = record.document["id"]
        if not self._waits(kind, record):
            return

        def begun(process: subprocess.Popen[bytes]) -> None:
            self._processes[name] = process
            if self._stopped.is_set():
                process.kill()

        try:
            if kind == "job":
                validate_job(self._state, record, self._profile, begun)
            else:
                check_file(self._state, record, begun)
        except Exception as error:
            if is_passing(error):
                raise
            if self._stopped.is_set() or not self._waits(kind, record):
                return
            _log.exception("%s %s", kind, name)
            if kind == "job":
                message = "The server had an error while processing this job; its log says which."
                fail_job(self._state.store, name, JobFault("server_error", message, None))
            else:
                message = "The server had an error while checking this file; its log says which."
                settle_file(self._state, record, message)

    def _waits(self, kind: Literal["file", "job"], record: Record) -> bool:
        """Whether it is still to be checked: not deleted, cancelled, paused or checked meanwhile."""
        now = self._state.store.get(kind, record.document["id"])
        return now is not None and now.document["status"] == record.document["status"]


def is_small(training: Path, validation: Path | None) -> bool:
    """Whether the files of a job are checked where they are asked for."""
    size = sum(path.stat().st_size for path in (training, validation) if path is not None)
    return size <= CHECKED_AT_ONCE


def files_fault(
    training: Path, validation: Path | None, job: Document, profile: Profile, begun: Begun | None = None
) -> JobFault | None:
    """The first fault of the files of a job, which lie at these paths; None where it can be trained on them.

    `begun` gets the process in which large ones are checked.
    """
    model = profile.models.get(base_model(job["model"]))
    question = FileQuestion(
        training=str(training),
        training_id=job["training_file"],
        validation=None if validation is None else str(validation),
        validation_id=job["validation_file"] or "",
        method=job["method"]["type"],
        least=int(profile.limit("min_examples") or 1),
        images=model is not None and model.vision,
    )
    return answer(question) if is_small(training, validation) else job_fault(question, begun)


def validate_job(state: State, record: Record, profile: Profile, begun: Begun | None = None) -> None:
    """Check both files of a new job: it is queued, or fails with the first fault."""
    job = record.document
    fault = files_fault(training_file(state, job), validation_file(state, job), job, profile, begun)
    if fault is not None:
        fail_job(state.store, job["id"], fault)
        return
    messages = ["Files validated, moving job to queued state"]
    change_job(
        state.store,
        job["id"],
        when=["validating_files"],
        document={"status": "queued"},
        private={"validated": True},
        messages=messages,
    )
