"""Writes a report beside the facts that it was made from: `report.html` and `report.md`."""

from __future__ import annotations

from pathlib import Path

from tuneset import artifacts
from tuneset.reporting.report import contents, html_page, markdown_page

FILES = ("report.html", "report.md")


def write(folder: Path, target: Path | None = None, results: Path | None = None, evaluated: Path | None = None) -> None:
    """Write both files into `target`, the folder of the run's reports itself where none is named.

    `results` is a folder of a job's results, for the training curves, `evaluated` one of an evaluation.
    Raises InputError where `folder` has no `metrics.json`.
    """
    found = contents.report(folder, results, evaluated)
    for name, page in zip(FILES, (html_page.page(found), markdown_page.page(found)), strict=True):
        artifacts.write_bytes((target or folder) / name, page.encode())
