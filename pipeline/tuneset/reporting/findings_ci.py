"""Findings of `tuneset check` for CI systems: JUnit XML, GitHub annotations, a Markdown summary. No rules here."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from xml.etree import ElementTree as ET

from tuneset.reporting.findings_text import by_rule, count_severities, first_line, place, severity_words
from tuneset.rules.engine.file_check import FileReport
from tuneset.rules.registry import BY_CODE, listed
from tuneset.terms import Severity

ANNOTATIONS = 10
"""GitHub shows at most ten annotations of a kind for a step (GitHub documentation, workflow commands, 2026-11-20)."""
SHOWN_PER_CASE = 20
"""Findings that a JUnit failure or a row of the Markdown table lists; the others are counted."""
_GITHUB_LEVEL: dict[Severity, str] = {"error": "error", "warning": "warning", "info": "notice"}
# Characters that XML 1.0 cannot hold, even escaped.
_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def junit(reports: Sequence[FileReport]) -> str:
    """One suite a file, one case a rule. Errors fail their case; warnings are its output."""
    root = ET.Element("testsuites", name="tuneset check")
    for report in reports:
        groups = {found.code: found for found in by_rule(report.findings, SHOWN_PER_CASE)}
        failed = [found.code for found in groups.values() if found.severity == "error"]
        suite = ET.SubElement(
            root, "testsuite", name=_xml(report.path), tests=str(len(BY_CODE)), failures=str(len(failed)), errors="0"
        )
        for rule in listed():
            case = ET.SubElement(suite, "testcase", classname=_xml(report.path), name=f"{rule.code} {rule.name}")
            found = groups.get(rule.code)
            if found is None:
                continue
            lines = [f"{place(report.path, one)}: {one.message}" for one in found.first]
            if found.count > len(found.first):
                lines.append(f"and {found.count - len(found.first)} more")
            body = _xml("\n".join(lines))
            if rule.code in failed:
                ET.SubElement(case, "failure", message=f"{found.count}: {rule.summary}").text = body
            else:
                ET.SubElement(case, "system-out").text = body
    ET.indent(root)
    return ET.tostring(root, encoding="unicode", xml_declaration=False)


def _xml(text: str) -> str:
    r"""Text without the characters that XML has no way to write.

    >>> _xml("a\x00b")
    'a\ufffdb'
    """
    return _NOT_XML.sub("\ufffd", text)


def github(reports: Sequence[FileReport]) -> Iterator[str]:
    """Yield at most ten workflow commands: the first finding of each rule, errors first; the rest is counted."""
    groups = [(report, found) for report in reports for found in by_rule(report.findings, 1)]
    groups.sort(key=lambda group: list(_GITHUB_LEVEL).index(group[1].severity))
    for report, found in groups[: ANNOTATIONS - 1]:
        one = found.first[0]
        more = f" (and {found.count - 1} more)" if found.count > 1 else ""
        said = f"{one.path + ': ' if one.path else ''}{first_line(one.message)}{more}\n{one.hint}"
        where = f"file={_property(report.path)},line={max(one.line, 1)}"
        title = _property(f"{found.code} {BY_CODE[found.code].name}")
        yield f"::{_GITHUB_LEVEL[found.severity]} {where},title={title}::{_data(said)}"
    counts = count_severities(reports)
    if counts:
        level = "error" if counts["error"] else "warning" if counts["warning"] else "notice"
        yield f"::{level} title=tuneset check::{_data(severity_words(counts))}"


def _data(text: str) -> str:
    r"""A message as a workflow command takes it.

    >>> _data("50 %\nmore")
    '50 %25%0Amore'
    """
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    """A property's value as a workflow command takes it.

    >>> _property("a,b:c")
    'a%2Cb%3Ac'
    """
    return _data(text).replace(":", "%3A").replace(",", "%2C")


def markdown(reports: Sequence[FileReport]) -> Iterator[str]:
    """Yield the lines of a summary for a pull request or a step: one table a file."""
    yield "## tuneset check"
    yield ""
    yield severity_words(count_severities(reports))
    for report in reports:
        yield ""
        yield f"### {_cell(report.path)}"
        yield ""
        yield f"{report.format or 'unknown format'}, {report.examples} examples"
        if not report.findings:
            yield ""
            yield "no findings"
            continue
        yield ""
        yield "| rule | severity | findings | first | what |"
        yield "|---|---|---:|---|---|"
        for found in by_rule(report.findings, 1):
            one, rule = found.first[0], BY_CODE[found.code]
            line = f"line {one.line}" if one.line else "file"
            first = f"{line} `{one.path}`" if one.path else line
            what = _cell(f"{rule.summary} {first_line(one.message)}")
            yield f"| {rule.code} {rule.name} | {found.severity} | {found.count} | {first} | {what} |"


def _cell(text: str) -> str:
    r"""Text within a Markdown table.

    >>> _cell("a|b <i>")
    'a\\|b &lt;i>'
    """
    return text.replace("\\", "\\\\").replace("|", "\\|").replace("<", "&lt;").replace("\n", " ")
