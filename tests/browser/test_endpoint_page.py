"""The page of `tuneset serve` in a browser: jobs, curves, files, two models side by side, keys, narrow windows.

`make browser` runs them, with the Chromium of the system.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest
from openai import OpenAI

from tests.browser.conftest import LIMIT_MS, Browser, Page, served
from tests.endpoint.support import create, examples, lines, supervised, upload, wait
from tuneset.endpoint.app import create_app

pytestmark = pytest.mark.browser

KEY = "sk-this-is-the-key"
HOSTILE = '<img src=x onerror="window.hit=1">'


@contextlib.contextmanager
def endpoint(state: Path, key: str | None = None) -> Iterator[tuple[str, OpenAI]]:
    """The address of an endpoint's page, and a client of it."""
    with served(create_app(state, api_key=key)) as base:
        yield base, OpenAI(base_url=f"{base}v1", api_key=key or "any", max_retries=0)


@contextlib.contextmanager
def opened(browser: Browser, base: str, address: str = "", **window: object) -> Iterator[Page]:
    """A page; nothing that went wrong in it goes unseen, and no other site is asked."""
    context = browser.new_context(**window)
    faults: list[str] = []
    asked: list[str] = []
    page = context.new_page()
    page.set_default_timeout(LIMIT_MS)
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("request", lambda request: asked.append(request.url))
    page.goto(base + address)
    yield page
    assert page.evaluate("window.hit") is None
    assert faults == []
    assert [url for url in asked if not url.startswith((base, f"blob:{base}"))] == []
    context.close()


def trained(client: OpenAI, **asked: Any) -> Any:  # noqa: ANN401  the client types it
    rows = examples()
    training, validation = upload(client, rows[:12]), upload(client, rows[12:16])
    job = create(client, training.id, validation.id, method=supervised(n_epochs=2, batch_size=4), **asked)
    return wait(client, job.id)


def test_a_job_shows_curves_checkpoints_and_events(browser: Browser, tmp_path: Path) -> None:
    with endpoint(tmp_path / "state") as (base, client):
        job = trained(client, suffix="docs", metadata={"team": HOSTILE})
        with opened(browser, base) as page:
            page.wait_for_selector("#job-list li[data-job]")
            page.keyboard.press("j")
            page.wait_for_selector(f"#job[data-job='{job.id}'] #chart svg[tabindex]")
            assert job.id in page.url
            assert "training" in page.get_attribute("#chart svg[tabindex]", "aria-label")
            assert page.locator("#chart polyline.train").count() == 1
            page.focus("#chart svg[tabindex]")
            page.keyboard.press("Home")
            assert page.inner_text(".readout").startswith("step 1 · training ")
            assert page.locator("#checkpoints tbody tr").count() == 2
            assert "The job has successfully completed" in page.inner_text("#events")
            assert HOSTILE in page.inner_text("#job .fields").replace('\\"', '"')
            page.click("#talk")
            page.wait_for_selector("#panes option", state="attached")
            assert page.input_value("#model-tuned") == job.fine_tuned_model
            assert page.input_value("#model-base") == "local-tiny"


def test_a_job_is_followed_while_it_trains_and_can_be_cancelled(browser: Browser, tmp_path: Path) -> None:
    with endpoint(tmp_path / "state") as (base, client):
        job = create(client, upload(client, examples()).id, method=supervised(n_epochs=50, batch_size=1))
        with opened(browser, base, f"#job={job.id}") as page:
            page.wait_for_selector("#chart polyline.train")
            first = page.get_attribute("#chart polyline.train", "points")
            page.wait_for_selector(f'#chart polyline.train:not([points="{first}"])')
            page.click("#cancel")
            page.click("dialog button[type=submit]")
            page.wait_for_selector("#job .head .badge:text-is('cancelled')")
        assert client.fine_tuning.jobs.retrieve(job.id).status == "cancelled"


def test_both_models_answer_the_same_question_as_they_speak(browser: Browser, tmp_path: Path) -> None:
    with endpoint(tmp_path / "state") as (base, client):
        trained(client)
        with opened(browser, base, "#chat") as page:
            page.wait_for_selector("#panes option", state="attached")
            page.keyboard.press("/")
            page.keyboard.type("What does statistics.mean do?")
            page.keyboard.press("Enter")
            page.wait_for_selector("#panes section:nth-child(1) .used")
            page.wait_for_selector("#panes section:nth-child(2) .used")
            page.wait_for_selector("#send:not([disabled])")
            assert page.locator(".turn.user").all_inner_texts() == ["What does statistics.mean do?"] * 2
            assert page.locator(".turn.failed").count() == 0
            page.click("#clear")
            assert page.locator(".turn").count() == 0


