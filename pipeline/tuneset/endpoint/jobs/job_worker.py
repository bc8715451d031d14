"""Takes jobs from their creation to their end, one at a time; each is trained in a process of its own.

Beside that it checks large files, which are `uploaded` until then.

The process can crash, be killed or be too slow: the job fails or is cancelled, the server goes on. When the server is
killed the process dies with it; the next start makes sure of that, and puts the job back in the queue, where a new
attempt in a new folder trains it from the start. What training is, is the trainer's business.
"""

from __future__ import annotations

import functools
import logging
import shutil
import threading
from collections.abc import Callable

from tuneset.endpoint.jobs.job_objects import change_job, fail_job
from tuneset.endpoint.jobs.trainer_process import Attempt, start_attempt
from tuneset.endpoint.state.expiry import remove_expired
from tuneset.endpoint.state.object_store import Document, Record
from tuneset.endpoint.state.state_folder import State, check_file, settle_file
from tuneset.processes import is_running, kill_group
from tuneset.profile import Profile
from tuneset.training.training_file import JobFault, check_training, check_validation

POLL_S = 0.05
"""How often the trainer's progress is read, in seconds."""

_log = logging.getLogger("tuneset.endpoint")


class Worker:
    """A thread beside the request handlers. It learns of jobs, and of files to be checked, from the store alone."""

    def __init__(self, state: State, profile: Profile) -> None:
        self._state = state
        self._profile = profile
        self._attempt: Attempt | None = None
        self._woken = threading.Event()
        self._stopping = False
        self._thread = threading.Thread(target=self._run, name="tuneset-worker", daemon=True)

    def start(self) -> None:
        """Put the jobs of an earlier server back in the queue, and begin."""
        requeue_interrupted(self._state)
        self._thread.start()

    def wake(self) -> None:
        """Say that a job was created or changed, or a file has come."""
        self._woken.set()

    def stop(self) -> None:
        """End the thread and the process that it watches; its job is trained anew at the next start."""
        self._stopping = True
        self._woken.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stopping:
            self._woken.clear()
            self._check_files()
            self._validate()
            self._train()
            self._woken.wait(POLL_S if self._attempt else None)
        if self._attempt:  # one that has ended by itself is settled
            self._guarded(self._attempt.job_id, self._follow)
        if self._attempt:
            self._attempt.kill()

    def _check_files(self) -> None:
        for record in self._state.store.in_status("file", "uploaded"):
            try:
                check_file(self._state, record)
            except Exception:  # noqa: BLE001  as in `_guarded`
                _log.exception("file %s", record.document["id"])
                settle_file(
                    self._state, record, "The server had an error while checking this file; its log says which."
                )

    def _validate(self) -> None:
        for record in self._state.store.in_status("job", "validating_files"):
            self._guarded(record.document["id"], functools.partial(validate_job, self._state, record, self._profile))

    def _train(self) -> None:
        if self._attempt is None:
            for record in self._state.store.in_status("job", "queued")[:1]:
                self._guarded(record.document["id"], functools.partial(self._begin, record))
                self._woken.set()
        else:
            self._guarded(self._attempt.job_id, self._follow)

    def _begin(self, record: Record) -> None:
        fault = missing_file(self._state, record.document)
        if fault is not None:
            fail_job(self._state.store, record.document["id"], fault)
            return
        self._attempt = start_attempt(self._state, record, self._profile)

    def _follow(self) -> None:
        assert self._attempt is not None
        if self._attempt.follow():
            self._attempt = None
            self._woken.set()

    def _guarded(self, job_id: str, act: Callable[[], None]) -> None:
        """Do something for a job; where that raises (a full disk, a defect), the job fails and the worker goes on."""
        try:
            act()
        except Exception:  # noqa: BLE001  one job's trouble must not end the worker
            _log.exception("job %s", job_id)
            if self._attempt is not None and self._attempt.job_id == job_id:
                self._attempt.kill()
                self._attempt = None
            message = "The server had an error while processing this job; its log says which."
            fail_job(self._state.store, job_id, JobFault("server_error", message, None))


def validate_job(state: State, record: Record, profile: Profile) -> None:
    """Check both files of a new job: it is queued, or fails with the first fault."""
    job = record.document
    fault = missing_file(state, job)
    method = job["method"]["type"]
    if fault is None:
        least = int(profile.limit("min_examples") or 1)
        fault = check_training(state.blob(job["training_file"]), job["training_file"], method, least)
    if fault is None and job["validation_file"] is not None:
        fault = check_validation(state.blob(job["validation_file"]), job["validation_file"], method)
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


def missing_file(state: State, job: Document) -> JobFault | None:
    """Whether a file was deleted, or has expired, after its job was created."""
    remove_expired(state)
    for param in ("training_file", "validation_file"):
        if job[param] is not None and state.store.get("file", job[param]) is None:
            side = param.removesuffix("_file")
            message = f"The job failed due to an invalid {side} file. No such File object: {job[param]}"
            return JobFault(f"invalid_{param}", message, param)
    return None


def requeue_interrupted(state: State) -> None:
    """Put every running job back in the queue; no process of an earlier server, and nothing half done, is left."""
    for record in state.store.in_status("job", "queued", "running", "paused"):
        attempt = record.private.get("attempt")
        if attempt is None or record.private.get("paused"):  # never begun, or stopped in good order
            continue
        if is_running(attempt["pid"], attempt["started"]):
            kill_group(attempt["pid"])
        job_id = record.document["id"]
        shutil.rmtree(state.attempt(job_id, attempt["number"]), ignore_errors=True)
        change_job(
            state.store,
            job_id,
            when=["running"],
            document={"status": "queued", "estimated_finish": None},
            messages=[f"Server restarted after attempt {attempt['number']}; job requeued"],
            level="warn",
        )
