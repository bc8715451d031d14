"""`tuneset ingest` to `tuneset gate`: one stage alone, from the data folder and params.yaml, as DVC calls them."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import typer

from pipeline import artifacts
from pipeline.cli.common import DataOption, ParamsOption, SetOption, shown_progress
from pipeline.params import Params, load_params

DATA = Path("data")


def ingest(params: ParamsOption = None, set_: SetOption = None, data: DataOption = DATA) -> None:
    """Read raw files of any known shape into examples."""
    from pipeline.flow import stage_runs  # noqa: PLC0415  keeps --help fast
    from pipeline.flow.lock import locked  # noqa: PLC0415  the same
    from pipeline.flow.pool import open_pool  # noqa: PLC0415  the same

    settings, layout = load_params(params, set_ or []), stage_runs.Layout(data)
    with locked(data / "work"), shown_progress() as progress, open_pool(settings.workers, progress) as pool:
        raw = [Path(path) for path in settings.ingest.paths]
        stage_runs.run_ingest(raw, layout.work("ingest"), settings, pool)
    _say("ingest", layout)


def clean(params: ParamsOption = None, set_: SetOption = None, data: DataOption = DATA) -> None:
    """Repair text; drop examples of which nothing is left."""
    _row_wise("clean", "ingest", load_params(params, set_ or []), data)


def validate(params: ParamsOption = None, set_: SetOption = None, data: DataOption = DATA) -> None:
    """Drop examples that the chosen format and profile do not accept."""
    _row_wise("validate", "clean", load_params(params, set_ or []), data)


def dedup(params: ParamsOption = None, set_: SetOption = None, data: DataOption = DATA) -> None:
    """Keep one of each group of duplicates."""
    from pipeline.flow import stage_runs  # noqa: PLC0415  keeps --help fast
    from pipeline.flow.lock import locked  # noqa: PLC0415  the same
    from pipeline.flow.pool import open_pool  # noqa: PLC0415  the same

    settings, layout = load_params(params, set_ or []), stage_runs.Layout(data)
    with locked(data / "work"), shown_progress() as progress, open_pool(settings.workers, progress) as pool:
        stage_runs.run_dedup(layout.work("validate"), layout.work("dedup"), settings, pool)
    _say("dedup", layout)


def tokenize(params: ParamsOption = None, set_: SetOption = None, data: DataOption = DATA) -> None:
    """Count tokens; apply the policy for examples that are too long."""
    _row_wise("tokenize", "dedup", load_params(params, set_ or []), data)


def split(params: ParamsOption = None, set_: SetOption = None, data: DataOption = DATA) -> None:
    """Divide the examples into train.jsonl and validation.jsonl."""
    from pipeline.flow import stage_runs  # noqa: PLC0415  keeps --help fast
    from pipeline.flow.lock import locked  # noqa: PLC0415  the same
    from pipeline.flow.pool import open_pool  # noqa: PLC0415  the same

    settings, layout = load_params(params, set_ or []), stage_runs.Layout(data)
    with locked(data / "work"), shown_progress() as progress, open_pool(settings.workers, progress) as pool:
        stage_runs.run_split(layout.work("tokenize"), layout.work("split"), layout.dataset, settings, pool)
    _say("split", layout)


def report(params: ParamsOption = None, set_: SetOption = None, data: DataOption = DATA) -> None:
    """Write the ledger, metrics.json, the manifest and the plots."""
    from pipeline.flow import stage_runs  # noqa: PLC0415  keeps --help fast
    from pipeline.output import summary  # noqa: PLC0415  the same

    settings, layout = load_params(params, set_ or []), stage_runs.Layout(data)
    metrics = stage_runs.run_report(
        {stage: layout.work(stage) for stage in ("clean", "dedup", "split")}, layout.reports, settings
    )
    print(summary.text(metrics, [], settings))


def gate(params: ParamsOption = None, set_: SetOption = None, data: DataOption = DATA) -> None:
    """Hold the dataset against the thresholds of params.yaml; exit 1 where one does not hold."""
    from pipeline.flow import measuring, stage_runs  # noqa: PLC0415  keeps --help fast
    from pipeline.flow.pool import open_pool  # noqa: PLC0415  the same
    from pipeline.output import report_page, summary  # noqa: PLC0415  the same

    settings, layout = load_params(params, set_ or []), stage_runs.Layout(data)
    metrics: dict[str, Any] = artifacts.read_json(layout.reports / "metrics.json")
    with shown_progress() as progress, open_pool(settings.workers, progress) as pool:
        written = (layout.dataset / "train.jsonl", layout.dataset / "validation.jsonl")
        measured = measuring.measure(*written, settings.dedup.near, pool)
        gates = stage_runs.run_gate(measured, metrics, layout.reports, settings)
    report_page.write(layout.reports / "report.html", metrics, gates, layout.reports / "plots")
    print(summary.gates_text(gates))
    if not all(one.passed for one in gates):
        raise typer.Exit(1)


def _row_wise(stage: str, source: str, settings: Params, data: Path) -> None:
    from pipeline.flow import stage_runs  # noqa: PLC0415  keeps --help fast
    from pipeline.flow.lock import locked  # noqa: PLC0415  the same
    from pipeline.flow.pool import open_pool  # noqa: PLC0415  the same

    layout = stage_runs.Layout(data)
    with locked(data / "work"), shown_progress() as progress, open_pool(settings.workers, progress) as pool:
        stage_runs.run_step(stage, layout.work(source), layout.work(stage), settings, pool)
    _say(stage, layout)


def _say(stage: str, layout: Any) -> None:  # noqa: ANN401  a stage_runs.Layout, imported late
    from pipeline.flow import store  # noqa: PLC0415  keeps --help fast

    counts = store.read_stats(layout.work(stage))[stage]
    print(f"{stage}: {counts['rows_in']} rows in, {counts['rows_out']} out, {counts['dropped']} dropped")
    sys.stdout.flush()
