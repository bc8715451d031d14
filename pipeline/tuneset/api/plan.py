"""Where a dataset can be trained, and what it would cost there: every model of every profile, asked the same.

Each profile judges the files as `check` does, without a model; each model is asked for the method, the length and the
images. Nothing is sent and nothing is written.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import functools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import numpy as np

from tuneset.api.plan_judged import ProfileJudgement, checked, judge, mended
from tuneset.errors import InputError, UsageError
from tuneset.execution.executor import Executor, open_executor
from tuneset.execution.progress import Progress, no_progress
from tuneset.figures import number_of
from tuneset.params import Params
from tuneset.profile import Model, Profile, load_profile, profile_names
from tuneset.reading.line_ranges import byte_ranges
from tuneset.rules.engine.check_context import CHECK_FAMILIES, resolve_severity
from tuneset.rules.engine.file_check import FileReport
from tuneset.rules.engine.token_counts import CountTask, RangeCounts, count_range, join
from tuneset.rules.registry import BY_CODE
from tuneset.targets.cost import estimate
from tuneset.targets.local_models.find_model import find_model, not_found
from tuneset.targets.local_models.model_files import has_extra, require_extra
from tuneset.targets.target import EXACT, Target, find_target
from tuneset.terms import METHOD_FORMAT, Format

SIDES = ("train", "validation")
"""The files of a dataset that are planned with: what is trained, and what is measured on."""
Fits = Literal["yes", "changed", "no"]
_METHODS: dict[Format | None, str] = {line_format: method for method, line_format in METHOD_FORMAT.items()}


@dataclass(frozen=True)
class PlanEntry:
    """One model at one provider.

    Args:
        fits: `yes`, or `changed` where `prepare` makes it fit, or `no`.
        why: what stands against it, and what is not known.
        changes: what `prepare` would do with the rows.
        tokens: of one epoch over the training file, no example above the limit; None where nothing can be counted.
        exact: whether they are what is billed; `estimated` says why not, and what would make them so.
        counted_by: the model's files on this machine by which they were counted; "" where there were none.
        usd: what the job would cost; None where no price is known.
        priced: the day of the price.
        ends: the day from which the model cannot be trained any more, as far as is known.
    """

    profile: str
    model: str
    fits: Fits
    why: tuple[str, ...]
    changes: tuple[str, ...]
    tokens: int | None
    exact: bool
    estimated: str
    counted_by: str
    over_length: int
    limit: int | None
    epochs: int
    usd: float | None
    usd_per_million_tokens: float | None
    priced: dt.date | None
    ends: dt.date | None


@dataclass(frozen=True)
class Plan:
    """A dataset's files, and a row for each model of each profile."""

    files: tuple[tuple[str, int], ...]
    format: Format | None
    decided: str
    rows: tuple[PlanEntry, ...]
    notices: dict[str, tuple[str, ...]] = field(default_factory=dict)


def plan(
    dataset: Path,
    params: Params,
    workers: int | None,
    today: dt.date,
    progress: Progress = no_progress,
    targets: Sequence[str] = (),
) -> Plan:
    """Ask every profile and every model of a dataset: a file, or a folder that `prepare` wrote.

    Tokens of an open model are exact where its files are here: in the hub's cache, or as one of `targets`, which are
    `HUB_MODEL=FOLDER`, or names whose last part is that of the hub's model.

    Raises UsageError for a target that is not here, or is that of no model of the profiles,
    InputError where there is no such file or no example in it, and for a folder without train.jsonl.
    """
    paths = dataset_files(dataset)
    at_hand = _at_hand(targets)
    size = sum(path.stat().st_size for path in paths)
    with open_executor(workers, progress, brief=True) as executor:
        executor.broadcast("tuneset.rules.engine.range_scan", size=size)
        counted = _Counted(paths[0], executor)
        rows: list[PlanEntry] = []
        reports: list[FileReport] = []
        notices = {}
        for name in profile_names():
            profile = load_profile(name)
            reports = checked(paths, profile, params, executor, today)
            if not reports[0].examples:
                raise InputError(f"{paths[0]}: it holds no example", hint="`tuneset check` says what is wrong with it")
            judged = judge(reports, functools.partial(mended, paths, profile, params))
            notices[name] = tuple(end.what for end in profile.wind_down)
            shape = reports[0]
            rows += [_row(profile, model, entry, shape, judged, counted, params, today, at_hand)
                     for model, entry in profile.models.items()]  # fmt: skip
    shown = tuple((report.path, report.examples) for report in reports)
    return Plan(shown, reports[0].format, reports[0].decided, tuple(rows), notices)


