"""The fine-tuning jobs API: create, check, list, retrieve, cancel, pause, resume, events, checkpoints."""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Callable, Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from tuneset.endpoint.api.api_errors import ApiError, available, no_such_job
from tuneset.endpoint.api.event_stream import while_connected
from tuneset.endpoint.api.idempotency import create_once
from tuneset.endpoint.api.job_body import MAX_METADATA, JobRequest, read_job_request
from tuneset.endpoint.api.json_body import read_body
from tuneset.endpoint.api.model_routes import models
from tuneset.endpoint.api.paging import page
from tuneset.endpoint.api.project_limits import check_queue
from tuneset.endpoint.api.running_endpoint import RunningEndpoint, endpoint_of
from tuneset.endpoint.in_thread import in_thread
from tuneset.endpoint.jobs.checks import files_fault, is_small
from tuneset.endpoint.jobs.job_inputs import files_to_check, keep_inputs
from tuneset.endpoint.jobs.job_objects import (
    FINISHED,
    UNFINISHED,
    add_event,
    cancel_job,
    new_job,
    pause_job,
    resume_job,
)
from tuneset.endpoint.jobs.trained_models import weights_of
from tuneset.endpoint.state.object_store import Store
from tuneset.endpoint.state.objects import Document, Query
from tuneset.endpoint.state.state_folder import keep_reserve, with_reserve
from tuneset.profile import base_model, embedded_profile
from tuneset.training.trainer import missing_libraries
from tuneset.training.training_file import JobFault

JOBS_PAGE, EVENTS_PAGE, CHECKPOINTS_PAGE = 20, 20, 10
"""Objects of a page where the query asks for no number. OpenAI API specification, 2026-08-21."""


async def create_job(request: Request) -> Response:
    """POST /v1/fine_tuning/jobs. The files are validated after the answer."""
    endpoint = endpoint_of(request)
    body = await read_body(request)
    asked = read_job_request(body)

    def create() -> Document:
        _check_model(endpoint, asked.model, asked.chosen_method(), asked.grader)
        _check_files(endpoint, asked)
        check_queue(endpoint, "job", UNFINISHED)
        store = endpoint.state.store
        job = new_job(asked, store.now())
        keep_inputs(endpoint.state, job)
        store.insert("job", job, {})
        files = f"training file: {asked.training_file}"
        if asked.validation_file:
            files += f" and validation file: {asked.validation_file}"
        add_event(store, job["id"], f"Created fine-tuning job: {job['id']}")
        add_event(store, job["id"], f"Validating {files}")
        return job

    job = create_once(request, body, create)
    endpoint.worker.wake()
    return JSONResponse(job)


async def check_job(request: Request) -> Response:
    """POST /v1/fine_tuning/jobs/check, which the protocol does not have: what would become of a job; none is made.

    The body is that of a job, and is refused as a job would be. The answer's `error` is what the job would fail with
    before it is trained, or null. Files that are still being checked are checked here.
    """
    endpoint = endpoint_of(request)
    asked = read_job_request(await read_body(request))
    _check_model(endpoint, asked.model, asked.chosen_method(), asked.grader)
    _check_files(endpoint, asked)
    job = new_job(asked, endpoint.state.store.now())
    try:
        fault = await while_connected(request, _fault(endpoint, job))
    except FileNotFoundError:
        _check_files(endpoint, asked)  # says so where one was deleted just now
        raise
    return JSONResponse(
        {"object": "fine_tuning.job.check", "error": None if fault is None else dataclasses.asdict(fault)}
    )


async def _fault(endpoint: RunningEndpoint, job: Document) -> JobFault | None:
    """What a job would fail with. Large files wait for a turn, so that they hold up no other request."""
    with files_to_check(endpoint.state, job) as (training, validation):
        turn = endpoint.large_checks.taken(endpoint.state.store.project)
        async with contextlib.nullcontext() if is_small(training, validation) else turn:
            return await in_thread(files_fault, training, validation, job, endpoint.profile)


async def list_jobs(request: Request) -> Response:
    """GET /v1/fine_tuning/jobs, newest first; `metadata[key]=value` filters, `metadata=null` finds those without."""
    query = request.query_params
    names = [name for name in query if name.startswith("metadata[") and name.endswith("]")]
    if len(names) > MAX_METADATA:
        raise ApiError(400, f"Invalid 'metadata': a job has at most {MAX_METADATA} pairs", param="metadata")
    metadata = {name[len("metadata[") : -1]: query[name] for name in names}
    if query.get("metadata", "null") != "null":
        raise ApiError(400, "Invalid 'metadata': expected null, or metadata[key]=value", param="metadata")
    return page(request, Query("job", JOBS_PAGE, metadata=metadata, without_metadata="metadata" in query), ends=False)


