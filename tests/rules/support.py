"""Runs `check_files` on bytes, in this process, on a fixed day."""

import contextlib
import datetime as dt
import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, Literal

import orjson
import pytest

from tests.builders import tables_of
from tuneset.profile import load_profile
from tuneset.rules import registry
from tuneset.rules.context import Context
from tuneset.rules.engine.check_context import Settings, context_of, make_context
from tuneset.rules.engine.file_check import FileReport, MapTasks, Source, check_files
from tuneset.rules.engine.range_scan import raw_line_pass_of
from tuneset.rules.issue import Issue
from tuneset.rules.passes.exact import exact_issues, exact_private_issues
from tuneset.rules.passes.example import is_clean
from tuneset.rules.passes.raw_line import RawLinePass, raw_line_hashes, raw_line_pass
from tuneset.rules.passes.table import surely_clean
from tuneset.rules.rule import Rule
from tuneset.targets.target import Target
from tuneset.terms import Finding, Format, Severity

TODAY = dt.date(2026, 11, 20)
VISION_MODEL = "gpt-4o-2024-08-06"


def reports(
    folder: Path,
    *contents: bytes,
    names: Sequence[str] = ("train.jsonl", "validation.jsonl"),
    asked: Format | Literal["auto"] = "auto",
    profile: str = "openai",
    model: str | None = None,
    ignore: tuple[str, ...] = ("DAT001",),
    severity: tuple[tuple[str, Severity], ...] = (),
    grader: object = None,
    map_tasks: MapTasks = map,
    target: Target | None = None,
    sequence_length: int | None = None,
) -> list[FileReport]:
    """Reports on files with these contents; too few examples are no finding unless a test wants them."""
    sources = []
    for name, data in zip(names, contents, strict=False):
        path = folder / name
        if path.parent.is_dir():
            path.write_bytes(data)
        sources.append(Source(path, name))
    named = load_profile(profile).default_model if model is None else model
    settings = Settings("sft", profile, named, ignore, severity, target=target, sequence_length=sequence_length)
    return list(check_files(sources, asked, settings, map_tasks, grader=grader, today=TODAY))


def findings(folder: Path, *contents: bytes, **options: Any) -> list[Finding]:  # noqa: ANN401  those of `reports`
    """All findings of `reports`."""
    return [found for report in reports(folder, *contents, **options) for found in report.findings]


def places(found: Sequence[Finding]) -> list[tuple[str, int, str]]:
    """Code, line and path of findings."""
    return [(one.code, one.line, one.path) for one in found]


def context(line_format: Format = "sft", profile: str = "openai", **options: Any) -> Context:  # noqa: ANN401  those of `make_context`
    """A context for tests of single examples."""
    chosen = load_profile(profile)
    return make_context(line_format, chosen, options.pop("model", chosen.default_model), **options)


def codes(issues: Sequence[Issue]) -> list[tuple[str, str]]:
    """Code and path of issues."""
    return [(issue.code, issue.path) for issue in issues]


FORMS: list[Callable[[Any], bytes]] = [
    orjson.dumps,
    lambda value: json.dumps(value).encode(),
    lambda value: json.dumps(value, ensure_ascii=False).encode(errors="surrogatepass"),
    lambda value: json.dumps(value, separators=(",", ":")).encode(),
    lambda value: json.dumps(value, ensure_ascii=False).encode(errors="surrogatepass").replace(b"/", b"\\/"),
]
"""Ways in which programs write a line of JSON."""


@contextlib.contextmanager
def registered(rule: Rule) -> Iterator[None]:
    """Have one rule more in the registry for a while, in this process; older contexts do not know it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(registry.BY_CODE, rule.code, rule)
        context_of.cache_clear()
        raw_line_pass_of.cache_clear()
        yield
    context_of.cache_clear()
    raw_line_pass_of.cache_clear()


def fits_tables(example: dict[str, Any], line_format: Format) -> bool:
    """Whether an example is what ingest gives: of any shape but for its lists of messages."""
    lists = [example.get("messages")]
    if line_format == "dpo":
        given = example.get("input")
        lists = [given.get("messages") if isinstance(given, dict) else None]
        lists += [example.get("preferred_output"), example.get("non_preferred_output")]
    return all(isinstance(one, list) and all(isinstance(message, dict) for message in one) for one in lists)


def wrongly_clean(example: dict[str, Any], context: Context, made: RawLinePass | None = None) -> list[str]:
    """The fast passes that call an example clean in which the exact one finds something.

    `context` must have the family EGR, which the raw-line pass judges as well. `made` is the raw-line pass of it, where
    it was made already: it takes as long as all the rest.
    """
    issues = exact_issues(example, context)
    private = exact_private_issues(example, context)
    wrong = []
    if issues and is_clean(example, context):
        wrong.append("example")
    if (issues or private) and (plain := made or raw_line_pass(context)) is not None:
        for form in FORMS[1:]:
            if raw_line_hashes([form(example)], plain) != [None]:
                wrong.append("raw line")
                break
    if (
        issues
        and fits_tables(example, context.format)
        and surely_clean(tables_of([example], line_format=context.format), context).to_list() == [True]
    ):
        wrong.append("table")
    return wrong