def dataset_files(dataset: Path) -> list[Path]:
    """The training file of a dataset and, where there is one, the validation file beside it.

    Raises InputError where there is no such file, and for a folder without train.jsonl.
    """
    if not dataset.is_dir():
        if not dataset.is_file():
            raise InputError(f"{dataset}: there is no such file", hint="name a file, or the folder of prepare --out")
        return [dataset]
    found = [dataset / f"{side}.jsonl" for side in SIDES if (dataset / f"{side}.jsonl").is_file()]
    if not found or found[0].stem != SIDES[0]:
        raise InputError(f"{dataset}: it holds no train.jsonl", hint="name a file, or the folder of prepare --out")
    return found


def _at_hand(targets: Sequence[str]) -> dict[str, str]:
    """By the hub's model what stands for it on this machine: what was named, else what is in the hub's cache."""
    known = {entry.hub_model for name in profile_names() for entry in load_profile(name).models.values()} - {None}
    by_last = {bare_model(hub): hub for hub in known if hub is not None}
    chosen: dict[str, str] = {}
    if has_extra():
        chosen = {hub: hub for hub in sorted(by_last.values()) if find_model(hub) is not None}
    for target in targets:
        require_extra(f"target {target}")
        hub, mark, place = target.partition("=")
        place = place if mark else target
        named = hub if mark and hub in known else by_last.get(bare_model(place))
        if named is None:
            raise UsageError(
                f"--target {target}: is that of no model of the profiles",
                allowed=", ".join(sorted(by_last.values())),
                hint="say whose it is: --target HUB_MODEL=FOLDER",
            )
        if find_model(place) is None:
            raise not_found(place, {})
        chosen[named] = place
    return chosen


def bare_model(name: str) -> str:
    """The last part of a model's name or folder, by which a folder is known for that of a model of the hub.

    >>> bare_model("models/qwen3-8B/"), bare_model("Qwen/Qwen3-8B@main")
    ('qwen3-8b', 'qwen3-8b')
    """
    return name.rstrip("/").partition("@")[0].rpartition("/")[2].casefold()


class _Counted:
    """Tokens of the training file, counted once for all models that count alike."""

    def __init__(self, path: Path, executor: Executor) -> None:
        self._path, self._executor = path, executor
        self._known: dict[Any, RangeCounts] = {}

    def by(self, target: Target) -> RangeCounts:
        """The counts for a model; what of them is an estimate is so by the rows, and not by the model's vocabulary."""
        target = dataclasses.replace(target, vocabulary=EXACT)
        key = (target.encoding, target.chat, target.place)
        if key not in self._known:
            mark = b"\xef\xbb\xbf"
            with self._path.open("rb") as handle:
                first = len(mark) if handle.read(len(mark)) == mark else 0
            size = self._path.stat().st_size
            tasks = [CountTask(part, target) for part in byte_ranges(self._path, first, size)]
            label = f"plan {target.encoding}"
            self._known[key] = join(list(self._executor.map(count_range, tasks, label=label, size=size)))
        return self._known[key]


