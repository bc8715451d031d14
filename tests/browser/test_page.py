"""The page in a browser: keys, filters, hostile rows, narrow windows, and labels and edits that the next run applies.

`make browser` runs them, with the Chromium of the system.
"""

from __future__ import annotations

import base64
import contextlib
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import polars as pl
import pytest

from tests.browser.conftest import LIMIT_MS, Browser, Page, served
from tests.browser.legible import assert_legible
from tests.builders import chat
from tests.viewing.looked_at import prepared, viewer_of, write_lines
from tuneset import review_marks
from tuneset.execution.fused_run import prepare
from tuneset.execution.progress import no_progress
from tuneset.params import Params
from tuneset.viewing.app import create_app
from tuneset.viewing.viewer import Viewer

pytestmark = pytest.mark.browser

PIXEL = base64.b64encode(
    bytes.fromhex(
        "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000d49444154789c626001000000050001"
        "0d0a2db40000000049454e44ae426082"
    )
).decode()
CALL = {
    "id": "call_1",
    "type": "function",
    "function": {"name": "find_order", "arguments": '{"order": 9, "by": "<i>"}'},
}
HOSTILE = [
    chat('<script>window.hit = 1</script><img src=x onerror="window.hit=1">', "</script><script>window.hit=1</script>"),
    chat("[click](javascript:window.hit=1) <a href='javascript:window.hit=1'>x</a>", "<svg onload=window.hit=1>"),
    chat("\u202eleft\u202c \x00\x1b[31m \u200b", "<iframe srcdoc='<script>top.hit=1</script>'></iframe>"),
    {
        "messages": [
            {"role": "user", "content": [
                {"type": "text", "text": "What is it?"},
                {"type": "image_url", "image_url": {"url": "https://tracker.example/x.png"}},
                {"type": "image_url", "image_url": {"url": "data:image/svg+xml;base64,PHN2Zy8+"}},
                {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{PIXEL}"}},
            ]},
            {"role": "assistant", "content": None, "tool_calls": [CALL]},
            {"role": "<b>tool</b>", "content": "{}", "name": "<img src=x onerror=window.hit=1>"},
        ],
        "tools": [{"type": "function", "function": {"name": "<script>window.hit=1</script>", "parameters": {}}}],
        "<u>key</u>": "<script>window.hit=1</script>",
    },
    {"messages": [{"role": "__proto__", "content": {"toString": 1}}, {"content": 5}], "constructor": {"prototype": 1}},
    {"x": "</title><script>window.hit=1</script>"},
]  # fmt: skip
WORDS = ("red", "green", "blue", "white", "black", "grey", "pink", "gold")
EXAMPLES = [chat(f"What is {word}?", f"It is  {word}.") for word in WORDS for _ in range(1)]


@contextlib.contextmanager
def page_of(browser: Browser, viewer: Viewer, address: str = "", **window: object) -> Iterator[Page]:
    """A page on a viewer; nothing that went wrong in it goes unseen, and no other site is asked."""
    context = browser.new_context(**window)
    faults: list[str] = []
    asked: list[str] = []
    with served(create_app(viewer)) as base:
        page = context.new_page()
        page.set_default_timeout(LIMIT_MS)
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on("request", lambda request: asked.append(request.url))
        page.goto(base + address)
        page.wait_for_selector("#list li[data-row]")
        yield page
        assert faults == []
        assert [url for url in asked if not url.startswith((base, "data:image/"))] == []
        context.close()


def lines(folder: Path, values: list[Any]) -> Viewer:
    return viewer_of([write_lines(folder / "train.jsonl", values)], folder)


def rows_shown(page: Page) -> list[int]:
    return [int(one) for one in page.eval_on_selector_all("#list li[data-row]", "all => all.map(x => x.dataset.row)")]


def test_no_row_runs_or_fetches_anything(browser: Browser, tmp_path: Path) -> None:
    with page_of(browser, lines(tmp_path, [EXAMPLES[0], *HOSTILE])) as page:
        for row in range(len(HOSTILE) + 1):
            page.keyboard.press("j")
            page.wait_for_selector(f"#row[data-row='{row}']")
            for summary in page.query_selector_all("#row summary"):
                summary.click()
        assert page.evaluate("window.hit") is None
        assert page.query_selector_all("iframe, svg, object, embed, #row a[href^='javascript']") == []
        scripts = page.eval_on_selector_all("script", "all => all.map(x => x.getAttribute('src'))")
        assert scripts == ["base.js", "app.js"]


def test_texts_stay_texts_and_only_pictures_of_the_row_are_shown(browser: Browser, tmp_path: Path) -> None:
    with page_of(browser, lines(tmp_path, [EXAMPLES[0], *HOSTILE]), "#row=1") as page:
        page.wait_for_selector(".message")
        assert HOSTILE[0]["messages"][0]["content"] in page.inner_text("#row")
        page.goto(page.url.replace("row=1", "row=3"))
        page.wait_for_selector("#row[data-row='3']")
        assert [one.inner_text() for one in page.query_selector_all("#row .odd")] == [
            "U+202E",
            "U+202C",
            "U+0000",
            "U+001B",
            "U+200B",
        ]
        page.goto(page.url.replace("row=3", "row=4"))
        page.wait_for_selector("#row img")
        assert page.eval_on_selector_all("#row img", "all => all.map(x => x.src.slice(0, 22))") == [
            "data:image/png;base64,"
        ]
        assert "picture that is not fetched: https://tracker.example/x.png" in page.inner_text("#row")
        assert page.inner_text("#row .message .call .fields dt >> nth=0") == "order"


def test_keys_go_through_rows_and_mark_them(browser: Browser, tmp_path: Path) -> None:
    with page_of(browser, lines(tmp_path, EXAMPLES)) as page:
        for key, row in (("j", 0), ("j", 1), ("j", 2), ("k", 1)):
            page.keyboard.press(key)
            page.wait_for_selector(f"#list li[data-row='{row}'][aria-current=true]")
        page.wait_for_selector("#row[data-row='1']")
        page.keyboard.press("d")
        page.wait_for_selector("#row [data-action=drop][aria-pressed=true]")
        page.keyboard.press("t")
        page.fill("#tags", "odd, short")
        page.keyboard.press("Enter")
        page.wait_for_selector("#list .badge.mark >> text=#odd")
        page.keyboard.press("n")
        page.fill("#note", "<b>look</b>")
        page.click("dialog button[type=submit]")
        page.wait_for_selector("#row .note >> text=<b>look</b>")
        page.keyboard.press("?")
        page.wait_for_selector("dialog[open] >> text=next / previous row")
        page.keyboard.press("Escape")
        page.keyboard.press("/")
        page.keyboard.type("gold")
        page.keyboard.press("Enter")
        page.wait_for_selector("#count:text-is('1 row')")
        assert "text=gold" in page.url
    marks = review_marks.read(tmp_path / "review.jsonl")
    assert [(mark.action, mark.value) for mark in marks] == [
        ("drop", None),
        ("tag", ["odd", "short"]),
        ("note", "<b>look</b>"),
    ]


def test_filters_stand_in_the_address_and_hold_there(browser: Browser, tmp_path: Path) -> None:
    viewer = viewer_of([prepared(tmp_path, [*EXAMPLES, EXAMPLES[0]], split={"validation": 2})], tmp_path)
    viewer.read_dropped()
    with page_of(browser, viewer) as page:
        assert len(rows_shown(page)) == len(EXAMPLES) + 1
        page.click("#filters label:has-text('dropped')")
        page.wait_for_selector("#count:text-is('1 row')")
        page.click("#list li")
        page.wait_for_selector("#twin .message")
        assert "DUP001" in page.inner_text(".why")
        assert page.locator("#twin .beside > div").count() == 2
        assert "Both say the same." in page.inner_text("#twin")
        shared = page.url
        page.click(".chip")
        page.wait_for_selector("#count:text-is('9 rows')")
        page.goto("about:blank")
        page.goto(shared)
        page.wait_for_selector("#twin .message")
        assert rows_shown(page) == [int(re.findall(r"row=(\d+)", shared)[0])]
        page.goto(shared.split("#")[0] + "#regex=(")
        page.wait_for_selector("#problem:not([hidden])")


def test_texts_of_dropped_rows_come_into_the_list_as_they_are_read(browser: Browser, tmp_path: Path) -> None:
    out = prepared(tmp_path, [*EXAMPLES, EXAMPLES[0]], split={"validation": 2})
    with page_of(browser, viewer_of([out], tmp_path), "#side=dropped") as page:
        page.wait_for_selector("#list a .asked:text-is('What is red?')")
        page.focus("#list a")
        page.keyboard.press("Enter")
        page.wait_for_selector("#twin .message")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_narrow_window_shows_one_thing_at_a_time(browser: Browser, tmp_path: Path, scheme: str) -> None:
    window: dict[str, Any] = {"viewport": {"width": 380, "height": 700}, "color_scheme": scheme}
    with page_of(browser, lines(tmp_path, EXAMPLES), **window) as page:
        page.click("#list li >> nth=1")
        page.wait_for_selector("#row .message")
        assert not page.is_visible("#rows")
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        page.click(".back")
        page.wait_for_selector("#rows", state="visible")
        page.click("#show-filters")
        page.wait_for_selector("#filters", state="visible")
        page.click("#hide-filters")
        page.wait_for_selector("#filters", state="hidden")
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_everybody_can_read_and_work_it(browser: Browser, tmp_path: Path, scheme: str) -> None:
    out = prepared(tmp_path, [*EXAMPLES, EXAMPLES[0]], split={"validation": 2})
    viewer = viewer_of([out], tmp_path)
    viewer.read_dropped()
    with page_of(browser, viewer, color_scheme=scheme) as page:
        page.keyboard.press("j")
        page.wait_for_selector(".message")
        assert_legible(page)
        page.keyboard.press("e")
        page.wait_for_selector("dialog[open] textarea")
        assert_legible(page)
        page.keyboard.press("Escape")
        page.click("#filters label:has-text('dropped')")
        page.wait_for_selector("#count:text-is('1 row')")
        page.click("#list li")
        page.wait_for_selector("#twin .message")
        assert_legible(page)


def test_what_is_dropped_and_edited_here_is_so_after_the_next_run(browser: Browser, tmp_path: Path) -> None:
    out = prepared(tmp_path, EXAMPLES)
    with page_of(browser, viewer_of([out], tmp_path), "#text=green") as page:
        page.keyboard.press("j")
        page.wait_for_selector(".message")
        page.keyboard.press("e")
        page.fill("dialog textarea >> nth=1", "It is the colour of grass.")
        page.click("dialog button >> text=Check")
        page.wait_for_selector("dialog >> text=No rule minds it.")
        page.click("dialog button[type=submit]")
        page.wait_for_selector("#row .note >> text=the next run applies it")
        page.goto(page.url.split("#")[0] + "#regex=gr[e]y")
        page.wait_for_selector("#count:text-is('1 row')")
        page.click("#bulk")
        page.click("dialog button[type=submit]")
        page.wait_for_selector("#list .badge.mark >> text=drop")
    settings = {"workers": 1, "review": {"file": str(out / "review.jsonl")}}
    prepare([tmp_path / "raw.jsonl"], out, Params.model_validate(settings), no_progress)
    written = b"".join((out / f"{side}.jsonl").read_bytes() for side in ("train", "validation")).splitlines()
    answers = {row["messages"][0]["content"]: row["messages"][1]["content"] for row in map(orjson.loads, written)}
    assert answers["What is green?"] == "It is the colour of grass."
    assert "What is grey?" not in answers
    ledger = pl.read_parquet(out / "ledger.parquet")
    assert ledger.filter(pl.col("code") == "REV001")["line"].to_list() == [WORDS.index("grey") + 1]
    with page_of(browser, viewer_of([out], tmp_path), "#code=REV") as page:
        page.click("#list li")
        page.wait_for_selector(".why >> text=REV001")
