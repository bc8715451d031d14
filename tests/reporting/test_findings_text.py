"""Findings as text, JSON, JUnit, GitHub commands and Markdown: complete where they must be, short where they can be."""

import io
import json
from xml.etree import ElementTree as ET

from tuneset.reporting import findings_ci, findings_text
from tuneset.rules.engine.file_check import FileReport, Repaired
from tuneset.rules.engine.sorted_findings import Findings
from tuneset.rules.registry import listed
from tuneset.terms import Finding

SYNTAX = Finding(2, 0, "JSN001", "error", "", "column 2: expecting value\n{]\n ^", "escape quotes")
WEIGHT = Finding(3, 2, "CNV006", "error", "$.messages[1].weight", "weight is 0.5; allowed: 0 | 1", "use 0 or 1")
MANY = [
    Finding(line, line, "EGR002", "warning", "$.messages[0].content", "an address", "redact") for line in range(1, 31)
]
REPORTS = [
    FileReport(
        "a,b:c.jsonl",
        "sft",
        "messages",
        31,
        Findings([SYNTAX, WEIGHT, *MANY]),
        [Repaired(7, "CNV007", "REP009")],
        repairable=1,
    ),
    FileReport("empty\x01.jsonl", None, "nothing", 0, Findings([])),
]


def test_text_shows_the_first_of_each_rule_and_counts_the_others() -> None:
    assert list(findings_text.text(REPORTS)) == [
        "a,b:c.jsonl: sft (messages), 31 examples",
        "  repaired CNV007 weight-not-on-assistant: 1, at line 7",
        "  error CNV006 invalid-weight: A weight is not the integer 0 or 1.",
        "    a,b:c.jsonl:3 $.messages[1].weight: weight is 0.5; allowed: 0 | 1",
        "    do: use 0 or 1",
        "  error JSN001 invalid-json: The line is not JSON.",
        "    a,b:c.jsonl:2: column 2: expecting value",
        "      {]",
        "       ^",
        "    do: escape quotes",
        "  warning EGR002 email-address: The text holds an e-mail address.",
        *[f"    a,b:c.jsonl:{line} $.messages[0].content: an address" for line in range(1, 6)],
        "    and 25 more (30 in all; --output json has them)",
        "    do: redact",
        "empty\x01.jsonl: unknown format (nothing), 0 examples",
        "1 of the findings can be repaired with --fix",
        "2 errors, 30 warnings",
    ]


def test_json_is_complete() -> None:
    out = io.BytesIO()
    findings_text.write_json(REPORTS, out)
    document = json.loads(out.getvalue())
    assert document["schema_version"] == 1
    assert document["summary"] == {"errors": 2, "warnings": 30, "infos": 0}
    assert [len(file["findings"]) for file in document["files"]] == [32, 0]
    assert document["files"][0]["repairs"] == [{"line": 7, "code": "CNV007", "repair": "REP009"}]
    assert document["files"][0]["findings"][1] == WEIGHT._asdict()
    assert document["files"][1]["format"] is None


def test_junit_has_one_case_a_rule_and_file() -> None:
    root = ET.fromstring(findings_ci.junit(REPORTS))
    suites = root.findall("testsuite")
    assert [suite.get("failures") for suite in suites] == ["2", "0"]
    assert [len(suite.findall("testcase")) for suite in suites] == [len(listed()), len(listed())]
    failed = [case.get("name") for case in suites[0].findall("testcase") if case.find("failure") is not None]
    assert failed == ["JSN001 invalid-json", "CNV006 invalid-weight"]
    texts = [case.findtext("system-out") or "" for case in suites[0].findall("testcase")]
    assert [text.count("\n") for text in texts if text] == [20]


def test_github_gets_at_most_ten_annotations_errors_first() -> None:
    all_of_them = [Finding(1, 1, rule.code, rule.severity, "", "m", "h") for rule in listed()]
    crowd = FileReport("a", "sft", "", 1, Findings(all_of_them))
    lines = list(findings_ci.github([crowd]))
    assert len(lines) == 10
    assert all(line.startswith("::error ") for line in lines)
    assert lines[-1].startswith("::error title=tuneset check::")


def test_github_commands_are_escaped() -> None:
    first, second, third, last = findings_ci.github(REPORTS)
    assert first == (
        "::error file=a%2Cb%3Ac.jsonl,line=3,title=CNV006 invalid-weight::"
        "$.messages[1].weight: weight is 0.5; allowed: 0 | 1%0Ause 0 or 1"
    )
    assert second.endswith("::column 2: expecting value%0Aescape quotes")
    assert third == (
        "::warning file=a%2Cb%3Ac.jsonl,line=1,title=EGR002 email-address::"
        "$.messages[0].content: an address (and 29 more)%0Aredact"
    )
    assert last == "::error title=tuneset check::2 errors, 30 warnings"


def test_github_says_nothing_where_there_is_nothing() -> None:
    assert list(findings_ci.github(REPORTS[1:])) == []


def test_markdown_escapes_its_cells() -> None:
    lines = list(findings_ci.markdown(REPORTS))
    row = next(line for line in lines if line.startswith("| CNV006"))
    assert row.startswith("| CNV006 invalid-weight | error | 1 | line 3 `$.messages[1].weight` | A weight is not ")
    assert row.endswith(" weight is 0.5; allowed: 0 \\| 1 |")
    assert lines[-1] == "no findings"