def _row(
    profile: Profile,
    model: str,
    entry: Model,
    shape: FileReport,
    judged: ProfileJudgement,
    counted: _Counted,
    params: Params,
    today: dt.date,
    at_hand: Mapping[str, str],
) -> PlanEntry:
    place = at_hand.get(entry.hub_model or "")
    target = find_target(model, profile, local=place) if place is not None else find_target(model, profile)
    counts = counted.by(target) if shape.format is not None else None
    tokens = counts.tokens[:, 1] if counts is not None else np.empty(0, dtype=np.int64)
    limit = target.max_example_tokens
    over = int((tokens > limit).sum()) if limit else 0
    billed = int(np.minimum(tokens, limit).sum()) if limit else int(tokens.sum())
    cost = estimate(billed, shape.examples, params.tune.n_epochs, entry)
    if params.endpoint.profile == profile.name and params.endpoint.training_usd_per_million_tokens is not None:
        price = params.endpoint.training_usd_per_million_tokens
        usd: float | None = round(cost.billable_tokens * price / 1e6, 4)
    else:
        usd, price = cost.usd, cost.usd_per_million_tokens  # type: ignore[assignment]
    against = list(_against(profile, entry, shape, today))
    errors = [f"{code} {BY_CODE[code].name}: {count:,}" for code, count in sorted(judged.errors.items())]
    changes = list(_changes(profile, judged, over, limit, params))
    against += judged.whole if shape.format is not None else ()
    nothing_left = judged.dropped >= sum(judged.examples)
    fits: Fits = "no" if against or nothing_left else "changed" if errors or over else "yes"
    if over:
        errors.append(f"{over:,} of {len(tokens):,} examples have more than {limit:,} tokens")
    if shape.format is None:
        fits, changes = (
            ("no" if against else "changed"),
            ["reads its rows as conversations, where it knows their columns"],
        )
    exact = counts is not None and target.vocabulary.exact and not counts.assumed
    estimated = "" if exact else target.vocabulary.reason or "; ".join(sorted(counts.assumed) if counts else [])
    if not target.vocabulary.exact and entry.hub_model:
        estimated += f"; exact with --target {entry.hub_model}"
    return PlanEntry(
        profile.name,
        model,
        fits,
        (*against, *errors, *_unsaid(profile, entry, shape)),
        tuple(changes),
        billed if counts is not None else None,
        exact,
        estimated,
        place or "",
        over,
        limit,
        cost.epochs,
        usd if counts is not None else None,
        price,
        entry.training_usd_per_million_tokens.as_of if price is not None else None,
        _ends(profile, entry, _METHODS.get(shape.format)),
    )


def _against(profile: Profile, entry: Model, shape: FileReport, today: dt.date) -> Iterator[str]:
    """Yield what no change of the rows helps against."""
    method = _METHODS.get(shape.format)
    if entry.shutdown is not None and entry.shutdown <= today:
        yield f"shut down on {entry.shutdown}"
    for end in profile.wind_down:
        concerned = method in end.methods if method is not None else set(end.methods) >= set(entry.methods)
        if concerned and (end.day is None or end.day <= today):
            yield end.what
    if method is not None and method not in entry.methods:
        yield f"not trained by {method}; by {', '.join(entry.methods)}"
    refuses = resolve_severity(profile, (), {}, CHECK_FAMILIES).get("VIS008") == "error"
    if "images" in shape.not_judged and not entry.vision and refuses:
        yield "not trained on images"


def _unsaid(profile: Profile, entry: Model, shape: FileReport) -> Iterator[str]:
    """Yield what nobody says of the model and the files."""
    refuses = resolve_severity(profile, (), {}, CHECK_FAMILIES).get("VIS008") == "error"
    if "images" in shape.not_judged and not entry.vision and not refuses:
        yield "nobody says that it is trained on images"
    if entry.max_example_tokens.value is None:
        yield "how long an example may be is not known"


def _changes(profile: Profile, judged: ProfileJudgement, over: int, limit: int | None, params: Params) -> Iterator[str]:
    """Yield what `prepare` with that profile would do with the rows."""
    if judged.repaired:
        yield f"repairs {number_of(judged.repaired, 'line')}"
    if judged.without_reasoning and not profile.reasoning:
        yield f"leaves out the reasoning of {number_of(judged.without_reasoning, 'line')}"
    if judged.dropped:
        yield f"drops {number_of(judged.dropped, 'line')}"
    if over and limit:
        done = {"drop": "drops", "truncate": "cuts", "error": "stops at"}[params.tokenize.over_length]
        yield f"{done} {number_of(over, 'example')} of more than {limit:,} tokens"


def _ends(profile: Profile, entry: Model, method: str | None) -> dt.date | None:
    days = [end.day for end in profile.wind_down if end.day is not None and (method is None or method in end.methods)]
    return min([*days, *([entry.shutdown] if entry.shutdown else [])], default=None)
