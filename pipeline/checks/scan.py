"""One byte range of a file against the rules for lines and examples: findings, counts, and keys for what spans lines.

This is what worker processes run. Line and example numbers count from 1 within the range; who puts the ranges together
adds what came before. Rules on whole files are elsewhere.
"""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
import numpy.typing as npt
import orjson
import polars as pl
import xxhash

from pipeline.checks.context import CHECK_FAMILIES, Context, make_context
from pipeline.checks.egress import PREFILTER
from pipeline.checks.examples import exact_issues, is_clean
from pipeline.checks.issue import Issue, issue
from pipeline.checks.lines import read_line
from pipeline.checks.ranges import MAX_LINE_BYTES, ByteRange, lines_of
from pipeline.checks.walk import PROMPTS, Object, all_messages, images
from pipeline.model import Finding, Format, Severity
from pipeline.provider import load_profile
from pipeline.tokens.counting import count_example
from pipeline.tokens.encodings import encoding_for

BATCH_LINES = 2048
"""Lines that are searched for secrets and personal data at once."""


@dataclasses.dataclass(frozen=True)
class Settings:
    """What `make_context` is given in each worker; values that can be sent to another process.

    Args:
        ignore: codes or names of rules that are off.
        severity: pairs of a rule's code or name and its severity.
        auto: whether the format was recognised and not asked for.
    """

    format: Format
    profile: str
    model: str
    ignore: tuple[str, ...] = ()
    severity: tuple[tuple[str, Severity], ...] = ()
    grader_columns: tuple[str, ...] = ()
    auto: bool = True


@dataclasses.dataclass(frozen=True)
class ScanTask:
    """A byte range and how it is checked; `first` is where the file's first line begins."""

    part: ByteRange
    first: int
    settings: Settings


@dataclasses.dataclass(frozen=True)
class ScanResult:
    """What a range holds.

    Args:
        lines: physical lines, blank ones with them.
        examples: lines that hold an object.
        with_images: examples that show an image.
        findings: with line and example numbers from 1 within the range.
        keys: one row an example: its line, a hash of the whole example, a hash of its prompt.
    """

    lines: int
    examples: int
    with_images: int
    findings: list[Finding]
    keys: npt.NDArray[np.uint64]


@functools.lru_cache(maxsize=8)
def context_of(settings: Settings) -> Context:
    """The context that settings stand for, made once a process."""
    return make_context(
        settings.format,
        load_profile(settings.profile),
        settings.model,
        settings.ignore,
        dict(settings.severity),
        CHECK_FAMILIES,
        settings.grader_columns,
    )


def scan(task: ScanTask) -> ScanResult:
    """Check every line of a range."""
    context = context_of(task.settings)
    lines = examples = with_images = 0
    findings: list[Finding] = []
    keys: list[tuple[int, int, int]] = []
    for batch in _batches(lines_of(task.part, task.first)):
        private = _may_be_private(batch, context)
        for raw, suspect in zip(batch, private, strict=True):
            lines += 1
            example, issues = _one_line(raw, context)
            if example is not None:
                examples += 1
                if suspect or not is_clean(example, context):
                    issues += exact_issues(example, context)
                    with_images += _shows_image(example, context)
                issues += _over_length(raw, example, context)
                keys.append((lines, *_hashes(example, context.format)))
            number = examples if example is not None else 0
            findings += _findings(issues, lines, number, context, auto=task.settings.auto)
    return ScanResult(lines, examples, with_images, findings, np.array(keys, dtype=np.uint64).reshape(-1, 3))


def _batches(lines: Iterable[bytes | None]) -> Iterator[list[bytes | None]]:
    """Lines in lists of at most BATCH_LINES lines and, but for the last of them, of a few megabytes."""
    batch: list[bytes | None] = []
    size = 0
    for line in lines:
        batch.append(line)
        size += len(line) if line else 0
        if len(batch) == BATCH_LINES or size > BATCH_LINES * 2048:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def _one_line(raw: bytes | None, context: Context) -> tuple[Object | None, list[Issue]]:
    if raw is None:
        said = f"the line is longer than {MAX_LINE_BYTES >> 20} MiB"
        return None, [issue("FIL005", None, said, "split the example, or give images by URL")]
    if not raw.strip(b" \t\r"):
        return None, [issue("FIL006", None, "the line is blank", "remove it")]
    example, issues = read_line(raw)
    return example, [found for found in issues if context.on(found.code)]


def _findings(issues: list[Issue], line: int, example: int, context: Context, *, auto: bool) -> Iterator[Finding]:
    for found in issues:
        # A line of another format is a mixed file where the format was recognised, a wrong method where it was asked.
        code = "SHP008" if auto and found.code == "PRF005" else found.code
        if code in context.severity:
            severity = context.severity[code]
            yield Finding(line, example, code, severity, found.path, found.message, found.hint)


def _may_be_private(batch: list[bytes | None], context: Context) -> list[bool]:
    """Which lines may hold secrets or personal data, by a superset of what the exact search finds."""
    if not any(context.on(code) for code in ("EGR001", "EGR002", "EGR003", "EGR004")):
        return [False] * len(batch)
    plain = [_unescaped(line) for line in batch]
    try:
        texts = pl.Series(plain, dtype=pl.Binary).cast(pl.String)
    except pl.exceptions.PolarsError:  # a line that is not UTF-8, which is a finding of its own
        texts = pl.Series([line.decode(errors="replace") for line in plain], dtype=pl.String)
    return texts.str.contains(PREFILTER).to_list()


def _unescaped(line: bytes | None) -> bytes:
    """The line with its characters written as themselves, so that a search in it finds what the values hold."""
    if line is None:
        return b""
    if b"\\u" not in line:
        return line
    try:
        return orjson.dumps(orjson.loads(line))
    except orjson.JSONDecodeError:
        return line


def _over_length(raw: bytes | None, example: Object, context: Context) -> list[Issue]:
    """Tokens are counted only where a line has more bytes than the limit has tokens: a token is a byte at least."""
    assert raw is not None
    model = context.model or context.profile.model(context.profile.default_model)
    limit = model.max_example_tokens.value if model else None
    if limit is None or len(raw) <= limit or not context.on("TOK001"):
        return []
    tokens = count_example(example, encoding_for(context.model_name, context.profile))
    if tokens <= limit:
        return []
    said = f"{tokens} tokens; allowed: at most {limit:.0f} for {context.model_name}"
    return [issue("TOK001", (), said, "shorten the example, or split it")]


def _hashes(example: Object, line_format: Format) -> tuple[int, int]:
    """64-bit hashes of the whole example and of its prompt: what stands before the last answer."""
    whole = xxhash.xxh3_64_intdigest(orjson.dumps(example, option=orjson.OPT_SORT_KEYS))
    prompt = _prompt(example, line_format)
    return whole, xxhash.xxh3_64_intdigest(orjson.dumps(prompt, option=orjson.OPT_SORT_KEYS))


def _prompt(example: Object, line_format: Format) -> Any:  # noqa: ANN401  any JSON value
    """What the model is given, without its last answer.

    >>> _prompt({"messages": [{"role": "user"}, {"role": "assistant"}]}, "sft")
    [{'role': 'user'}]
    """
    found: Any = example
    for key in PROMPTS[line_format]:
        found = found.get(key) if isinstance(found, dict) else None
    if line_format == "sft" and isinstance(found, list) and found:
        return found[:-1]
    return found


def _shows_image(example: Object, context: Context) -> bool:
    return any(True for path, message in all_messages(example, context.format) for _ in images(path, message))
