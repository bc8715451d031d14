"""What Prometheus asks for: requests, jobs and files of this server as numbers, in its text format.

Labels are templates of routes, methods and statuses, all of them words of this program: nothing of what users sent.
With several projects each is told its own numbers.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import accumulate

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from tuneset.endpoint.api.running_endpoint import endpoint_of
from tuneset.endpoint.jobs.job_objects import FINISHED, UNFINISHED
from tuneset.endpoint.state.object_store import Store
from tuneset.endpoint.state.vector_stores import FILE_STATUSES
from tuneset.endpoint.traffic import DURATIONS_S, Traffic

CONTENT_TYPE = "text/plain; version=0.0.4"
"""Prometheus' exposition formats, 2026-11-26: `prometheus.io/docs/instrumenting/exposition_formats`."""

WAITING = ("validating_files", "queued")
"""The statuses of jobs that wait for their turn."""

Sample = tuple[str, float]
"""What follows the name of a metric (a suffix and labels), and the value."""


async def show_metrics(request: Request) -> Response:
    """GET /metrics. Requests are counted from the start of the server, jobs and files as they are now."""
    metrics = [
        *_of_requests(request.app.state.traffic[request.state.project]),
        *_of_state(endpoint_of(request).state.store),
    ]
    return PlainTextResponse("".join(metrics), media_type=CONTENT_TYPE)


def _of_requests(traffic: Traffic) -> Iterator[str]:
    counts = [
        (f'{{route="{route}",method="{method}",status="{status}"}}', float(count))
        for (route, method, status), count in sorted(traffic.requests.items())
    ]
    yield _metric("tuneset_http_requests_total", "counter", "Requests that were answered.", counts)
    text = "Time from the head of a request to the end of its answer."
    yield _metric("tuneset_http_request_duration_seconds", "histogram", text, _durations(traffic))


def _durations(traffic: Traffic) -> Iterator[Sample]:
    for (route, method), classes in sorted(traffic.durations.items()):
        asked = f'route="{route}",method="{method}"'
        ends = [*(f"{end:g}" for end in DURATIONS_S), "+Inf"]
        for end, count in zip(ends, accumulate(classes), strict=True):
            yield f'_bucket{{{asked},le="{end}"}}', count
        yield f"_sum{{{asked}}}", traffic.seconds[route, method]
        yield f"_count{{{asked}}}", sum(classes)


def _of_state(store: Store) -> Iterator[str]:
    there = store.statuses("job")
    jobs = {status: there.get(status, 0) for status in (*UNFINISHED, *FINISHED)}
    samples = [(f'{{status="{status}"}}', float(count)) for status, count in jobs.items()]
    yield _metric("tuneset_jobs", "gauge", "Fine-tuning jobs by status.", samples)
    waiting = sum(jobs[status] for status in WAITING)
    yield _metric("tuneset_queue_length", "gauge", "Fine-tuning jobs that wait for their turn.", [("", waiting)])
    files, size = store.size("file")
    yield _metric("tuneset_files", "gauge", "Files that are stored, results of jobs among them.", [("", files)])
    yield _metric("tuneset_files_bytes", "gauge", "Bytes of these files.", [("", size)])
    stores, size = store.size("vector_store", "usage_bytes")
    yield _metric("tuneset_vector_stores", "gauge", "Vector stores, expired ones among them.", [("", stores)])
    yield _metric("tuneset_vector_stores_bytes", "gauge", "Bytes of passages in them.", [("", size)])
    there = store.statuses("vector_store_file")
    samples = [(f'{{status="{status}"}}', float(there.get(status, 0))) for status in FILE_STATUSES]
    yield _metric("tuneset_vector_store_files", "gauge", "Files in vector stores by status.", samples)


def _metric(name: str, kind: str, text: str, samples: Iterable[Sample]) -> str:
    r"""One metric with its head.

    >>> _metric("a", "gauge", "An a.", [("", 2)])
    '# HELP a An a.\n# TYPE a gauge\na 2\n'
    """
    lines = [f"# HELP {name} {text}", f"# TYPE {name} {kind}", *(f"{name}{of} {_number(n)}" for of, n in samples)]
    return "".join(f"{line}\n" for line in lines)


def _number(value: float) -> str:
    """A number without loss.

    >>> _number(3.0), _number(0.25), _number(2**60)
    ('3', '0.25', '1152921504606846976')
    """
    return str(int(value)) if value == int(value) else repr(value)
