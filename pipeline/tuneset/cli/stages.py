"""`tuneset ingest` to `tuneset gate`: one stage alone, from the data folder and params.yaml, as DVC calls them."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import typer

from tuneset import artifacts
from tuneset.cli.common import DataOption, ParamsOption, SetOption, shown_progress
from tuneset.params import Params, load_params

DATA = Path("data")


def ingest(params: ParamsOption = None, set_: SetOption = None, data: DataOption = DATA) -> None:
    """Read raw files of any known shape into examples."""
    from tuneset.execution import stage_runner  # noqa: PLC0415  keeps --help fast
    from tuneset.execution.executor import open_executor  # noqa: PLC0415  the same
    from tuneset.execution.folder_lock import locked  # noqa: PLC0415  the same

    settings, layout = load_params(params, set_ or []), stage_runner.Layout(data)
    with locked(data / "work"), shown_progress() as progress, open_executor(settings.workers, progress) as executor:
        raw = [Path(path) for path in settings.ingest.paths]
        stage_runner.run_ingest(raw, layout.work("ingest"), settings, executor)
    _say("ingest", layout)


def clean(params: ParamsOption = None, set_: SetOption = None, data: DataOption = DATA) -> None:
    """Repair text; drop examples of which nothing is left."""
    _row_wise("clean", "ingest", load_params(params, set_ or []), data)


def validate(params: ParamsOption = None, set_: SetOption = None, data: DataOption = DATA) -> None:
    """Drop examples that the chosen format and profile do not accept."""
    _row_wise("validate", "clean", load_params(params, set_ or []), data)


def dedup(params: ParamsOption = None, set_: SetOption = None, data: DataOption = DATA) -> None:
    """Keep one of each group of duplicates."""
    from tuneset.execution import stage_runner  # noqa: PLC0415  keeps --help fast
    from tuneset.execution.executor import open_executor  # noqa: PLC0415  the same
    from tuneset.execution.folder_lock import locked  # noqa: PLC0415  the same

    settings, layout = load_params(params, set_ or []), stage_runner.Layout(data)
    with locked(data / "work"), shown_progress() as progress, open_executor(settings.workers, progress) as executor:
        stage_runner.run_dedup(layout.work("validate"), layout.work("dedup"), settings, executor)
    _say("dedup", layout)


def tokenize(params: ParamsOption = None, set_: SetOption = None, data: DataOption = DATA) -> None:
    """Count tokens; apply the policy for examples that are too long."""
    _row_wise("tokenize", "dedup", load_params(params, set_ or []), data)


def split(params: ParamsOption = None, set_: SetOption = None, data: DataOption = DATA) -> None:
    """Divide the examples into train.jsonl and validation.jsonl."""
    from tuneset.execution import stage_runner  # noqa: PLC0415  keeps --help fast
    from tuneset.execution.executor import open_executor  # noqa: PLC0415  the same
    from tuneset.execution.folder_lock import locked  # noqa: PLC0415  the same

    settings, layout = load_params(params, set_ or []), stage_runner.Layout(data)
    with locked(data / "work"), shown_progress() as progress, open_executor(settings.workers, progress) as executor:
        stage_runner.run_split(layout.work("tokenize"), layout.work("split"), layout.dataset, settings, executor)
    _say("split", layout)


def report(params: ParamsOption = None, set_: SetOption = None, data: DataOption = DATA) -> None:
    """Write the ledger, metrics.json, the manifest and the plots."""
    from tuneset.execution import stage_runner  # noqa: PLC0415  keeps --help fast
    from tuneset.execution.folder_lock import locked  # noqa: PLC0415  the same
    from tuneset.reporting import run_summary  # noqa: PLC0415  the same

    settings, layout = load_params(params, set_ or []), stage_runner.Layout(data)
    with locked(data / "work"):
        metrics = stage_runner.run_report(
            {stage: layout.work(stage) for stage in ("clean", "dedup", "split")}, layout.reports, settings
        )
    print(run_summary.text(metrics, [], settings))


def gate(params: ParamsOption = None, set_: SetOption = None, data: DataOption = DATA) -> None:
    """Hold the dataset against the thresholds of params.yaml; exit 1 where one does not hold."""
    from tuneset.execution import gate_measurement, stage_runner  # noqa: PLC0415  keeps --help fast
    from tuneset.execution.executor import open_executor  # noqa: PLC0415  the same
    from tuneset.execution.folder_lock import locked  # noqa: PLC0415  the same
    from tuneset.reporting import report_page, run_summary  # noqa: PLC0415  the same

    settings, layout = load_params(params, set_ or []), stage_runner.Layout(data)
    metrics: dict[str, Any] = artifacts.read_json(layout.reports / "metrics.json")
    with locked(data / "work"), shown_progress() as progress, open_executor(settings.workers, progress) as executor:
        written = (layout.dataset / "train.jsonl", layout.dataset / "validation.jsonl")
        measured = gate_measurement.measure(*written, settings.dedup.near, executor, work=layout.work("gate"))
        gates = stage_runner.run_gate(measured, metrics, layout.reports, settings)
    report_page.write(layout.reports / "report.html", metrics, gates, layout.reports / "plots")
    print(run_summary.gates_text(gates))
    if not all(one.passed for one in gates):
        raise typer.Exit(1)


def _row_wise(stage: str, source: str, settings: Params, data: Path) -> None:
    from tuneset.execution import stage_runner  # noqa: PLC0415  keeps --help fast
    from tuneset.execution.executor import open_executor  # noqa: PLC0415  the same
    from tuneset.execution.folder_lock import locked  # noqa: PLC0415  the same

    layout = stage_runner.Layout(data)
    with locked(data / "work"), shown_progress() as progress, open_executor(settings.workers, progress) as executor:
        stage_runner.run_step(stage, layout.work(source), layout.work(stage), settings, executor)
    _say(stage, layout)


def _say(stage: str, layout: Any) -> None:  # noqa: ANN401  a stage_runs.Layout, imported late
    from tuneset.execution import shard_store  # noqa: PLC0415  keeps --help fast

    counts = shard_store.read_stats(layout.work(stage))[stage]
    print(f"{stage}: {counts['rows_in']} rows in, {counts['rows_out']} out, {counts['dropped']} dropped")
    sys.stdout.flush()
