"""One byte range of a file against the rules for lines and examples: findings, counts, and keys for what spans lines.

This is what worker processes run. Line and example numbers count from 1 within the range; who puts the ranges together
adds what came before. Rules on whole files are elsewhere.
"""

from __future__ import annotations

import dataclasses
import functools
from array import array
from collections.abc import Iterator, Sequence

from tuneset.reading.line_ranges import ByteRange, lines_of
from tuneset.rules.accessors import Object, all_messages, images
from tuneset.rules.context import Context
from tuneset.rules.engine.check_context import Settings, context_of
from tuneset.rules.engine.example_hashes import example_hashes
from tuneset.rules.engine.line_forms import FORM_WORDS, Form, as_chat, is_taken, line_form, told_in_line
from tuneset.rules.families.json_line import line_issues, repeated_keys
from tuneset.rules.families.model import length_issues
from tuneset.rules.families.private_data import OPTIONAL_CODES
from tuneset.rules.issue import Issue, issue
from tuneset.rules.passes.example import check_example
from tuneset.rules.passes.raw_line import RawLinePass, raw_line_hashes, raw_line_pass
from tuneset.terms import Finding

GROUP_LINES = 8
"""Lines that are judged together; more save little, and are judged singly more often."""


@dataclasses.dataclass(frozen=True)
class ScanTask:
    """A byte range, how it is checked, and the form of the file's lines."""

    part: ByteRange
    settings: Settings
    form: Form = "messages"


@dataclasses.dataclass(frozen=True)
class ScanResult:
    """What a range holds.

    Args:
        lines: physical lines, blank ones with them.
        examples: lines that hold an object.
        with_images: examples that show an image.
        longest: bytes of the longest line.
        findings: with line and example numbers from 1 within the range.
        keys: three unsigned 64-bit integers an example: its line, a hash of the whole, a hash of its prompt.
    """

    lines: int
    examples: int
    with_images: int
    longest: int
    findings: list[Finding]
    keys: bytes


@functools.lru_cache(maxsize=8)
def raw_line_pass_of(settings: Settings) -> RawLinePass | None:
    """The fastest pass for settings, compiled once a process; none where each line is rendered anyway."""
    return None if settings.target is not None else raw_line_pass(context_of(settings))


def scan(task: ScanTask) -> ScanResult:
    """Check every line of a range."""
    context, plain = context_of(task.settings), raw_line_pass_of(task.settings)
    lines = lines_of(task.part)
    examples = with_images = 0
    findings: list[Finding] = []
    keys = array("Q")
    for number, (raw, hashes) in enumerate(zip(lines, _hashes_of_raw_lines(lines, plain), strict=True), start=1):
        if hashes is not None:
            examples += 1
            keys.extend((number, *hashes))
            continue
        example, issues = line_issues(raw, context)
        if example is not None and raw is not None:
            examples += 1
            issues += repeated_keys(raw, example)
            example, found = _judged(raw, example, context, task.form)
            issues += found
            if context.target is not None:
                from tuneset.rules.engine.target_check import target_issues  # noqa: PLC0415  0.02 s, as in file_check

                issues += target_issues(example, context)
            with_images += _shows_image(example, context)
            keys.extend((number, *example_hashes(example, context.format)))
        if issues:
            own = examples if example is not None else 0
            findings += _findings(issues, number, own, context, auto=task.settings.auto)
    if any(context.on(code) for code in OPTIONAL_CODES):
        from tuneset.rules.engine.private_scan import private_findings  # noqa: PLC0415  polars and more, 0.2 s

        findings += private_findings(lines, context)
    longest = max((len(line) for line in lines if line is not None), default=0)
    return ScanResult(len(lines), examples, with_images, longest, findings, keys.tobytes())


def _hashes_of_raw_lines(lines: Sequence[bytes | None], plain: RawLinePass | None) -> Sequence[tuple[int, int] | None]:
    """The hashes of each line that is surely clean, None for any other."""
    known = [line for line in lines if line is not None]
    if plain is None or len(known) < len(lines):
        return [None] * len(lines)
    found: list[tuple[int, int] | None] = []
    for start in range(0, len(known), GROUP_LINES):
        found += raw_line_hashes(known[start : start + GROUP_LINES], plain)
    return found


def _findings(issues: list[Issue], line: int, example: int, context: Context, *, auto: bool) -> Iterator[Finding]:
    for found in issues:
        # A line of another format is a mixed file where the format was recognised, a wrong method where it was asked.
        code = "SHP008" if auto and found.code == "PRF005" else found.code
        if code in context.severity:
            severity = context.severity[code]
            yield Finding(line, example, code, severity, found.path, found.message, found.hint)


def _judged(raw: bytes, example: Object, context: Context, file_form: Form) -> tuple[Object, list[Issue]]:
    """An example as the conversation that it is or stands for, and what is wrong with it."""
    form = line_form(example)
    takes = context.profile.lines.forms
    taken = form is not None and is_taken(example, form, takes)
    if form is None or (not takes and not taken and file_form == "messages"):
        return example, [*check_example(example, context), *length_issues(example, len(raw), context)]
    chat = as_chat(example, takes)
    if form != file_form and (taken or file_form in takes or file_form == "prompt"):
        said = f"the line is {FORM_WORDS[form]}, the file {FORM_WORDS[file_form]}"
        return chat, [issue("SHP008", (), said, "a file has one form: put the others into a file of their own")]
    found = [*check_example(chat, context), *length_issues(chat, len(raw), context)]
    return chat, found if form == "messages" else told_in_line(found, form)


def _shows_image(example: Object, context: Context) -> bool:
    return any(True for path, message in all_messages(example, context.format) for _ in images(path, message))
