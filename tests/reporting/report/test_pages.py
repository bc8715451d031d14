"""The report as a page and as Markdown: hostile texts say themselves, and nothing else is needed to read it."""

from __future__ import annotations

import html.parser
import re
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.reporting.report.known import HOSTILE, facts, metrics
from tuneset.reporting.report import charts, contents, html_page, markdown_page
from tuneset.reporting.report.blocks import (
    Block,
    Cell,
    Column,
    Conversations,
    Histogram,
    Lines,
    Report,
    Section,
    ShownConversation,
    Table,
    Text,
)
from tuneset.reporting.report.markdown_page import MOST_CHARACTERS

GOLDEN = Path(__file__).parent / "report.md"
"""Made anew by `python -m tests.reporting.report.test_pages`."""


class Tags(html.parser.HTMLParser):
    """The tags of a page with their attributes, and its text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data


def hostile() -> Report:
    """Every place where a text of the user's own may stand."""
    blocks: list[Block] = [
        Text(HOSTILE),
        Table((Column(HOSTILE),), [(HOSTILE,), (Cell(HOSTILE, code=True),)], more=HOSTILE),
        Conversations(HOSTILE, [ShownConversation(HOSTILE, [(HOSTILE, HOSTILE)])]),
        Conversations("", [ShownConversation(HOSTILE, [(HOSTILE, HOSTILE)])]),
    ]
    return Report(False, HOSTILE, [(HOSTILE, HOSTILE)], [HOSTILE], [Section("a", HOSTILE, blocks)])


def test_no_text_of_a_row_becomes_a_tag() -> None:
    tags = Tags(html_page.page(hostile()))
    assert not {tag for tag, _ in tags.found} & {"script", "img", "iframe", "link"}
    assert tags.text.count("<script>alert(1)</script>") > 10


@pytest.mark.parametrize("drawn", [True, False])
def test_the_page_asks_for_nothing_and_its_links_lead_to_its_own_sections(
    monkeypatch: pytest.MonkeyPatch, *, drawn: bool
) -> None:
    if not drawn:
        monkeypatch.setitem(sys.modules, "vl_convert", None)
    page = html_page.page(contents.of_facts(facts()))
    tags = Tags(page)
    ids = [attributes["id"] for _, attributes in tags.found if "id" in attributes]
    assert len(ids) == len(set(ids))
    asked = [(name, value) for _, attributes in tags.found for name, value in attributes.items()]
    assert not [name for name, _ in asked if name.startswith("on") or name == "src"]
    links = [value for name, value in asked if name == "href"]
    assert links
    assert all(link and link.startswith("#") and link[1:] in ids for link in links)
    assert "@import" not in page
    assert "url(" not in page.replace("url(#", "")
    assert ("<svg" in page) is drawn
    assert ("Charts are drawn where their package is installed: pip install vl-convert-python" in page) is not drawn
    assert "64 to 127" in page  # the numbers are there both ways


def test_the_same_facts_make_the_same_bytes() -> None:
    assert html_page.page(contents.of_facts(facts())) == html_page.page(contents.of_facts(facts()))


def test_a_chart_follows_the_colours_of_the_page_and_says_each_number() -> None:
    shown = [block for section in contents.of_facts(facts()).sections for block in section.blocks]
    drawn = [charts.svg(block, 1) for block in shown if isinstance(block, Histogram | Lines)]
    for svg in drawn:
        assert svg is not None
        assert set(re.findall(r'(?:fill|stroke)="([^"]+)"', svg)) <= {
            "none", "transparent", "var(--train)", "var(--validation)", "var(--soft)", "var(--line)",
        }  # fmt: skip
        assert not re.search(r' width="\d+" height="\d+"', svg.partition(">")[0])
    assert 'aria-label="6 train examples of 64 to 127 tokens"' in (drawn[1] or "")


def test_markdown_is_what_it_was() -> None:
    assert markdown_page.page(contents.of_facts(facts())) == GOLDEN.read_text(encoding="utf-8")


def test_markdown_shows_no_text_of_a_row() -> None:
    page = markdown_page.page(contents.of_facts(facts()))
    assert not [text for text in ("be kind", "how?", "again?") if text in page]


def test_hostile_texts_say_themselves_in_markdown() -> None:
    page = markdown_page.page(hostile())
    bare = re.sub(r"\\.", "", re.sub(r"(`+) ?.*?\1", "", page))
    assert not re.findall(r"[<>@]", bare.replace("> ⚠", ""))
    table = [line for line in page.splitlines() if line.startswith("|")]
    assert all(len(re.findall(r"(?<!\\)\|", line)) == 2 for line in table)  # one column stays one


TEXTS = st.text(max_size=50)
ROWS = st.integers(0, 40)


@settings(max_examples=15)
@given(rows=st.lists(ROWS, max_size=60), cell=TEXTS, warnings=st.integers(0, 500))
def test_markdown_fits_a_comment_whatever_there_is_to_say(rows: list[int], cell: str, warnings: int) -> None:
    sections = [
        Section("a", cell, [Table((Column(cell), Column("n", True)), [(cell * 20, cell * 9)] * count)])
        for count in rows
    ]
    page = markdown_page.page(Report(None, cell, [(cell, cell)], [cell * 9] * warnings, sections))
    assert len(page) <= MOST_CHARACTERS


def test_what_a_comment_does_not_hold_is_said() -> None:
    long = metrics() | {"warnings": []}
    long["sources"] = [dict(long["sources"][0], source=f"{'x' * 250}{number}") for number in range(50)]
    page = markdown_page.page(contents.of_facts(facts(metrics=long)))
    assert "_and 30 more rows in report.html_" in page
    many = Report(None, "", [], [], [Section("a", "t" * 9000, [Text("")])] * 9)
    assert markdown_page.page(many).endswith("_More is in report.html: this comment holds no more._\n")


if __name__ == "__main__":
    GOLDEN.write_text(markdown_page.page(contents.of_facts(facts())), encoding="utf-8")
