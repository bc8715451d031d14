"""Findings of `tuneset check` as text for a terminal and as one JSON document. No rules here."""

from __future__ import annotations

import dataclasses
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import IO

import orjson

from tuneset.rules.engine.file_check import FileReport
from tuneset.rules.engine.sorted_findings import Findings
from tuneset.rules.registry import BY_CODE
from tuneset.terms import Finding, Severity

SCHEMA_VERSION = 1
SHOWN_PER_RULE = 5
"""Findings of one rule that text output shows in full; the others are counted."""
_WEIGHT: dict[Severity, int] = {"error": 0, "warning": 1, "info": 2}


def count_severities(reports: Iterable[FileReport]) -> Counter[Severity]:
    """How many findings of each severity there are."""
    counts: Counter[Severity] = Counter()
    for report in reports:
        for (severity, _), count in report.findings.counts().items():
            counts[severity] += count
    return counts


@dataclasses.dataclass(frozen=True)
class RuleFindings:
    """What a rule has found in a file: how much, and the first of it."""

    code: str
    severity: Severity
    count: int
    first: list[Finding]


def by_rule(findings: Findings, most: int) -> list[RuleFindings]:
    """The findings by rule, errors before warnings, then by code; `most` of each in full."""
    counts = findings.counts()
    first = findings.first(most)
    ordered = sorted(counts, key=lambda entry: (_WEIGHT[entry[0]], entry[1]))
    return [RuleFindings(code, severity, counts[severity, code], first[code]) for severity, code in ordered]


def place(path: str, found: Finding) -> str:
    """Where a finding is, as editors and terminals know to open it.

    >>> place("train.jsonl", Finding(3, 3, "CNV006", "error", "$.messages[1].weight", "", ""))
    'train.jsonl:3 $.messages[1].weight'
    """
    line = f":{found.line}" if found.line else ""
    return f"{path}{line} {found.path}".rstrip()


def first_line(text: str) -> str:
    r"""A message without the excerpt that may follow it.

    >>> first_line("column 2: expecting value\n{]\n ^")
    'column 2: expecting value'
    """
    return text.partition("\n")[0]


def severity_words(counts: Counter[Severity]) -> str:
    """Counts in words.

    >>> severity_words(Counter({"error": 1, "warning": 2}))
    '1 error, 2 warnings'
    """
    words = [f"{counts['error']} error{_plural(counts['error'])}"]
    words.append(f"{counts['warning']} warning{_plural(counts['warning'])}")
    if counts["info"]:
        words.append(f"{counts['info']} info")
    return ", ".join(words)


def _plural(count: int) -> str:
    return "" if count == 1 else "s"


def text(reports: Sequence[FileReport]) -> Iterator[str]:
    """Yield the lines of a report for a person: per file and rule the first findings, then how many more."""
    counts: Counter[Severity] = Counter()
    fixable = sum(report.repairable or 0 for report in reports)
    for report in reports:
        examples = f"{report.examples} example{_plural(report.examples)}"
        decided = f"{report.format} ({report.decided})" if report.format else f"unknown format ({report.decided})"
        yield f"{report.path}: {decided}, {examples}"
        yield from _repairs(report)
        for found in by_rule(report.findings, SHOWN_PER_RULE):
            rule = BY_CODE[found.code]
            counts[found.severity] += found.count
            yield f"  {found.severity} {rule.code} {rule.name}: {rule.summary}"
            for one in found.first:
                first, *excerpt = one.message.split("\n")
                yield f"    {place(report.path, one)}: {first}"
                yield from (f"      {line}" for line in excerpt)
            if found.count > len(found.first):
                yield f"    and {found.count - len(found.first)} more ({found.count} in all; --output json has them)"
            yield from (f"    do: {hint}" for hint in dict.fromkeys(one.hint for one in found.first if one.hint))
    if fixable:
        yield f"{fixable} of the findings can be repaired with --fix"
    unjudged = sorted({part for report in reports for part in report.not_judged})
    of_model = [part for part in unjudged if part != "target"]
    if of_model:
        yield f"not judged, since no model is named: {', '.join(of_model)}; name the model with --model"
    if "target" in unjudged:
        codes = [rule.code for rule in BY_CODE.values() if rule.code.startswith("TGT")]
        yield (
            f"not judged, since no target is given: what is trained ({min(codes)} to {max(codes)}); "
            "give the model's files with --target"
        )
    yield severity_words(counts)


def concise(reports: Sequence[FileReport]) -> Iterator[str]:
    """Yield one line a finding, as compilers and linters write it, and how many there are."""
    for report in reports:
        for found in report.findings:
            path = f" {found.path}" if found.path else ""
            rule = f"{found.severity} {found.code} {BY_CODE[found.code].name}"
            yield f"{report.path}:{max(found.line, 1)}:{path} {rule}: {first_line(found.message)}"
    yield severity_words(count_severities(reports))


def statistics(reports: Sequence[FileReport]) -> Iterator[str]:
    """Yield how often each rule has found something, errors first, then the most frequent."""
    counts: Counter[tuple[Severity, str]] = Counter()
    for report in reports:
        counts.update(report.findings.counts())
    for (severity, code), count in sorted(counts.items(), key=lambda one: (_WEIGHT[one[0][0]], -one[1], one[0][1])):
        yield f"{count:>9,}  {severity:7}  {code} {BY_CODE[code].name}"
    yield severity_words(count_severities(reports))


def _repairs(report: FileReport) -> Iterator[str]:
    """What --fix has repaired, rule by rule."""
    lines: dict[str, list[int]] = defaultdict(list)
    for line, code, _ in report.repairs:
        if line not in lines[code][-1:]:
            lines[code].append(line)
    for code, places in sorted(lines.items()):
        shown = ", ".join(str(line) for line in places[:SHOWN_PER_RULE])
        more = ", …" if len(places) > SHOWN_PER_RULE else ""
        yield f"  repaired {code} {BY_CODE[code].name}: {len(places)}, at line {shown}{more}"


def write_json(reports: Sequence[FileReport], out: IO[bytes]) -> None:
    """Write the JSON document piece by piece, so that many findings do not stand in memory twice."""
    out.write(b'{"schema_version":%d,"files":[' % SCHEMA_VERSION)
    for number, report in enumerate(reports):
        out.write(b"," if number else b"")
        head: dict[str, object] = {
            "path": report.path,
            "format": report.format,
            "decided": report.decided,
            "examples": report.examples,
        }
        if report.not_judged:
            head["not_judged"] = list(report.not_judged)
        if report.repairs:
            head["repairs"] = [
                {"line": line, "code": code, **({"repair": repair} if repair else {})}
                for line, code, repair in report.repairs
            ]
        out.write(orjson.dumps(head)[:-1] + b',"findings":[')
        for index, found in enumerate(report.findings):
            out.write(b",\n" if index else b"\n")
            out.write(
                orjson.dumps(
                    {
                        "code": found.code,
                        "severity": found.severity,
                        "line": found.line,
                        "example": found.example,
                        "path": found.path,
                        "message": found.message,
                        "hint": found.hint,
                    }
                )
            )
        out.write(b"]}")
    counts = count_severities(reports)
    summary = {"errors": counts["error"], "warnings": counts["warning"], "infos": counts["info"]}
    out.write(b'],"summary":' + orjson.dumps(summary) + b"}\n")
