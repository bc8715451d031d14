"""Reports with fewer findings: without rules that are off for a file, and without what a baseline knows."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Collection

from tuneset.rules.engine.file_check import FileReport
from tuneset.rules.engine.sorted_findings import Findings
from tuneset.terms import Finding


def without_codes(report: FileReport, codes: Collection[str]) -> FileReport:
    """A report without the findings of some rules."""
    listed = [found for found in report.findings.listed if found.code not in codes]
    groups = [group for group in report.findings.groups if group.code not in codes]
    return dataclasses.replace(report, findings=Findings(listed, groups))


def only(report: FileReport, keep: Callable[[Finding], bool]) -> FileReport:
    """A report with the findings that are kept, which are asked for in the order of their lines."""
    return dataclasses.replace(report, findings=Findings([found for found in report.findings if keep(found)]))
