"""Jobs of ours that a list shows, and whether a list that does not show one tells anything.

Some endpoints keep no mark, show a job only seconds after it was made, or show the oldest twenty for ever. What is
looked for is told by intents (`intents.py`); nothing is created here.
"""

from __future__ import annotations

import dataclasses

from tuneset.errors import RemoteError
from tuneset.providers.call_fault import CallFault
from tuneset.providers.calls import pages
from tuneset.providers.endpoint import Endpoint
from tuneset.providers.jobs import intents
from tuneset.providers.jobs.intents import Intent
from tuneset.providers.provider import Page, Provider
from tuneset.providers.records import RemoteJob

FULL_PAGES = frozenset({20, 50, 100})
"""Sizes at which servers cut a list; a list of just that many jobs may have been cut."""
LEAST_FULL = min(FULL_PAGES)


@dataclasses.dataclass(frozen=True)
class Listed:
    """The jobs of a list, and whether a job that was just made would be among them."""

    jobs: tuple[RemoteJob, ...]
    shows_new_ones: bool


def listed(endpoint: Endpoint, key: str) -> Listed:
    """Jobs of the endpoint, those of the run key among them. Raises RemoteError."""
    read: list[Page[RemoteJob]] = []

    def get(provider: Provider, after: str | None) -> Page[RemoteJob]:
        page = provider.jobs.find_job(key, after)
        if page is None:
            found = "keeps nothing by which a job could be found again"
            raise CallFault("not_supported", found, passing=False, acted=False)
        read.append(page)
        return page

    jobs = tuple(pages(endpoint, "listing jobs", get))
    return Listed(jobs, _shows_new_ones(jobs, read))


def _shows_new_ones(jobs: tuple[RemoteJob, ...], read: list[Page[RemoteJob]]) -> bool:
    """Whether a list is whole, or begins with the newest.

    It is whole where it is shorter than any page, or where it went on after a page and came to an end.
    """
    if len(jobs) < LEAST_FULL:
        return True
    last = {job.id for job in read[-1].items}
    turned = sum(len(page.items) for page in read) > len(read[0].items)
    repeated = len(read) > 1 and any(job.id in last for page in read[:-1] for job in page.items)
    if repeated:
        return False
    if turned or (len(read) > 1 and not read[-1].items):
        return True
    return len(jobs) not in FULL_PAGES and jobs[0].created_at > jobs[-1].created_at


def fitting(
    endpoint: Endpoint, wanted: list[Intent], claimed: set[str], *, exact: bool
) -> tuple[list[RemoteJob], bool]:
    """Jobs that intents of one run key may have made, the best first, and whether the list shows new ones.

    `claimed` are jobs that other requests have made; `exact` leaves those out that say that they are something else
    than what was asked for. A job is given the attempt of its intent. Raises RemoteError.
    """
    found = listed(endpoint, wanted[0].key)
    ranked = []
    for job in found.jobs:
        intent = next((one for one in wanted if intents.may_have_made(one, job)), None)
        if intent is None or job.id in claimed:
            continue
        different = intents.differences(intent, job)
        if not (exact and different):
            ranked.append((different, dataclasses.replace(job, attempt=intent.attempt)))
    ranked.sort(key=lambda pair: (pair[0], *age(pair[1])))
    return [job for _, job in ranked], found.shows_new_ones


def age(job: RemoteJob) -> tuple[int, int, str]:
    """Sorts the oldest first."""
    return job.attempt, job.created_at, job.id


SETTLE = (
    "look at the provider's console; if the job is there, `tuneset jobs settle --job ID` goes on with it, if there is "
    "none, `tuneset jobs settle --none` lets the next run create one"
)


def unknown(endpoint: Endpoint, what: str, why: str) -> RemoteError:
    """Whether a job was made cannot be known from here."""
    message = f"{what}; whether it was made at {endpoint.base_url} is unknown: {why}"
    return RemoteError(message, code="outcome_unknown", hint=SETTLE)
