"""`tuneset.check`: everything that a provider would reject, as a table of findings."""

from __future__ import annotations

import dataclasses
import datetime as dt
import functools
import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import orjson
import polars as pl

from tuneset.api.data import Data, raw_files
from tuneset.api.settings import GivenParams, as_params, rule_settings
from tuneset.artifacts import read_json
from tuneset.execution.executor import open_executor
from tuneset.execution.progress import Progress, no_progress
from tuneset.execution.target_files import make_ready
from tuneset.reading.rows_file import RowsFile
from tuneset.reporting import findings_text
from tuneset.rules.engine.check_context import context_of
from tuneset.rules.engine.file_check import FileReport, Source, check_files
from tuneset.terms import Format, Severity

FINDINGS_SCHEMA = pl.Schema(
    {
        "file": pl.String,
        "line": pl.Int64,  # physical line, from 1; 0 where the whole file is meant
        "example": pl.Int64,  # from 1; 0 where none is meant
        "code": pl.String,
        "severity": pl.String,
        "path": pl.String,  # JSON path within the line; empty where none is meant
        "message": pl.String,
        "hint": pl.String,
    }
)


@dataclasses.dataclass(frozen=True, eq=False)
class Report:
    """What was found in some files; its text is what `tuneset check` prints."""

    files: tuple[FileReport, ...]

    @property
    def ok(self) -> bool:
        """Whether there is no finding of severity error."""
        return not self.errors

    @property
    def errors(self) -> int:
        """How many findings are errors."""
        return findings_text.count_severities(self.files)["error"]

    @property
    def warnings(self) -> int:
        """How many findings are warnings."""
        return findings_text.count_severities(self.files)["warning"]

    @functools.cached_property
    def findings(self) -> pl.DataFrame:
        """Every finding, one a row: the columns of FINDINGS_SCHEMA, by file and line."""
        rows = [
            (
                report.path,
                found.line,
                found.example,
                found.code,
                found.severity,
                found.path,
                found.message,
                found.hint,
            )
            for report in self.files
            for found in report.findings
        ]
        return pl.DataFrame(rows, schema=FINDINGS_SCHEMA, orient="row")

    def document(self) -> dict[str, Any]:
        """The same as the JSON document of `tuneset check --output json`."""
        out = io.BytesIO()
        findings_text.write_json(self.files, out)
        document: dict[str, Any] = orjson.loads(out.getvalue())
        return document

    def __str__(self) -> str:
        return "\n".join(findings_text.text(self.files))


def check(
    data: Data,
    *,
    format: Format | Literal["auto"] = "auto",  # noqa: A002  the word of the command line
    profile: str | None = None,
    model: str | None = None,
    ignore: Sequence[str] = (),
    severity: Mapping[str, Severity] | None = None,
    grader: Mapping[str, Any] | Path | str | None = None,
    params: GivenParams = None,
    workers: int | None = None,
    progress: Progress | None = None,
) -> Report:
    """Find everything that a provider would reject, as `tuneset check` does.

    Args:
        data: paths of JSON lines files, a data frame, a datasets.Dataset, or dicts in a provider's line format. Rows
            that are no file are reported as `rows`, and their lines count from 1.
        format: that every line must have; by default each file's own.
        profile: the provider whose rules hold; by default that of params.
        model: the model to be trained; by default the one that params name. Without one, length, images and methods are
            not judged.
        ignore: rules to switch off, by code or name.
        severity: of single rules, by code or name; this also switches an optional rule on.
        grader: the grader of a reinforcement job, or the path of its JSON.
        params: whose `validate`, `endpoint.profile` and `tune.model` hold; by default the defaults.
        workers: processes; by default one a core.
        progress: called with what runs, how many parts are done, and how many there are.

    Raises UsageError for an unknown rule, profile or kind of data, InputError for rows that have no form in JSON. A
    file that cannot be read is a finding, FIL001.
    """
    chosen = as_params(params)
    make_ready(chosen.target)
    settings = rule_settings(chosen, profile, model, ignore, severity or {})
    context_of(settings)  # an unknown rule is said before anything is read
    definition = read_json(Path(grader)) if isinstance(grader, str | Path) else grader
    with raw_files(data) as raw:
        sources = [
            Source(given.path, given.source, checks_name=False)
            if isinstance(given, RowsFile)
            else Source(given, str(given))
            for given in raw
        ]
        size = sum(source.path.stat().st_size for source in sources if source.path.is_file())
        today = dt.datetime.now(tz=dt.UTC).date()
        with open_executor(workers, progress or no_progress, brief=True) as executor:
            executor.broadcast("tuneset.rules.engine.range_scan", size=size)
            map_tasks = functools.partial(executor.map, label="check", size=size)
            reports = check_files(sources, format, settings, map_tasks, grader=definition, today=today)
            return Report(tuple(reports))
