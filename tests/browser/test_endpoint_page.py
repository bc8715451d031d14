"""The page of `tuneset serve` in a browser: jobs from their files to their evaluation, keys, narrow windows.

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
from tests.browser.legible import assert_legible
from tests.endpoint.support import create, examples, lines, supervised, upload, wait
from tuneset.endpoint.api.job_body import JobRequest
from tuneset.endpoint.app import create_app
from tuneset.endpoint.jobs.job_objects import new_job
from tuneset.endpoint.state.state_folder import new_file, open_state

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
    page.on("console", lambda told: faults.append(told.text) if "Security Policy" in told.text else None)
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
        trained(client, suffix="first")
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
            assert "train.jsonl (file-" in page.inner_text("#job .fields")
            page.select_option("#beside", label="first")
            page.wait_for_selector("#chart polyline.beside_train")
            assert "first: training" in page.inner_text("#chart .legend")
            page.select_option("#beside", "")
            page.wait_for_selector("#chart polyline.beside_train", state="detached")
            page.click("#use")
            assert job.fine_tuned_model in page.inner_text("dialog .way >> nth=0")
            assert f"{base}v1/chat/completions" in page.inner_text("dialog .way >> nth=1")
            page.keyboard.press("Escape")
            for button, file in (
                ("#results button", "step_metrics.csv"),
                ("#weights", ".tar"),
                ("#checkpoints tr >> text=Download", ".tar"),
            ):
                with page.expect_download() as got:
                    page.click(button)
                assert got.value.suggested_filename.endswith(file)
                assert Path(got.value.path()).stat().st_size > 100
            page.click("#talk")
            page.wait_for_selector("#panes option", state="attached")
            assert page.input_value("#model-tuned") == job.fine_tuned_model
            assert page.input_value("#model-base") == "local-tiny"


def test_a_job_is_followed_while_it_trains_paused_resumed_and_cancelled(browser: Browser, tmp_path: Path) -> None:
    with endpoint(tmp_path / "state") as (base, client):
        job = create(client, upload(client, examples()).id, method=supervised(n_epochs=50, batch_size=1))
        with opened(browser, base, f"#job={job.id}") as page:
            page.wait_for_selector("#chart polyline.train")
            first = page.get_attribute("#chart polyline.train", "points")
            page.wait_for_selector(f'#chart polyline.train:not([points="{first}"])')
            for button, status in (("#pause", "paused"), ("#resume", "running")):
                page.click(button)
                page.wait_for_selector(f"#job .head .badge:text-is('{status}')")
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


def evaluated(base: str, tuned: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """The figures of an evaluation and a row of it."""
    figures = {
        "schema_version": 1, "base": base, "tuned": tuned, "base_score": 0.25, "tuned_score": 0.5, "gain": 0.25,
        "gain_low": 0.1, "gain_high": 0.4, "cases": 2, "wins": 1, "losses": 0, "ties": 1, "grader": "text_similarity",
        "file": HOSTILE, "base_prompt_tokens": 1234, "tuned_prompt_tokens": 5, "base_answer_tokens": None,
        "largest_wins": [{"line": 7, "base_score": 0.0, "tuned_score": 0.5}], "largest_losses": [],
    }  # fmt: skip
    row = {"line": 7, "prompt": [{"role": "user", "content": HOSTILE}], "reference": "a", "base_answer": "b"}
    return figures, row | {"tuned_answer": HOSTILE, "base_score": 0.0, "tuned_score": 0.5}


ANSWERS = ["base, 0.0000\nb", f"tuned, 0.5000\n{HOSTILE}"]


def test_an_evaluation_that_was_left_here_is_found_from_its_job_and_deleted(browser: Browser, tmp_path: Path) -> None:
    with endpoint(tmp_path / "state") as (base, client):
        job = trained(client)
        content = b"".join(orjson.dumps(one) + b"\n" for one in evaluated("local-tiny", job.fine_tuned_model))
        for name in ("other.jsonl", "evaluation-0123456789ab.jsonl"):
            client.files.create(file=(name, content), purpose="evals")
        client.files.create(file=("evaluation-ffffffffffff.jsonl", b"[]\n"), purpose="evals")
        with opened(browser, base, f"#job={job.id}") as page:
            page.click("#job-evaluations a")
            page.wait_for_selector(".verdict >> text=+0.2500")
            assert page.locator("#evaluation-list li").count() == 1
            assert "it helped" in page.inner_text("#evaluation-shown .head")
            assert "1,234" in page.inner_text("#costs")
            assert HOSTILE in page.inner_text("#evaluation-shown")
            page.click("#answers summary")
            page.wait_for_selector(".sides .turn >> nth=1")
            assert page.locator(".sides .turn").all_inner_texts() == ANSWERS
            page.click("#delete-evaluation")
            page.click("dialog button[type=submit]")
            page.wait_for_selector("text=No evaluation yet.")
        assert {file.filename for file in client.files.list(purpose="evals")} == {
            "other.jsonl", "evaluation-ffffffffffff.jsonl",
        }  # fmt: skip


def test_an_evaluation_of_another_place_is_opened_in_the_tab_alone(browser: Browser, tmp_path: Path) -> None:
    figures, row = evaluated("local-tiny", HOSTILE)
    (tmp_path / "evaluation.json").write_bytes(orjson.dumps(figures))
    (tmp_path / "evaluation.jsonl").write_bytes(orjson.dumps(row) + b"\n")
    (tmp_path / "second.json").write_bytes(orjson.dumps(figures | {"gain": 0.125}))
    (tmp_path / "broken.json").write_text("{")
    with endpoint(tmp_path / "state") as (base, client):
        with opened(browser, base, "#evaluation") as page:
            page.click("#evaluation-shown summary")
            page.set_input_files("#evaluation-files", tmp_path / "broken.json")
            page.wait_for_selector("#problem >> text=cannot be read")
            page.set_input_files("#evaluation-files", [tmp_path / "evaluation.json", tmp_path / "evaluation.jsonl"])
            page.wait_for_selector(".verdict >> text=+0.2500")
            page.click("#answers summary")
            page.wait_for_selector(".sides .turn >> nth=1")
            assert page.locator(".sides .turn").all_inner_texts() == ANSWERS
            page.evaluate("location.hash = '#evaluation'")
            page.click("#evaluation-shown summary")
            page.set_input_files("#evaluation-files", tmp_path / "second.json")
            page.wait_for_selector(".verdict >> text=+0.1250")
            assert page.locator("#answers").count() == 0  # those of the first are not its own
        assert client.files.list().data == []


DROP = """(zone, [name, text]) => {
    const data = new DataTransfer();
    data.items.add(new File([text], name));
    zone.dispatchEvent(new DragEvent("drop", { dataTransfer: data, bubbles: true, cancelable: true }));
}"""


def test_a_job_is_made_of_dropped_files_after_what_is_wrong_with_them_was_said(
    browser: Browser, tmp_path: Path
) -> None:
    with endpoint(tmp_path / "state") as (base, client):
        with opened(browser, base) as page:
            page.wait_for_selector("#job-list")
            page.keyboard.press("n")
            page.wait_for_selector("#new-finding >> text=Choose a training file")
            for rows, name, told in (
                ("no JSON", "broken.jsonl", "line contains invalid json"),
                (lines(examples()[:3]).decode(), f"{HOSTILE}.jsonl", "must have at least 10 examples"),
                (lines(examples()[:12]).decode(), "right.jsonl", "The files are right for this job."),
            ):
                page.eval_on_selector("label.drop[for=new-upload]", DROP, [name, rows])
                page.wait_for_selector(f"#new-finding >> text={told}")
            page.select_option("#new-method", "kto")
            page.wait_for_selector("#new-finding >> text=The method 'kto' is not available")
            page.select_option("#new-method", "supervised")
            page.fill("#new-n_epochs", "2")
            page.fill("#new-suffix", HOSTILE)
            page.fill("#new-seed", "7")
            page.fill("#new-patience", "3")
            page.wait_for_selector("#new-finding >> text=needs a 'validation_file'")
            validation = lines(examples()[12:16]).decode()
            page.eval_on_selector("label.drop[for=new-upload-validation]", DROP, ["validation.jsonl", validation])
            page.wait_for_selector("#new-finding >> text=The files are right for this job.")
            page.click("#first-example summary")
            page.wait_for_selector("#first-example pre >> text=messages")
            page.click("#start")
            page.wait_for_selector("#job .head .badge:text-is('succeeded')")
            assert HOSTILE in page.inner_text("#job h2")
            assert "after 3 epochs without a better validation" in page.inner_text("#job dl")
            page.click("#again")
            page.wait_for_selector("#new-finding >> text=The files are right for this job.")
            assert [page.input_value(f"#new-{name}") for name in ("n_epochs", "suffix", "seed", "patience")] == [
                "2", HOSTILE, "7", "3",
            ]  # fmt: skip
        (job,) = client.fine_tuning.jobs.list().data
        made: Any = job.to_dict()
        assert (made["seed"], made["user_provided_suffix"], made["hyperparameters"]["n_epochs"]) == (7, HOSTILE, 2)
        assert made["early_stopping"] == {"patience": 3}
        assert [file.filename for file in client.files.list(purpose="fine-tune")] == [
            "validation.jsonl", "right.jsonl", f"{HOSTILE}.jsonl", "broken.jsonl",
        ]  # fmt: skip


def test_a_large_file_comes_in_parts(browser: Browser, tmp_path: Path) -> None:
    (tmp_path / "large.bin").write_bytes(bytes(range(256)) * 40_000)
    with endpoint(tmp_path / "state") as (base, client):
        with opened(browser, base, "#files") as page:
            page.select_option("#upload-purpose", "evals")
            page.set_input_files("#upload-file", tmp_path / "large.bin")
            page.wait_for_selector("tr:has-text('large.bin')")
        (file,) = client.files.list().data
        assert client.files.content(file.id).read() == (tmp_path / "large.bin").read_bytes()


def test_models_are_found_and_deleted_once_somebody_is_sure(browser: Browser, tmp_path: Path) -> None:
    with endpoint(tmp_path / "state") as (base, client):
        made = trained(client, suffix=HOSTILE[:60]).fine_tuned_model
        with opened(browser, base, "#models") as page:
            page.wait_for_selector("tr[data-model='local-tiny']")
            page.fill("#find-model", ":ckpt-")
            page.wait_for_selector("#model-count span:text-is('1 model')")
            page.fill("#find-model", "")
            row = page.locator("#model-table tr").filter(has=page.locator(".badge:text-is('tuned')"))
            assert HOSTILE[:60] in row.inner_text()
            for button in ("Cancel", "Delete"):
                row.locator("button", has_text="Delete").click()
                page.click(f"dialog button:text-is('{button}')")
            page.wait_for_selector("#model-count span:text-is('2 models')")
        assert made not in {model.id for model in client.models.list()}


def questions(client: OpenAI, texts: list[str], model: str = "local-tiny") -> str:
    """A file of requests of a batch."""
    rows = [
        {"custom_id": str(number), "method": "POST", "url": "/v1/completions",
         "body": {"model": model, "prompt": text, "max_tokens": 2}}
        for number, text in enumerate(texts)
    ]  # fmt: skip
    return client.files.create(file=(f"{HOSTILE}.jsonl", lines(rows)), purpose="batch").id


def begun(client: OpenAI, file: str, **asked: Any) -> Any:  # noqa: ANN401  the client types it
    return client.batches.create(input_file_id=file, endpoint="/v1/completions", completion_window="24h", **asked)


def test_batches_are_followed_to_their_answers_faults_and_their_cancel(browser: Browser, tmp_path: Path) -> None:
    with endpoint(tmp_path / "state") as (base, client):
        nothing = begun(client, client.files.create(file=("blank.jsonl", b"\n"), purpose="batch").id)
        right = begun(client, questions(client, ["a", "b", "c"]), metadata={"team": HOSTILE})
        wrong = begun(client, questions(client, ["a"], "nobody"))
        long = begun(client, questions(client, ["a"] * 2000))
        with opened(browser, base, f"#batch={long.id}") as page:
            page.wait_for_selector("#batch-shown .badge:text-is('in progress')")
            page.wait_for_selector("#batch-shown progress")
            page.click("#cancel-batch")
            page.click("dialog button[type=submit]")
            page.wait_for_selector("#batch-shown .badge:text-is('cancelled')")
            assert page.locator("#cancel-batch").count() == 0
            page.keyboard.press("j")
            page.wait_for_selector(f"#batch-shown h2:text-is('{wrong.id}')")
            assert page.inner_text("#batch-shown .head .badge") == "failed"
            assert page.inner_text("#batch-faults").startswith("The input file has 1 fault:")
            assert "The model 'nobody' does not exist" in page.inner_text("#batch-faults")
            page.keyboard.press("j")
            page.wait_for_selector(f"#batch-shown h2:text-is('{right.id}')")
            page.wait_for_selector("#batch-shown .badge:text-is('completed')")
            assert "3 answered, 0 failed, of 3 requests" in page.inner_text("#batch-shown .progress")
            assert f"{HOSTILE}.jsonl (file-" in page.inner_text("#batch-shown .fields")
            with page.expect_download() as got:
                page.click("#batch-files button")
            assert Path(got.value.path()).read_bytes().count(b"\n") == 3
            client.files.delete(right.input_file_id)
            page.wait_for_selector("#batch-shown .fields >> text=deleted since")
            page.keyboard.press("j")
            page.wait_for_selector(f"#batch-shown h2:text-is('{nothing.id}')")
            assert page.inner_text("#batch-faults").startswith("Why it failed:")
            page.keyboard.press("Escape")
            page.wait_for_selector("#batch-shown >> text=Choose a batch")
            assert page.inner_text("#batch-count") == "4 batches"
        assert client.batches.retrieve(long.id).status == "cancelled"


def test_a_vector_store_shows_its_files_and_what_became_of_each(browser: Browser, tmp_path: Path) -> None:
    with endpoint(tmp_path / "state") as (base, client):
        made = [client.files.create(file=(name, content), purpose="user_data").id for name, content in (
            (f"{HOSTILE}.md", b"Refunds take two weeks."), ("empty.pdf", b"%PDF-1.4 and no more"),
        )]  # fmt: skip
        store = client.vector_stores.create(name=HOSTILE, file_ids=made, metadata={"team": "a"})
        client.vector_stores.create(name="other")
        with opened(browser, base) as page:
            page.keyboard.press("7")
            page.click(f"li[data-store='{store.id}'] a")
            page.wait_for_selector("#store-shown .badge:text-is('completed') >> nth=0")
            assert HOSTILE in page.inner_text("#store-shown h2")
            assert page.inner_text(f"#store-files tr[data-file='{made[0]}']").startswith(f"{HOSTILE}.md")
            assert page.inner_text(f"#store-files tr[data-file='{made[1]}'] .badge.bad >> nth=0")
            assert "1 completed, 1 failed" in page.inner_text("#store-shown .fields")
            client.vector_stores.files.delete(made[1], vector_store_id=store.id)
            page.wait_for_selector(f"#store-files tr[data-file='{made[1]}']", state="detached")
            client.vector_stores.delete(store.id)
            page.wait_for_selector("#store-shown >> text=There is no such vector store.")
            page.keyboard.press("k")
            page.wait_for_selector("#store-shown h2:text-is('other')")


def test_long_lists_are_asked_for_and_drawn_a_page_at_a_time(browser: Browser, tmp_path: Path) -> None:
    state = tmp_path / "state"
    opened_state = open_state(state)
    with opened_state.store.transaction():
        for number in range(10_000):
            file = new_file(number, filename=f"{number}.jsonl", purpose="fine-tune", size=1, status="processed")
            opened_state.store.insert("file", file, {})
            (opened_state.blobs / file["id"]).touch()
        request = JobRequest(model="local-tiny", training_file=file["id"])
        for number in range(500):
            job = new_job(request, number) | {"status": "cancelled", "user_provided_suffix": f"job {number}"}
            opened_state.store.insert("job", job, {})
    opened_state.store.close()
    with endpoint(state) as (base, _), opened(browser, base, "#files") as page:
        page.wait_for_selector("#file-count >> text=1\u201350, newest first")
        assert page.locator("#file-table tbody tr").count() == 50
        page.click("#file-count-older")
        page.wait_for_selector("#file-count >> text=51\u2013100, newest first")
        assert page.inner_text("#file-table tbody tr >> nth=0").startswith("9949.jsonl")
        page.click("#file-count-newer")
        page.wait_for_selector("#file-count >> text=1\u201350, newest first")
        page.keyboard.press("1")
        page.wait_for_selector("#job-count >> text=1\u201350, newest first")
        page.keyboard.press("k")
        page.wait_for_selector("#job h2:text-is('job 450')")
        page.keyboard.press("j")
        page.wait_for_selector("#job h2:text-is('job 449')")
        assert page.inner_text("#job-count span >> nth=0") == "51\u2013100, newest first"
        assert page.locator("#job-list li").count() == 50


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_narrow_window_shows_one_thing_at_a_time(browser: Browser, tmp_path: Path, scheme: str) -> None:
    window: dict[str, Any] = {"viewport": {"width": 360, "height": 700}, "color_scheme": scheme}
    fits = "document.documentElement.scrollWidth <= innerWidth"
    with endpoint(tmp_path / "state") as (base, client):
        job = trained(client)
        with opened(browser, base, **window) as page:
            page.click("#job-list li[data-job]")
            page.wait_for_selector("#chart svg[tabindex]")
            assert not page.is_visible("#job-list")
            assert page.evaluate(fits)
            page.click("#back-to-jobs")
            page.wait_for_selector("#job-list", state="visible")
            for key, shown in (
                ("2", "#upload"),
                ("3", "#model-table tbody tr"),
                ("4", "#ask"),
                ("5", "#evaluation-shown summary"),
                ("6", "#batch-list"),
                ("7", "#store-list"),
                ("n", "#start"),
                ("1", f"li[data-job='{job.id}']"),
            ):
                page.keyboard.press("Escape")
                page.keyboard.press(key)
                page.wait_for_selector(shown, state="visible")
                assert page.evaluate(fits)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_everybody_can_read_and_work_every_view(browser: Browser, tmp_path: Path, scheme: str) -> None:
    with endpoint(tmp_path / "state") as (base, client):
        job = trained(client)
        content = b"".join(orjson.dumps(one) + b"\n" for one in evaluated("local-tiny", str(job.fine_tuned_model)))
        kept = client.files.create(file=("evaluation-0123456789ab.jsonl", content), purpose="evals")
        upload(client, examples()[:3], "few.jsonl")
        failed = begun(client, questions(client, ["a"], "nobody"))
        store = client.vector_stores.create(name="a", file_ids=[kept.id])
        with opened(browser, base, color_scheme=scheme) as page:
            for address, shown in (
                ("", "#job-list li"),
                (f"#job={job.id}", "#checkpoints"),
                ("#files", "#file-table tbody tr"),
                ("#models", "#model-table tbody tr"),
                ("#chat", "#panes select"),
                (f"#evaluation={kept.id}", "#answers"),
                (f"#batch={failed.id}", "#batch-faults"),
                (f"#store={store.id}", "#store-files"),
                (f"#new&file={job.training_file}", "#new-finding.fine"),
            ):
                page.goto(base + address)
                page.wait_for_selector(shown)
                assert_legible(page)
            page.click("#new-job a.button")
            page.click(f"li[data-job='{job.id}'] a")
            page.click("#use")
            assert_legible(page)
            page.keyboard.press("Escape")
            page.goto(f"{base}#files")
            page.click("#file-table button >> text=Delete")
            assert_legible(page)
