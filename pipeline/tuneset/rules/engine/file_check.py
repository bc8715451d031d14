"""Whole files against all rules: what a file is, its lines range by range, and what spans lines and files.

Who calls decides where the ranges are worked on, by the `map_tasks` it gives; the findings are the same.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import itertools
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, Literal, NamedTuple

import numpy as np
import orjson

from tuneset.reading.line_ranges import MAX_LINE_BYTES, byte_ranges
from tuneset.rules.context import Context
from tuneset.rules.engine.check_context import Settings, context_of
from tuneset.rules.engine.line_format import detect_format
from tuneset.rules.engine.line_forms import FORM_WORDS, Form, as_chat, is_taken, line_form
from tuneset.rules.engine.range_scan import ScanResult, ScanTask, scan
from tuneset.rules.engine.sorted_findings import FindingGroup, Findings
from tuneset.rules.families.dataset import size_issues
from tuneset.rules.families.file import BOM, UNREADABLE, beginning_issues, name_issues
from tuneset.rules.families.json_line import bare_conversation
from tuneset.rules.families.model import model_issues
from tuneset.rules.families.reinforcement import grader_issues, item_columns
from tuneset.rules.families.repeated_examples import LINE, Keys, overlaps, repeated
from tuneset.rules.issue import Issue, issue
from tuneset.terms import Finding, Format

MapTasks = Callable[[Callable[[ScanTask], ScanResult], Sequence[ScanTask]], Iterable[ScanResult]]
"""Gives `function(task)` for each task, in the order of the tasks."""

TASK_BYTES = 2 << 20
"""How much of a file is one task: little, because at the end one process may wait for the last two of another."""
HEAD_BYTES = 4 << 20
HEAD_LINES = 100
"""The format of a file is decided by so many lines of its beginning."""


@dataclasses.dataclass(frozen=True)
class Source:
    """A file and the name under which it is reported; `checks_name` is off for what came by a pipe."""

    path: Path
    name: str
    checks_name: bool = True


class Repaired(NamedTuple):
    """What `--fix` has repaired at a physical line: the rule that had found something, and the repair of the table.

    The repair is empty where the file itself was mended: its lines, its encoding.
    """

    line: int
    code: str
    repair: str = ""


@dataclasses.dataclass(frozen=True)
class FileReport:
    """What was found in one file.

    Args:
        format: None where it is none that is known.
        decided: by what the format was.
        repairs: what `--fix` has repaired, where the file is its copy.
        repairable: how many findings the copy that `--fix` writes has no more; None where nobody has tried.
        not_judged: what could not be: `length`, `images` and `method` where nobody has named a model; `target` where
            nobody has given the files of one that has a template and a vocabulary of its own.
    """

    path: str
    format: Format | None
    decided: str
    examples: int
    findings: Findings
    repairs: list[Repaired] = dataclasses.field(default_factory=list)
    not_judged: tuple[str, ...] = ()
    repairable: int | None = None


@dataclasses.dataclass(frozen=True)
class Head:
    """What the beginning of a file says: where its first line starts, its format, and why it is not read further."""

    source: Source
    size: int
    first: int
    format: Format | None
    decided: str
    issues: list[Issue]
    readable: bool
    form: Form = "messages"


def check_files(
    sources: Sequence[Source],
    asked: Format | Literal["auto"],
    settings: Settings,
    map_tasks: MapTasks,
    *,
    grader: Any = None,  # noqa: ANN401  any JSON value
    today: dt.date,
) -> Iterator[FileReport]:
    """Yield a report for each file, in order.

    Args:
        sources: the files.
        asked: the format that every file is to have, or `auto`.
        settings: profile, model and rules; its format is replaced for each file.
        map_tasks: where the ranges are worked on.
        grader: the definition of a reinforcement job's grader.
        today: the day by which models are shut down or not.
    """
    heads = [read_head(source, asked, settings) for source in sources]
    tasks, owners = [], []
    for number, head in enumerate(heads):
        if head.readable:
            columns = item_columns(grader) if grader is not None else ()
            own = dataclasses.replace(
                settings, format=head.format or "sft", auto=asked == "auto", grader_columns=columns
            )
            parts = byte_ranges(head.source.path, head.first, head.size, TASK_BYTES)
            tasks += [ScanTask(part, own, head.form) for part in parts]
            owners += [number] * len(parts)
    results = zip(owners, map_tasks(scan, tasks), strict=True)
    grouped = itertools.groupby(results, key=lambda entry: entry[0])
    pending = next(grouped, None)
    earlier: list[tuple[str, Keys]] = []
    for number, head in enumerate(heads):
        own_results: Iterable[ScanResult] = ()
        if pending is not None and pending[0] == number:
            own_results = (result for _, result in pending[1])
        context = context_of(dataclasses.replace(settings, format=head.format or "sft"))
        report, keys = _report(head, own_results, context, earlier, _beside(context, grader, today))
        if pending is not None and pending[0] == number:
            pending = next(grouped, None)
        if len(sources) > 1:
            earlier.append((head.source.name, keys))
        yield report


def _beside(context: Context, grader: Any, today: dt.date) -> list[Issue]:  # noqa: ANN401  any JSON value
    """What is wrong with the model and the grader, whatever the file holds."""
    found = list(model_issues(context, today))
    if context.target is not None:
        from tuneset.rules.engine.target_check import target_file_issues  # noqa: PLC0415  0.02 s, where a target is named

        found += target_file_issues(context)
    if grader is None or (isinstance(grader, dict) and grader.get("type") in context.profile.own_graders):
        return found
    return found + list(grader_issues(grader))


def _report(
    head: Head, results: Iterable[ScanResult], context: Context, earlier: list[tuple[str, Keys]], beside: list[Issue]
) -> tuple[FileReport, Keys]:
    findings: list[Finding] = []
    groups: list[FindingGroup] = []
    lines = examples = with_images = longest = 0
    all_keys: list[Keys] = [np.empty((0, 3), dtype=np.uint64)]
    for result in results:
        shifted = np.frombuffer(result.keys, dtype=np.uint64).reshape(-1, 3).copy()
        shifted[:, LINE] += np.uint64(lines)
        all_keys.append(shifted)
        findings += [_shifted(found, lines, examples) for found in result.findings]
        lines, examples = lines + result.lines, examples + result.examples
        with_images += result.with_images
        longest = max(longest, result.longest)
    keys = np.concatenate(all_keys)
    whole = list(head.issues)
    if head.readable:
        if not examples and all(found.code == "FIL006" for found in findings):
            findings = []
            whole.append(issue("FIL004", None, "the file holds no example", "check the path and the export"))
        else:
            whole += beside
            if head.format is not None:
                whole += size_issues(head.source.name, examples, with_images, head.size, context)
        if head.format is None:
            findings = _unknown_shape_once(findings)
        else:
            groups = [*repeated(keys, context), *overlaps(keys, earlier, context)]
    for one in whole:
        if context.on(one.code):
            line = 1 if one.code == "FIL003" else 0
            findings.append(Finding(line, 0, one.code, context.severity[one.code], one.path, one.message, one.hint))
    findings.sort(key=lambda found: found.line)
    told = Findings(findings, groups)
    unjudged = tuple(_not_judged(head.format, with_images, longest, context)) if examples else ()
    return FileReport(head.source.name, head.format, head.decided, examples, told, not_judged=unjudged), keys


def _unknown_shape_once(findings: list[Finding]) -> list[Finding]:
    """The findings of a file that has no format, of which one says that its lines are of no known shape.

    What follows from that is said of no line: the whole file is one of another kind.
    """
    unknown = [found for found in findings if found.code == "SHP001"]
    if len(unknown) < 2:
        return findings
    first = unknown[0]
    said = f"{len(unknown)} lines; of the first, {first.message}"
    once = first._replace(line=0, example=0, path="", message=said)
    return [once, *(found for found in findings if found.code != "SHP001")]


def _not_judged(line_format: Format | None, with_images: int, longest: int, context: Context) -> Iterator[str]:
    """Yield what of a file depends on the model, where nobody has named one or given its files."""
    if line_format is None:
        return
    if _wants_target(context):
        yield "target"
    if context.model_name:
        return
    limits = [model.max_example_tokens.value for model in context.profile.models.values()]
    known = [limit for limit in limits if limit is not None]
    if known and longest > min(known):  # a token is a byte at least
        yield "length"
    if with_images:
        yield "images"
    if line_format != "sft":
        yield "method"


def _wants_target(context: Context) -> bool:
    """Whether rules of a target model hold, its files are not given, and there is one whose files could be.

    A model whose vocabulary the profile counts exactly is its paid provider's own: its template is not published.
    """
    if context.target is not None and context.target.place is not None:
        return False
    if not any(code.startswith("TGT") for code in context.severity):
        return False
    if not context.profile.endpoint.paid:
        return True
    named = [context.model] if context.model_name else list(context.profile.models.values())
    return any(model is None or not model.encoding_exact for model in named)


def _shifted(found: Finding, lines: int, examples: int) -> Finding:
    """A finding of a range with the numbers that it has in the file."""
    return found._replace(line=found.line + lines, example=found.example + examples if found.example else 0)


# --- the beginning of a file ---------------------------------------------------------------------------------------


def read_head(source: Source, asked: Format | Literal["auto"], settings: Settings) -> Head:
    """Look at the beginning of a file. A file that cannot be opened is a finding, so that the others are checked."""
    if source.path.is_fifo():  # it can be read once, and in one direction
        why = issue("FIL001", None, "is a pipe", "give - as the file and send it to standard input")
        return Head(source, 0, 0, None, "nothing", [why], readable=False)
    try:
        size = source.path.stat().st_size
        with source.path.open("rb") as handle:
            begin = handle.read(HEAD_BYTES)
            if b"\n" not in begin and len(begin) == HEAD_BYTES:
                begin += handle.readline(MAX_LINE_BYTES)
    except OSError as error:
        why = issue("FIL001", None, f"cannot be read: {error.strerror or error}", "check the path")
        return Head(source, 0, 0, None, "nothing", [why], readable=False)
    context = context_of(settings)
    issues = list(name_issues(source.name)) if source.checks_name else []
    issues += beginning_issues(begin, context.profile)
    first = len(BOM) if begin.startswith(BOM) else 0
    if any(one.code in UNREADABLE for one in issues):
        return Head(source, size, first, None, "nothing", issues, readable=False)
    found, decided, form = _decide(begin[first:], asked, context.profile.lines.forms)
    return Head(source, size, first, found, decided, issues, readable=True, form=form)


def _decide(begin: bytes, asked: Format | Literal["auto"], forms: Sequence[str]) -> tuple[Format | None, str, Form]:
    """The format of a file, on what that was decided, and the form of its lines."""
    examples = []
    for line in begin.split(b"\n")[:HEAD_LINES]:
        try:
            value = orjson.loads(line)
        except orjson.JSONDecodeError:
            continue
        example = value if isinstance(value, dict) else bare_conversation(value)
        if example is not None:
            examples.append(example)
    form = _form_of_most(examples, forms)
    if asked != "auto":
        return asked, "as asked for", form
    found = detect_format([as_chat(example, forms) for example in examples])
    if found is None:
        return None, "no line has the keys of a format", form
    keys = {
        "sft": "messages with answers",
        "dpo": "input and outputs",
        "rft": "messages without answers",
        "kto": "messages with a label",
    }[found]
    if form != "messages":
        keys = FORM_WORDS[form]
    return found, f"{keys} in the first {len(examples)} line{'s' if len(examples) != 1 else ''}", form


def _form_of_most(examples: Sequence[dict[str, Any]], forms: Sequence[str]) -> Form:
    """The form of most lines, of those that the profile takes."""
    found = [(example, form) for example in examples if (form := line_form(example)) is not None]
    votes = Counter(form for example, form in found if form == "messages" or is_taken(example, form, forms))
    return votes.most_common(1)[0][0] if votes else "messages"
