"""`tuneset ingest` to `tuneset gate`: one stage alone, from the data folder and params.yaml, as DVC calls them.

Which stages there are is said in the stage table; report and gate print more than their counts.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import typer

from tuneset import artifacts, stage_table
from tuneset.cli.common import (
    DATA,
    DataOption,
    DatasetArgument,
    OutputOption,
    ParamsOption,
    SetOption,
    print_result,
)
from tuneset.cli.dataset.workspace import workspace
from tuneset.cli.repository import dvc_file
from tuneset.dataset_folder import find, staged
from tuneset.execution import folder_lock, params_named, shard_store, stage_runner
from tuneset.execution.fused_run import WORK_FOLDER
from tuneset.execution.gate import measurement, record
from tuneset.params import Params
from tuneset.reporting import run_summary
from tuneset.reporting.report.write import write


def command_of(stage: str) -> Callable[..., None]:
    """The command of a stage that has no other than to run, and to print how many rows it took, gave and dropped."""

    def run(
        params: ParamsOption = None,
        set_: SetOption = None,
        data: DataOption = DATA,
        output: OutputOption = "text",
    ) -> None:
        with workspace(params, set_, data) as at:
            _tell_unseen(stage, at.params)
            if dvc_file.unkept_test_set(stage, at.params):
                print(f"note: {dvc_file.TEST_SET} is no out of split in dvc.yaml: name it there", file=sys.stderr)
            params_named.require(at.params, [stage])
            stage_runner.run_alone(stage, at.layout, at.params, at.executor)
        counts = shard_store.read_stats(at.layout.work(stage))[stage]
        told = {name: counts[name] for name in ("rows_in", "rows_out", "dropped")}
        told |= {"derived": counts["derived"]} if counts.get("derived") else {}
        made = f", {told['derived']:,} derived" if "derived" in told else ""
        line = f"{stage}: {told['rows_in']:,} rows in{made}, {told['rows_out']:,} out, {told['dropped']:,} dropped"
        print_result(output, {"schema_version": 1, "stage": stage, **told}, [line])
        sys.stdout.flush()

    return run


def _tell_unseen(stage: str, params: Params) -> None:
    """Say on stderr which files DVC would not look at, though params name them for the stage that it runs."""
    for file in dvc_file.unseen(stage_table.stage(stage), params):
        print(f"note: {file} is no dependency of {stage} in dvc.yaml: name it there", file=sys.stderr)


def report(
    params: ParamsOption = None, set_: SetOption = None, data: DataOption = DATA, output: OutputOption = "text"
) -> None:
    """Write the ledger, metrics.json, the manifest and the plots."""
    with workspace(params, set_, data) as at:
        folders = {stage: at.layout.work(stage) for stage in ("clean", "review", "dedup", "split")}
        metrics = stage_runner.run_report(folders, at.layout.dataset, at.layout.reports, at.params)
    print_result(output, metrics, [run_summary.text(metrics, [], at.params)])


def gate(
    dataset: DatasetArgument = None,
    params: ParamsOption = None,
    set_: SetOption = None,
    data: DataOption = DATA,
    output: OutputOption = "text",
) -> None:
    """Hold the dataset against the thresholds of params.yaml; exit 1 where one does not hold."""
    made = staged(data) if dataset is None else find(dataset)
    own = made.reports == made.root  # a folder that `prepare` left has no work folder but for the time of a run
    work = made.root / (WORK_FOLDER if own else "work")
    with workspace(params, set_, data, work) as at:
        _tell_unseen("gate", at.params)
        params_named.require(at.params, ["gate"])
        metrics: dict[str, Any] = artifacts.read_json(made.metrics)
        written = (made.side("train"), made.side("validation"))
        measured = measurement.measure(*written, at.params.dedup.near, at.executor, work=work / "gate")
        gates = record.write(measured, metrics, made, at.params)
        write(made.reports)
        if own:
            folder_lock.clear(work)
    passed = all(one.passed for one in gates)
    lines = [*filter(None, (run_summary.gates_text(gates), run_summary.leaks_text(measured, gates)))]
    told = {"schema_version": 1, "passed": passed, "gates": run_summary.gates_document(gates)}
    print_result(output, told, lines)
    if not passed:
        raise typer.Exit(1)