async def retrieve_job(request: Request) -> Response:
    """GET /v1/fine_tuning/jobs/{job_id}."""
    return JSONResponse(_job(request))


async def cancel(request: Request) -> Response:
    """POST /v1/fine_tuning/jobs/{job_id}/cancel. The answer says `cancelled`; the process ends right after it."""
    return _change(request, cancel_job, refused={})


async def pause(request: Request) -> Response:
    """POST /v1/fine_tuning/jobs/{job_id}/pause. The answer says `paused`; the process ends after the current step."""
    return _change(request, pause_job, refused={"paused": "Job is already paused"})


async def resume(request: Request) -> Response:
    """POST /v1/fine_tuning/jobs/{job_id}/resume. The job waits in the queue, and goes on from where it stopped."""
    return _change(request, resume_job, refused=dict.fromkeys(UNFINISHED, "Job is not paused"))


async def list_events(request: Request) -> Response:
    """GET /v1/fine_tuning/jobs/{job_id}/events, newest first."""
    return page(request, Query("event", EVENTS_PAGE, parent=_job(request)["id"]), ends=False)


async def list_checkpoints(request: Request) -> Response:
    """GET /v1/fine_tuning/jobs/{job_id}/checkpoints, newest first: the last three, as they are made."""
    return page(request, Query("checkpoint", CHECKPOINTS_PAGE, parent=_job(request)["id"]))


def _change(request: Request, change: Callable[[Store, str], bool], *, refused: Mapping[str, str]) -> Response:
    """Change a job, or refuse it: by its status with the message in `refused`, and always once it has ended."""
    endpoint = endpoint_of(request)
    job = _job(request)
    if not with_reserve(endpoint.state.folder, lambda: change(endpoint.state.store, job["id"])):
        status = _job(request)["status"]
        if status in FINISHED:
            message = f"Job has already completed: {job['id']}"
            raise ApiError(400, message, param="fine_tuning_job_id", code="job_already_completed")
        message = f"{refused[status]}: {job['id']} is {status}"
        raise ApiError(400, message, param="fine_tuning_job_id", code="invalid_job_status")
    keep_reserve(endpoint.state.folder)
    endpoint.worker.wake()
    return JSONResponse(_job(request))


def _check_model(endpoint: RunningEndpoint, model: str, method: str, grader: Mapping[str, Any] | None) -> None:
    """Raise ApiError 400 where there is no such model, or it has no such method, or the grader cannot be used."""
    own = embedded_profile().models.get(base_model(model))
    if own is not None and base_model(model) not in endpoint.profile.models:
        lacking = ", ".join(missing_libraries(own.trainer))
        message = f"Model {model} needs what is not installed at this server: {lacking} (Tuneset's extra {own.trainer})"
        raise ApiError(400, message, param="model", code="model_not_available")
    if model not in endpoint.profile.models and weights_of(endpoint.state, model) is None:
        there = available([known["id"] for known in models(endpoint)])
        message = f"Model {model} is not available for fine-tuning or does not exist; {there}"
        raise ApiError(400, message, param="model", code="model_not_available")
    base = endpoint.profile.models.get(base_model(model))
    if base is None:
        message = f"Model {model} was made from one that is not served now; start the server with it again (--base)"
        raise ApiError(400, message, param="model", code="model_not_available")
    if method not in base.methods:
        offered = ", ".join(f"'{name}'" for name in base.methods)
        message = f"The method '{method}' is not available for this model; available: {offered}."
        raise ApiError(400, message, param="method", code="method_not_available")
    if grader is None:
        return
    from tuneset.graders.definition import definition_fault  # noqa: PLC0415  8 MiB that servers without such jobs do without

    fault = definition_fault(grader, judged=base.grader_url is not None)
    if fault is not None:
        raise ApiError(400, f"Invalid grader: {fault}.", param="method.reinforcement.grader", code="invalid_grader")


def _check_files(endpoint: RunningEndpoint, asked: JobRequest) -> None:
    """Raise ApiError 400 where a file does not exist or was uploaded for something else."""
    files = {"training_file": asked.training_file, "validation_file": asked.validation_file}
    for param, file_id in files.items():
        if file_id is None:
            continue
        record = endpoint.state.store.get("file", file_id)
        if record is None:
            raise ApiError(400, f"File '{file_id}' does not exist.", param=param, code="file_not_found")
        if record.document["purpose"] != "fine-tune":
            message = f"File '{file_id}' was not uploaded with purpose 'fine-tune'."
            raise ApiError(400, message, param=param, code="invalid_file_purpose")


def _job(request: Request) -> Document:
    job_id = request.path_params["job_id"]
    record = endpoint_of(request).state.store.get("job", job_id)
    if record is None:
        raise no_such_job(job_id)
    return record.document
