"""The rates of a dataset, and which of them got worse than a baseline: by name, what it was, what it is, the tolerance.

A rate is a share of rows, or tokens an example; a higher one is worse. They come from `metrics.json`: a baseline is
a small file without a value of any row. What validation shares with training is no rate: the gate has limits.
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from tuneset import artifacts, dataset_folder
from tuneset.dataset_folder import DatasetFolder
from tuneset.errors import InputError, UsageError
from tuneset.execution.comparison import revision
from tuneset.figures import figure
from tuneset.params import GateParams
from tuneset.stages.gate import Gate

GATE = "baseline"
"""The gate that says how many rates got worse; beside it stands one more for each of them."""
DEFAULT_TOLERANCE = {"default": 0.01, "tokens": 0.1}
"""Of shares in absolute terms; of tokens as a share of what they were."""
RELATIVE = "tokens"
_DIGITS = 6
_COUNTED = ("dropped", "findings", "private_data")
"""Rates of one kind of row each: one that the baseline has not was 0."""


class Worse(NamedTuple):
    """A rate that got worse by more than its tolerance."""

    name: str
    before: float
    now: float
    tolerance: float


def rates(metrics: Mapping[str, Any]) -> dict[str, float]:
    """All rates of a dataset, by name, from the document of `metrics.json`.

    `drop_rate`; `dropped.CODE` of the rows read; `findings.RULE` of the rows validated; `duplicates` of the rows that
    were compared; `private_data.KIND` of the rows cleaned; `tokens.mean`, `tokens.p95` an example; `untrained_share` of
    the tokens, where a target is named.
    """
    rows, stages = metrics.get("rows", {}), metrics.get("stages", {})
    found: dict[str, float] = {"drop_rate": float(rows.get("drop_rate", 0.0))}
    for code, count in rows.get("dropped_by_code", {}).items():
        found[f"dropped.{code}"] = _share(count, rows.get("read"))
    validated, cleaned, compared = (stages.get(name, {}) for name in ("validate", "clean", "dedup"))
    for name, count in validated.items():
        level, _, rule = name.partition(".")
        if level in ("error", "warning") and rule:
            found[f"findings.{rule}"] = _share(count, validated.get("rows_in"))
    duplicates = sum(count for name, count in compared.items() if name.startswith("duplicates."))
    found["duplicates"] = _share(duplicates, compared.get("rows_in"))
    for name, count in cleaned.items():
        parts = name.split(".")
        if parts[0] == "private" and parts[-1] == "rows":
            found[f"private_data.{'.'.join(parts[1:-1])}"] = _share(count, cleaned.get("rows_in"))
    an_example = metrics.get("tokens", {}).get("per_example", {})
    found |= {f"tokens.{name}": float(an_example[name]) for name in ("mean", "p95") if name in an_example}
    trained = metrics.get("target", {}).get("trained_share")
    if trained is not None:
        found["untrained_share"] = round(1.0 - trained, _DIGITS)
    return dict(sorted(found.items()))


def of_folder(folder: DatasetFolder) -> dict[str, float]:
    """The rates of a made dataset. Raises InputError where its report is missing."""
    found: dict[str, Any] = artifacts.read_json(folder.metrics)
    return rates(found)


def read_baseline(name: str) -> dict[str, float]:
    """The rates that `gate.baseline` names: of a file that `tuneset baseline` wrote, of a folder, or of a git revision.

    Raises InputError where it cannot be read, UsageError where it holds no rates.
    """
    if name.startswith(revision.PREFIX):
        with tempfile.TemporaryDirectory(prefix="tuneset-baseline-") as work:
            wanted = [one for one in dataset_folder.NAMES if one.endswith("metrics.json")]
            at = revision.fetch(name, Path(work), wanted)
            layouts = (dataset_folder.prepared(at), dataset_folder.staged(at))
            made = next((folder for folder in layouts if folder.metrics.is_file()), None)
            if made is None:
                raise InputError(f"gate.baseline: {name} holds no metrics.json", hint="name rev:REVISION:FOLDER")
            return of_folder(made)
    path = Path(name)
    if path.is_dir():
        return of_folder(dataset_folder.find(path))
    document = artifacts.read_json(path)
    found = document.get("rates") if isinstance(document, dict) else None
    if not isinstance(found, dict) or not all(isinstance(value, int | float) for value in found.values()):
        raise UsageError(
            f"gate.baseline: {name} holds no rates", hint=f"write it: tuneset baseline DATASET --out {name}"
        )
    return {rate: float(value) for rate, value in found.items()}


def worse(before: Mapping[str, float], now: Mapping[str, float], tolerances: Mapping[str, float]) -> list[Worse]:
    """The rates that got worse by more than they may, by name. One that either side cannot tell is not judged.

    >>> worse({"drop_rate": 0.1, "tokens.mean": 100}, {"drop_rate": 0.12, "tokens.mean": 109}, {})
    [Worse(name='drop_rate', before=0.1, now=0.12, tolerance=0.01)]
    >>> worse({}, {"dropped.DUP001": 0.5, "tokens.mean": 9.0}, {"dropped.DUP001": 0.4})
    [Worse(name='dropped.DUP001', before=0.0, now=0.5, tolerance=0.4)]
    """
    found = []
    for name, value in now.items():
        was = before.get(name, 0.0 if name.partition(".")[0] in _COUNTED else None)
        if was is None:
            continue
        tolerance = tolerance_of(name, tolerances)
        if round(value - was - tolerance * (was if _is_relative(name) else 1.0), _DIGITS) > 0:
            found.append(Worse(name, was, value, tolerance))
    return found


def tolerance_of(name: str, own: Mapping[str, float]) -> float:
    """How much worse a rate may get: by its name, by its kind, by `default`; what params say before what holds for all.

    >>> tolerance_of("dropped.DUP001", {"dropped": 0.5}), tolerance_of("tokens.mean", {"default": 0.0})
    (0.5, 0.1)
    """
    known: dict[str, float] = {**DEFAULT_TOLERANCE, **own}
    kind = name.partition(".")[0]
    return next(known[key] for key in (name, kind, "default") if key in known)


def gates(metrics: Mapping[str, Any], params: GateParams) -> list[Gate]:
    """The gates of `gate.baseline`: how many rates got worse, and each of them; none where no baseline is named."""
    if params.baseline is None:
        return []
    found = worse(read_baseline(params.baseline), rates(metrics), params.baseline_tolerance)
    whole = Gate(GATE, len(found), "at most", 0, not found, f"rates that are worse than in {params.baseline}")
    return [whole, *(_gate(one, params.baseline) for one in found)]


def _gate(one: Worse, baseline: str) -> Gate:
    relative = _is_relative(one.name)
    limit = one.before * (1 + one.tolerance) if relative else one.before + one.tolerance
    told = f"{one.tolerance:.0%} of it" if relative else figure(one.tolerance)
    remedy = (
        f"it was {figure(one.before)} in {baseline}, tolerance {told}: mend the data, set gate.baseline_tolerance, "
        "or write the baseline anew"
    )
    return Gate(f"{GATE}.{one.name}", one.now, "at most", round(limit, _DIGITS), passed=False, remedy=remedy)


def _is_relative(name: str) -> bool:
    return name.partition(".")[0] == RELATIVE


def _share(count: float, of: object) -> float:
    return round(count / of, _DIGITS) if isinstance(of, int) and of else 0.0
