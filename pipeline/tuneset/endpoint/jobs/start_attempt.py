"""An attempt at training a job begins: its folder, what its trainer has to know, the process, and the job that runs.

What becomes of the process is followed in `trainer_process.py`.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from tuneset.artifacts import write_json
from tuneset.endpoint.jobs.job_inputs import base_weights, training_file, validation_file
from tuneset.endpoint.jobs.job_objects import (
    change_job,
    fail_job,
)
from tuneset.endpoint.jobs.trainer_process import Attempt
from tuneset.endpoint.state.objects import Document, Record
from tuneset.endpoint.state.state_folder import State
from tuneset.processes import start_time
from tuneset.profile import Model, Profile, base_model
from tuneset.training.trainer import trainer_address, trainer_environment
from tuneset.training.trainer_files import LOG, PAUSE, PROGRESS, REQUEST
from tuneset.training.training_file import JobFault


def start_attempt(state: State, record: Record, profile: Profile, device: str) -> Attempt | None:
    """Start the trainer for a queued job, which then runs; of all GPUs it sees the one that is called `device`.

    None where the job is no longer queued, or fails because its base model is not served any more.

    A job that ran before, and was paused or lost its server, goes on in the folder in which it ran.
    """
    state, job = state.within(record.project), record.document
    model = profile.models.get(base_model(job["model"]))
    if model is None:
        message = f"The model {base_model(job['model'])} is not served now; start the server with it again (--base)."
        fail_job(state.store, job["id"], JobFault("model_not_available", message, "model"))
        return None
    former = record.private.get("attempt")
    number = former["number"] if former else 1
    folder = state.attempt(job["id"], number)
    folder.mkdir(parents=True, exist_ok=True)
    read = _mend_progress(folder / PROGRESS, record.private.get("read", 0) if former else None)
    (folder / PAUSE).unlink(missing_ok=True)
    write_json(folder / REQUEST, _request(state, job, model))
    with (folder / LOG).open("ab") as log:
        process = subprocess.Popen(
            # -P keeps the working folder off the import path: a module there may have the name of a library.
            [sys.executable, "-P", "-m", "tuneset.training.run", str(folder), str(os.getpid())],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
            env={**os.environ, "CUDA_VISIBLE_DEVICES": device, **trainer_environment(model.trainer)},
        )
    attempt = Attempt(state, job, folder, process, read)
    identity = {"number": number, "pid": process.pid, "started": start_time(process.pid)}
    try:
        runs = change_job(
            state.store,
            job["id"],
            when=["queued"],
            document={"status": "running"},
            private={"attempt": identity, "read": read},
            messages=["Fine-tuning job continues" if former else "Fine-tuning job started"],
        )
    except BaseException:
        attempt.kill()
        raise
    if not runs:
        attempt.kill()
        return None
    return attempt


def _mend_progress(path: Path, read: int | None) -> int:
    """Take away half a line that a killed trainer has left; all lines where `read` is None.

    Gives how many bytes of what is left were read.
    """
    if not path.exists():
        return 0
    with path.open("r+b") as handle:
        whole = 0 if read is None else handle.read().rfind(b"\n") + 1
        handle.truncate(whole)
    return min(whole, read or 0)


def _request(state: State, job: Document, model: Model) -> dict[str, Any]:
    """What the trainer has to know."""
    limit = model.max_example_tokens.value
    assert limit is not None
    method = job["method"]["type"]
    validation, base = validation_file(state, job), base_weights(state, job)
    return {
        "trainer": trainer_address(model.trainer),
        **job["method"][method]["hyperparameters"],
        "method": method,
        "training": str(training_file(state, job)),
        "validation": None if validation is None else str(validation),
        "base": None if base is None else str(base),
        "model_folder": model.folder,
        "tuning": model.tuning,
        "merged": model.merged,
        "gguf": model.gguf,
        "grader": job["method"][method].get("grader"),
        "grader_url": model.grader_url,
        "seed": job["seed"],
        "encoding": model.encoding,
        "max_example_tokens": int(limit),
        "patience": job.get("early_stopping", {}).get("patience"),
    }
