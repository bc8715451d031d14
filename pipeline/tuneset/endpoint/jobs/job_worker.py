"""Takes jobs from their creation to their end, one a device at a time; each is trained in a process of its own.

The next one is the oldest of the project whose turn it is (`project_turns`). Files are checked beside that (`checks`).

The process can crash, be killed or be too slow: the job fails or is cancelled, the server goes on. When the server is
killed the processes die with it; the next start makes sure of that, and puts the job back in the queue, from where it
goes on as it was last kept. A full disk or a locked database fails no job: the worker tries again until it can go on.
What training is, is the trainer's business.
"""

from __future__ import annotations

import collections
import contextlib
import functools
import logging
import sqlite3
import threading
import time
from collections.abc import Callable, Sequence

from tuneset.endpoint.jobs.checks import Checks
from tuneset.endpoint.jobs.job_inputs import remove_finished
from tuneset.endpoint.jobs.job_objects import change_job, fail_job
from tuneset.endpoint.jobs.start_attempt import start_attempt
from tuneset.endpoint.jobs.trained_models import adopt_models
from tuneset.endpoint.jobs.trainer_process import Attempt
from tuneset.endpoint.project_turns import ProjectTurns
from tuneset.endpoint.state.objects import Record
from tuneset.endpoint.state.state_folder import State, is_passing, with_reserve
from tuneset.processes import is_running, kill_group
from tuneset.profile import Profile
from tuneset.training.training_file import JobFault

POLL_S = 0.05
"""How often the trainer's progress is read, in seconds."""

REST_S = 1.0
"""How long the worker waits, in seconds, before it tries again what a full disk or a locked database has refused."""

STOP_GRACE_S = 5.0
"""How long a trainer may take to keep where it stands, in seconds, when its server is stopped."""

_log = logging.getLogger("tuneset.endpoint")


class Worker:
    """A thread beside the request handlers. It learns of jobs, and of files to be checked, from the store alone."""

    def __init__(self, state: State, profile: Profile, devices: Sequence[str]) -> None:
        self._state = state
        self._profile = profile
        self._devices = devices
        self._attempts: dict[str, Attempt] = {}
        self._turns = ProjectTurns()
        self._woken = threading.Event()
        self._checks = Checks(state, profile, self._woken.set)
        self._stopping = False
        self._taken_up = False
        self._thread = threading.Thread(target=self._run, name="tuneset-worker", daemon=True)

    def start(self) -> None:
        """Put the jobs of an earlier server back in the queue, and begin; on a full disk that is done once it can."""
        try:
            with_reserve(self._state.folder, self._take_up)
        except (OSError, sqlite3.Error) as error:
            if not is_passing(error):
                raise
        self._thread.start()

    def _take_up(self) -> None:
        if not self._taken_up:
            adopt_models(self._state.store)
            requeue_interrupted(self._state)
            self._taken_up = True

    def wake(self) -> None:
        """Say that a job was created or changed, or a file has come."""
        self._woken.set()

    def stop(self) -> None:
        """End the thread and the processes that it watches; what they did goes on at the next start."""
        self._stopping = True
        self._woken.set()
        self._thread.join()
        self._checks.stop()

    def _run(self) -> None:
        while not self._stopping:
            self._woken.clear()
            refused = False
            try:
                self._take_up()
                self._checks.begin()
                self._train()
                remove_finished(self._state)
            except Exception as error:  # noqa: BLE001  whatever it was, the thread must not end
                if is_passing(error):
                    _log.warning("the worker waits: %s", error)
                else:
                    _log.exception("worker")
                refused = True
            poll = POLL_S if self._attempts else None
            self._woken.wait(REST_S if refused else poll)
        self._end()

    def _end(self) -> None:
        """Let all trainers keep where they stand; settle those that have ended by themselves."""
        deadline = time.monotonic() + STOP_GRACE_S
        for attempt in self._attempts.values():
            with contextlib.suppress(OSError):  # on a full disk it is killed
                attempt.ask_to_pause()
        for device, attempt in list(self._attempts.items()):
            try:
                attempt.ends_within(max(0.0, deadline - time.monotonic()))
                self._guarded(attempt.job_id, functools.partial(self._follow, device))
            except Exception:  # noqa: BLE001  as above
                _log.exception("job %s", attempt.job_id)
            attempt.kill()

    def _train(self) -> None:
        for device, attempt in list(self._attempts.items()):
            self._guarded(attempt.job_id, functools.partial(self._follow, device))
        free = [device for device in self._devices if device not in self._attempts]
        queued = self._state.store.in_status("job", "queued") if free else []
        for device in free[: len(queued)]:
            running = collections.Counter(attempt.project for attempt in self._attempts.values())
            project = self._turns.next([record.project for record in queued], running)
            record = next(record for record in queued if record.project == project)
            queued.remove(record)
            self._guarded(record.document["id"], functools.partial(self._begin, device, record))
            self._turns.give(project)
            self._woken.set()

    def _begin(self, device: str, record: Record) -> None:
        attempt = start_attempt(self._state, record, self._profile, device)
        if attempt is not None:
            self._attempts[device] = attempt

    def _follow(self, device: str) -> None:
        if self._attempts[device].follow():
            del self._attempts[device]
            self._woken.set()

    def _guarded(self, job_id: str, act: Callable[[], None]) -> None:
        """Do something for a job; where that raises by a defect, the job fails and the worker goes on."""
        try:
            act()
        except Exception as error:  # one job's trouble must not end the worker
            if is_passing(error):
                raise
            _log.exception("job %s", job_id)
            for device, attempt in list(self._attempts.items()):
                if attempt.job_id == job_id:
                    attempt.kill()
                    del self._attempts[device]
            message = "The server had an error while processing this job; its log says which."
            fail_job(self._state.store, job_id, JobFault("server_error", message, None))


def requeue_interrupted(state: State) -> None:
    """Put every running job back in the queue; no process of an earlier server is left."""
    for record in state.store.in_status("job", "queued", "running", "paused"):
        attempt = record.private.get("attempt")
        if attempt is None:
            continue
        if is_running(attempt["pid"], attempt["started"]):
            kill_group(attempt["pid"])
        change_job(
            state.store,
            record.document["id"],
            when=["running"],
            document={"status": "queued", "estimated_finish": None},
            messages=["Server restarted; job requeued"],
            level="warn",
        )
