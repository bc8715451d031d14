"""The report's page in a browser: it is read in the light, in the dark, on a telephone; nothing else is fetched.

`make browser` runs them, with the Chromium of the system.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.browser.conftest import Browser
from tests.browser.legible import assert_legible
from tests.reporting.report.known import facts
from tuneset.reporting.report import contents, html_page

pytestmark = pytest.mark.browser


def test_everybody_can_read_it(browser: Browser, tmp_path: Path) -> None:
    page_file = tmp_path / "report.html"
    page_file.write_text(html_page.page(contents.of_facts(facts())), encoding="utf-8")
    for scheme, width in (("light", 1280), ("dark", 1280), ("light", 360), ("dark", 360)):
        context = browser.new_context(color_scheme=scheme, viewport={"width": width, "height": 800})
        asked: list[str] = []
        page = context.new_page()
        page.on("request", lambda request, asked=asked: asked.append(request.url))
        page.goto(page_file.as_uri())
        assert_legible(page)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        assert asked == [page_file.as_uri()]
        context.close()