def test_files_come_and_go_and_their_names_stay_texts(browser: Browser, tmp_path: Path) -> None:
    sent = tmp_path / "mine.jsonl"
    sent.write_bytes(lines(examples()[:12]))
    with endpoint(tmp_path / "state") as (base, client):
        hostile = upload(client, examples()[:12], f"{HOSTILE}.jsonl")
        with opened(browser, base, "#files") as page:
            page.wait_for_selector(f"tr[data-file='{hostile.id}']")
            assert HOSTILE in page.inner_text("#file-table")
            page.set_input_files("#upload-file", sent)
            page.click("#upload button")
            page.wait_for_selector("#file-table td:has-text('mine.jsonl')")
            with page.expect_download() as got:
                page.click("tr:has-text('mine.jsonl') button:text-is('Download')")
            assert Path(got.value.path()).read_bytes() == sent.read_bytes()
            page.click(f"#delete-{hostile.id}")
            page.click("dialog button[type=submit]")
            page.wait_for_selector(f"tr[data-file='{hostile.id}']", state="detached")
        assert [file.filename for file in client.files.list()] == ["mine.jsonl"]


def test_the_key_is_asked_for_and_stays_in_the_tab(browser: Browser, tmp_path: Path) -> None:
    with endpoint(tmp_path / "state", KEY) as (base, client):
        upload(client, examples()[:12])
        with opened(browser, base, "#files") as page:
            page.wait_for_selector("dialog[open] #key")
            page.fill("#key", "sk-wrong")
            page.keyboard.press("Enter")
            page.wait_for_selector("dialog .fault >> text=This key is wrong.")
            page.fill("#key", KEY)
            page.keyboard.press("Enter")
            page.wait_for_selector("tr[data-file]")
            page.reload()
            page.wait_for_selector("tr[data-file]")
            assert page.evaluate("[localStorage.length, document.cookie, location.href]") == [0, "", f"{base}#files"]
            page.click("#forget")
            page.wait_for_selector("dialog[open] #key")
            assert page.evaluate("sessionStorage.length") == 0


def test_an_evaluation_is_opened_in_the_tab_alone(browser: Browser, tmp_path: Path) -> None:
    figures = {
        "base": "local-tiny", "tuned": HOSTILE, "base_score": 0.25, "tuned_score": 0.5, "gain": 0.25, "gain_low": 0.1,
        "gain_high": 0.4, "cases": 2, "wins": 1, "losses": 0, "ties": 1, "grader": "text_similarity",
        "largest_wins": [{"line": 7, "base_score": 0.0, "tuned_score": 0.5}], "largest_losses": [],
    }  # fmt: skip
    row = {"line": 7, "prompt": [{"role": "user", "content": HOSTILE}], "reference": "a", "base_answer": "b"}
    row |= {"tuned_answer": HOSTILE, "base_score": 0.0, "tuned_score": 0.5}
    (tmp_path / "evaluation.json").write_bytes(orjson.dumps(figures))
    (tmp_path / "evaluation.jsonl").write_bytes(orjson.dumps(row) + b"\n")
    (tmp_path / "broken.json").write_text("{")
    with endpoint(tmp_path / "state") as (base, _), opened(browser, base, "#evaluation") as page:
        page.set_input_files("#evaluation-files", tmp_path / "broken.json")
        page.wait_for_selector("#problem >> text=cannot be read")
        page.set_input_files("#evaluation-files", [tmp_path / "evaluation.json", tmp_path / "evaluation.jsonl"])
        page.wait_for_selector(".verdict >> text=It helped")
        assert "+0.2500" in page.inner_text(".verdict")
        page.click("details.card summary")
        assert page.locator(".sides .turn").all_inner_texts() == ["base\nb", f"tuned\n{HOSTILE}"]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_narrow_window_shows_one_thing_at_a_time(browser: Browser, tmp_path: Path, scheme: str) -> None:
    window: dict[str, Any] = {"viewport": {"width": 380, "height": 700}, "color_scheme": scheme}
    fits = "document.documentElement.scrollWidth <= innerWidth"
    with endpoint(tmp_path / "state") as (base, client):
        job = trained(client)
        with opened(browser, base, **window) as page:
            page.click("#job-list li[data-job]")
            page.wait_for_selector("#chart svg[tabindex]")
            assert not page.is_visible("#job-list")
            assert page.evaluate(fits)
            page.click("#back")
            page.wait_for_selector("#job-list", state="visible")
            for number, shown in (
                (2, "#upload"),
                (3, "#ask"),
                (4, "#evaluation-files"),
                (1, f"li[data-job='{job.id}']"),
            ):
                page.keyboard.press(str(number))
                page.wait_for_selector(shown, state="visible")
                assert page.evaluate(fits)


def test_everything_that_is_pressed_or_filled_has_a_name(browser: Browser, tmp_path: Path) -> None:
    nameless = """all => all.filter(x => !(x.getAttribute('aria-label') || x.textContent.trim() || x.labels?.length))
        .map(x => x.outerHTML)"""
    with endpoint(tmp_path / "state") as (base, client):
        job = trained(client)
        with opened(browser, base, f"#job={job.id}") as page:
            page.wait_for_selector("#checkpoints")
            for view in ("files", "chat", "evaluation"):
                page.click(f"nav a[href='#{view}']")
                page.wait_for_selector(f"#{view}", state="visible")
            assert page.eval_on_selector_all("button, input, select, textarea, a, dialog[open]", nameless) == []
