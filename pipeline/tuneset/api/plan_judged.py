"""What the profile of a provider says of a dataset's files: lines in error by rule, and what `prepare` would repair."""

from __future__ import annotations

import datetime as dt
import functools
import tempfile
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from tuneset.api.settings import rule_settings
from tuneset.execution.executor import Executor
from tuneset.line_schemas import REASONING_KEYS
from tuneset.params import Params
from tuneset.profile import Profile
from tuneset.rules.engine.file_check import FileReport, Source, check_files
from tuneset.rules.engine.fix import fix_file
from tuneset.rules.registry import BY_CODE
from tuneset.rules.repairs.registry import wanted


@dataclass(frozen=True)
class ProfileJudgement:
    """What one profile says of the files: lines in error by rule, and what `prepare` would do with them."""

    errors: Counter[str]
    repaired: int
    dropped: int
    without_reasoning: int
    whole: tuple[str, ...]
    examples: tuple[int, ...]


def checked(
    paths: Sequence[Path], profile: Profile, params: Params, executor: Executor, today: dt.date
) -> list[FileReport]:
    """What `check` says of the files under a profile, without a model."""
    settings = rule_settings(params, profile.name, "", (), {})
    size = sum(path.stat().st_size for path in paths)
    map_tasks = functools.partial(executor.map, label=f"plan {profile.name}", size=size)
    sources = [Source(path, str(path), checks_name=False) for path in paths]
    return list(check_files(sources, "auto", settings, map_tasks, today=today))


def mended(paths: Sequence[Path], profile: Profile, params: Params) -> set[tuple[int, int, str]]:
    """What `prepare` repairs: the number of the file, the line, the rule that had found something there."""
    settings = rule_settings(params, profile.name, "", (), {})
    repairs = wanted(params.clean.repair)
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "repaired.jsonl"
        return {
            (number, one.line, one.code)
            for number, path in enumerate(paths)
            for one in fix_file(Source(path, str(path)), target, "auto", settings, repairs)
        }


def judge(reports: Sequence[FileReport], mends: Callable[[], set[tuple[int, int, str]]]) -> ProfileJudgement:
    """Put together what was found; `mends` is asked what `prepare` repairs where any error can be repaired."""
    errors: Counter[str] = Counter()
    sizes = tuple(report.examples for report in reports)
    whole: list[str] = []
    fixable = any(
        BY_CODE[code].fixable for report in reports for level, code in report.findings.counts() if level == "error"
    )
    mendable = mends() if fixable else set()
    lost: set[tuple[int, int]] = set()
    mended: set[tuple[int, int]] = set()
    thinking: set[tuple[int, int]] = set()
    for number, report in enumerate(reports):
        for found in report.findings:
            if found.severity != "error":
                continue
            place = (number, found.line)
            if not found.line:
                whole.append(f"{found.code} {BY_CODE[found.code].name}: {found.message}")
                continue
            errors[found.code] += 1
            if found.code == "SHP002" and found.path.rpartition(".")[2] in REASONING_KEYS:
                thinking.add(place)
            elif (*place, found.code) in mendable:
                mended.add(place)
            else:
                lost.add(place)
    return ProfileJudgement(errors, len(mended - lost), len(lost), len(thinking - lost), tuple(whole), sizes)
