"""How a dataset stood to its thresholds, written beside it, and whether that still says something of its files.

`gate.json` names the files that were looked at by a digest. The record counts while the files are the same, whatever
the params are by now: who changes a limit runs the gate again. Where the files were changed since, or nobody has
looked, it is run.
"""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from tuneset import artifacts
from tuneset.dataset_folder import SIDES, DatasetFolder
from tuneset.errors import InputError
from tuneset.execution.comparison import rates
from tuneset.execution.executor import Executor
from tuneset.execution.gate.measurement import measure
from tuneset.figures import figure
from tuneset.params import Params
from tuneset.stages import gate

SCHEMA_VERSION = 1
GATED = SIDES[:2]
"""The sides that the gate looks at."""
ANY = 1
"""The limit of `min_validation_examples` by which there are to be examples at all."""
_DIGITS = 16  # of a digest; it tells two states of one dataset apart


class GateOutcome(NamedTuple):
    """How a dataset stands to its thresholds.

    Args:
        failed: a sentence on each that does not hold.
        remedies: what to do about each of them.
        again: why the gate was run again; empty where its record counts.
    """

    failed: tuple[str, ...]
    remedies: tuple[str, ...] = ()
    again: str = ""

    @property
    def passed(self) -> bool:
        """Whether all hold."""
        return not self.failed


def write(
    measured: gate.Measured,
    metrics: Mapping[str, Any],
    folder: DatasetFolder,
    params: Params,
    sha256: Mapping[str, str] | None = None,
) -> list[gate.Gate]:
    """Hold what was measured in the written files against params, and write `gate.json`; give all gates.

    `sha256` has those of the files by name, where they are known already.
    """
    gates = evaluate(measured, metrics, params)
    document = {
        "schema_version": SCHEMA_VERSION,
        "passed": all(one.passed for one in gates),
        "gates": {
            one.name: {
                "value": one.value, "kind": one.kind, "limit": one.limit, "passed": one.passed, "remedy": one.remedy,
            }
            for one in gates
        },
        "leaks": dict(measured.leaks),
        "sample": {
            name: [{"validation": ours, "train": theirs} for ours, theirs in places]
            for name, places in measured.sample.items()
        },
        "held": {"files": files_digest(folder, sha256)},
    }  # fmt: skip
    artifacts.write_json(folder.gate, document)
    return gates


def evaluate(measured: gate.Measured, metrics: Mapping[str, Any], params: Params) -> list[gate.Gate]:
    """All gates: the thresholds of params, and the rates of a baseline where one is named.

    Where no validation is asked for (`split.validation: 0`), that there be any is no gate.
    """
    limits = params.gate
    if params.split.validation == 0 and limits.min_validation_examples == ANY:
        limits = limits.model_copy(update={"min_validation_examples": None})
    return gate.evaluate(metrics, measured, limits) + rates.gates(metrics, params.gate)


def standing(folder: DatasetFolder, params: Params, executor: Executor, *, keep: bool = True) -> GateOutcome:
    """How a dataset stands: by its record, or by a new look, whose record is written where `keep` is true.

    Raises InputError where no line of a file can be read.
    """
    record = _read(folder.gate)
    held = record.get("held") if isinstance(record.get("held"), dict) else None
    if held is not None and held.get("files") == files_digest(folder):
        return GateOutcome((), ()) if record.get("passed") is True else _recorded(record)
    again = "the files were changed" if held else "nobody has looked"
    gates = _look(folder, params, executor, keep=keep)
    failed = [one for one in gates if not one.passed]
    return GateOutcome(
        tuple(sentence(one.name, one.value, one.limit, one.kind) for one in failed),
        tuple(one.remedy for one in failed),
        again,
    )


def sentence(name: str, value: float | None, limit: float, kind: str) -> str:
    """How one gate stands.

    >>> sentence("min_examples", 7, 10, "at least")
    'min_examples is 7, at least 10'
    """
    return f"{name} is {'unknown' if value is None else figure(value)}, {kind} {figure(limit)}"


def files_digest(folder: DatasetFolder, sha256: Mapping[str, str] | None = None) -> str:
    """A digest of the files that the gate looks at; a file that is missing is as an empty one."""
    parts = []
    for side in GATED:
        path = folder.side(side)
        known = (sha256 or {}).get(path.name)
        parts.append(known or (artifacts.sha256_file(path) if path.is_file() else hashlib.sha256().hexdigest()))
    return hashlib.sha256("".join(parts).encode()).hexdigest()[:_DIGITS]


def _read(path: Path) -> Mapping[str, Any]:
    try:
        record = artifacts.read_json(path) if path.is_file() else {}
    except InputError:  # cut short: as if nobody had looked
        return {}
    return record if isinstance(record, dict) else {}


def _recorded(record: Mapping[str, Any]) -> GateOutcome:
    """What a record says of the gates that failed."""
    gates = record.get("gates")
    held = gates.items() if isinstance(gates, dict) else ()
    failed = {name: one for name, one in held if isinstance(one, dict) and not one.get("passed")}
    told = [
        sentence(name, one.get("value"), float(one.get("limit") or 0), str(one.get("kind") or "the limit is"))
        for name, one in failed.items()
    ]
    return GateOutcome(
        tuple(told or ["the gate failed"]), tuple(str(one.get("remedy") or "") for one in failed.values())
    )


def _look(folder: DatasetFolder, params: Params, executor: Executor, *, keep: bool) -> list[gate.Gate]:
    """Run the gate on the files as they are; what else it asks is what the report said, where there is one."""
    with tempfile.TemporaryDirectory(prefix="tuneset-gate-") as scratch:
        files = []
        for side in GATED:
            path = folder.side(side)
            if not path.is_file():
                _require_none(folder, path)
                path = Path(scratch) / path.name
                path.touch()
            files.append(path)
        train, validation = files
        measured = measure(train, validation, params.dedup.near, executor, work=Path(scratch) / "work")
    metrics = _metrics(folder, measured)
    return write(measured, metrics, folder, params) if keep else evaluate(measured, metrics, params)


def _require_none(folder: DatasetFolder, path: Path) -> None:
    """Raise InputError where a file that is not there was written, by the manifest: it is not looked at as empty."""
    manifest = artifacts.read_json(folder.manifest) if folder.manifest.is_file() else {}
    files = manifest.get("files") if isinstance(manifest, dict) else None
    written = files.get(path.name) if isinstance(files, dict) else None
    if isinstance(written, dict) and written.get("examples"):
        raise InputError(
            f"{path}: is missing, of {written['examples']} examples by {folder.manifest}",
            hint="put it back, or run `tuneset prepare` again",
        )


def _metrics(folder: DatasetFolder, measured: gate.Measured) -> dict[str, Any]:
    """What the report said, with the numbers of examples that the files have now."""
    known = artifacts.read_json(folder.metrics) if folder.metrics.is_file() else {}
    metrics: dict[str, Any] = known if isinstance(known, dict) else {}
    counts = {"train": measured.train_examples, "validation": measured.validation_examples}
    rows = {"read": sum(counts.values()), "drop_rate": 0.0, "dropped_by_code": {}} | metrics.get("rows", {}) | counts
    return metrics | {"rows": rows, "cost": {"estimate_usd": None} | metrics.get("cost", {})}
