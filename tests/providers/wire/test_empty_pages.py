"""An empty page is the end of a list only where no token follows: else a job that is there is made a second time."""

from __future__ import annotations

import sys
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tuneset.providers.bedrock.jobs import BedrockJobs
from tuneset.providers.bedrock.jobs import parse_job as of_bedrock
from tuneset.providers.call_fault import CallFault
from tuneset.providers.vertex.jobs import VertexJobs
from tuneset.providers.vertex.jobs import parse_job as of_vertex
from tuneset.providers.wire.empty_pages import MOST_EMPTY, next_page
from tuneset.providers.wire.job_mark import marked

KEY = "0123456789abcdef0123456789abcdef"
Pages = list[tuple[str, ...]]


def served(pages: Pages, token: str | None) -> tuple[tuple[str, ...], str | None]:
    """The page of a token, and the token of the next one."""
    number = int(token or 0)
    return pages[number], str(number + 1) if number + 1 < len(pages) else None


@given(st.lists(st.lists(st.sampled_from("abc"), max_size=2).map(tuple), min_size=1, max_size=6))
def test_all_objects_of_all_pages_are_met_in_their_order(pages: Pages) -> None:
    found: list[str] = []
    token: str | None = None
    while True:
        items, token = next_page(lambda asked: served(pages, asked), token)
        found += items
        if token is None:
            break
        assert items  # whoever goes on by the last object has one
    assert found == [item for page in pages for item in page]


def test_a_token_that_is_given_back_is_the_end() -> None:
    assert next_page(lambda _: ((), "same"), "same") == ((), None)
    assert next_page(lambda _: (("a",), "same"), "same") == (("a",), None)


def test_a_list_of_empty_pages_without_end_is_a_fault() -> None:
    with pytest.raises(CallFault, match=f"{MOST_EMPTY:,} pages without an object"):
        next_page(lambda token: ((), str(int(token or 0) + 1)), None)


class Client:
    """What boto3's client answers: an empty page, then the job."""

    def list_model_customization_jobs(self, **asked: Any) -> dict[str, Any]:  # noqa: ANN401  those of the service
        if "nextToken" not in asked:
            return {"modelCustomizationJobSummaries": [], "nextToken": "t"}
        return {"modelCustomizationJobSummaries": [{"jobName": marked(None, KEY, 1), "status": "InProgress"}]}


def test_bedrock_finds_a_job_behind_an_empty_page() -> None:
    page = BedrockJobs(Client(), SimpleNamespace()).find_job(KEY, None)  # type: ignore[arg-type]
    assert page is not None
    assert [job.run_key for job in page.items] == [KEY]
    assert not page.more


def test_vertex_finds_a_job_behind_an_empty_page(monkeypatch: pytest.MonkeyPatch) -> None:
    job = {"name": "projects/p/locations/l/tuningJobs/7", "state": "JOB_STATE_RUNNING", "labels": {"tuneset_run": KEY}}
    library: Any = ModuleType("google.genai")
    library.types = SimpleNamespace(ListTuningJobsConfig=lambda **asked: asked)
    monkeypatch.setitem(sys.modules, "google", ModuleType("google"))
    monkeypatch.setitem(sys.modules, "google.genai", library)

    def listed(config: dict[str, Any]) -> SimpleNamespace:
        first = config["page_token"] is None
        rows = [] if first else [SimpleNamespace(model_dump=lambda **_: dict(job))]
        return SimpleNamespace(page=rows, config={"page_token": "t" if first else None})

    page = VertexJobs(SimpleNamespace(list=listed), "", SimpleNamespace()).find_job(KEY, None)  # type: ignore[arg-type]
    assert page is not None
    assert [one.id for one in page.items] == ["7"]


@pytest.mark.parametrize(
    ("facts", "state"),
    [({}, "waiting"), ({"endTime": "2026-11-26T10:00:00Z"}, "failed"),
     ({"endTime": "2026-11-26T10:00:00Z", "outputModelArn": "arn", "tunedModel": {"model": "m"}}, "succeeded")],
)  # fmt: skip
def test_a_job_of_an_unknown_word_has_ended_where_it_has_an_end(facts: dict[str, Any], state: str) -> None:
    assert of_bedrock({"jobName": "j", "status": "Stopped"}, None, None).state == "cancelled"
    assert of_bedrock({"jobName": "j", "status": "InProgress", **facts}, None, None).state == "running"
    assert of_bedrock({"jobName": "j", "status": "Archived", **facts}, None, None).state == state
    assert of_vertex({"name": "a/7", "state": "JOB_STATE_RUNNING", **facts}, None).state == "running"
    assert of_vertex({"name": "a/7", "state": "JOB_STATE_ARCHIVED", **facts}, None).state == state
