"""HTML becomes what a reader sees; what only looks like it stays."""

import polars as pl
import pytest

from tests.builders import chat, tables_of
from tuneset.cleaning.repair.html_text import HtmlTo, without_html
from tuneset.example_tables import to_examples
from tuneset.params import CleanParams
from tuneset.stages.clean import clean


def written(text: str, to: HtmlTo = "text") -> str:
    return str(without_html(pl.Series([text]), to).item())


@pytest.mark.parametrize(
    "text",
    [
        "a < b and c > d",
        "std::vector<int> v; Map<String, List<Integer>> m;",
        "Write to <your name> & Co.",
        "```html\n<p>Hi</p>\n```",
        "R&D; AT&T",
        "",
    ],
)
def test_what_is_no_html_stays(text: str) -> None:
    assert written(text) == text
    assert written(text, "markdown") == text


@pytest.mark.parametrize(
    ("text", "plain", "markdown"),
    [
        ("<p>Hi Ann,</p>\n<p>It  <b>works</b>.</p>", "Hi Ann,\n\nIt works.", "Hi Ann,\n\nIt **works**."),
        ("one<br>two<br/>three", "one\ntwo\nthree", "one\ntwo\nthree"),
        ('<a href="https://a.b/c?d=1&amp;e=2">here</a>', "here", "[here](https://a.b/c?d=1&e=2)"),
        ("<ul><li>one</li><li>two</li></ul>after", "- one\n- two\n\nafter", "- one\n- two\n\nafter"),
        ("<ol><li>one<li>two</ol>", "1. one\n2. two", "1. one\n2. two"),
        ("<h2>Title</h2>text", "Title\n\ntext", "## Title\n\ntext"),
        ("<table><tr><td>a</td><td>b</td></tr><tr><td>c</td><td>d</td></tr></table>", "a | b\nc | d", "a | b\nc | d"),
        ("<div><style>p {}</style><script>x()</script>seen<!-- not --></div>", "seen", "seen"),
        ("<pre>a\n  b</pre>", "a\n  b", "```\na\n  b\n```"),
        ("<p>call f(<your_name>)</p>", "call f(<your_name>)", "call f(<your_name>)"),
        ('<p>see <img src="https://a.b/c.png" alt="it"></p>', "see", "see ![it](https://a.b/c.png)"),
        ("Tom &amp; Ann&#39;s&nbsp;cat", "Tom & Ann's cat", "Tom & Ann's cat"),
        ("<p>1 &lt; 2</p>", "1 < 2", "1 < 2"),
        ("<p>broken <b>and open<br>", "broken and open", "broken **and open"),
    ],
)
def test_html_is_written_out(text: str, plain: str, markdown: str) -> None:
    assert written(text) == plain
    assert written(text, "markdown") == markdown


def test_text_that_was_escaped_twice_is_written_out_once() -> None:
    assert written("write &amp;lt;b&amp;gt;") == "write &lt;b&gt;"
    row = chat("ä &amp;lt;b&amp;gt;?", "It is bold.")
    after = to_examples(clean(tables_of([row]), CleanParams(html="text")).tables)
    assert after[0]["messages"][0]["content"] == "ä &lt;b&gt;?"


def test_html_is_off_by_default_and_counted_and_traced_where_it_is_on() -> None:
    question = {"role": "user", "content": [{"type": "text", "text": "<p>Why?</p>"}]}
    tables = tables_of([{"messages": [question, {"role": "assistant", "content": "<b>So</b>."}]}])
    assert to_examples(clean(tables, CleanParams()).tables)[0]["messages"][1]["content"] == "<b>So</b>."
    result = clean(tables, CleanParams(html="markdown", trace=True))
    messages = to_examples(result.tables)[0]["messages"]
    assert [messages[0]["content"][0]["text"], messages[1]["content"]] == ["Why?", "**So**."]
    assert result.metrics["changed.html"] == 2
    assert result.report_tables["trace"]["step"].to_list() == ["html", "html"]
