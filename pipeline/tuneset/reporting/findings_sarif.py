"""Findings of `tuneset check` as SARIF 2.1.0 (OASIS, 2020-03-27), which code hosts and editors read. No rules here."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import PurePath
from typing import Any
from urllib.parse import quote

from tuneset import __version__
from tuneset.rules.engine.file_check import FileReport
from tuneset.rules.registry import listed
from tuneset.terms import Finding, Severity

_LEVELS: dict[Severity, str] = {"error": "error", "warning": "warning", "info": "note"}


def sarif(reports: Sequence[FileReport]) -> dict[str, Any]:
    """One document with one run: every rule, and a result for each finding."""
    rules = listed()
    index = {rule.code: number for number, rule in enumerate(rules)}
    described = [
        {
            "id": rule.code,
            "name": rule.name,
            "shortDescription": {"text": rule.summary},
            "fullDescription": {"text": rule.why},
            "help": {"text": f"{rule.why} Source: {rule.source}, {rule.as_of}."},
            "defaultConfiguration": {"level": _LEVELS[rule.severity], "enabled": not rule.optional},
        }
        for rule in rules
    ]
    driver = {"name": "tuneset", "semanticVersion": __version__, "rules": described}
    return {
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [
            {"tool": {"driver": driver}, "columnKind": "unicodeCodePoints", "results": list(_results(reports, index))}
        ],
    }


def _results(reports: Sequence[FileReport], index: dict[str, int]) -> Iterator[dict[str, Any]]:
    for report in reports:
        for found in report.findings:
            yield {
                "ruleId": found.code,
                "ruleIndex": index[found.code],
                "level": _LEVELS[found.severity],
                "message": {"text": _said(found)},
                "locations": [{"physicalLocation": _place(report.path, found)}],
            }


def _said(found: Finding) -> str:
    where = f"{found.path}: " if found.path else ""
    return f"{where}{found.message}" + (f" Do: {found.hint}." if found.hint else "")


def _place(path: str, found: Finding) -> dict[str, Any]:
    place: dict[str, Any] = {"artifactLocation": {"uri": quote(PurePath(path).as_posix())}}
    return place | ({"region": {"startLine": found.line}} if found.line else {})
