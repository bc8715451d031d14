"""`tuneset ingest` to `tuneset gate`: one stage alone, from the data folder and params.yaml, as DVC calls them.

Which stages there are is said in the stage table; report and gate print more than their counts.
"""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import typer

from tuneset import dataset_folder, stage_table
from tuneset.cli.common import (
    DATA,
    DataOption,
    DatasetArgument,
    OutputOption,
    ParamsOption,
    SetOption,
    made_metrics,
    print_result,
)
from tuneset.cli.dataset.named_files import tell_raw_left_out
from tuneset.cli.dataset.workspace import workspace
from tuneset.cli.repository import dvc_file
from tuneset.dataset_folder import ASKED_FOR, LAST, REPORTS, TRAIN_FILE, DatasetFolder, find
from tuneset.errors import InputError
from tuneset.execution import folder_lock, params_named, shard_store, stage_runner
from tuneset.execution.accounts import report_run
from tuneset.execution.executor import Executor
from tuneset.execution.fused_run import SIDE_FILES, WORK_FOLDER
from tuneset.execution.gate import measurement, record
from tuneset.execution.stores import file_ranges, local_copies
from tuneset.execution.stores.location import RemotePath, location
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
            tell_unseen(stage, at.params)
            if dvc_file.unkept_test_set(stage, at.params):
                print(f"note: {dvc_file.TEST_SET} is no out of split in dvc.yaml: name it there", file=sys.stderr)
            params_named.require(at.params, [stage])
            if stage == "ingest":
                tell_raw_left_out([location(path) for path in at.params.ingest.paths])
            stage_runner.run_alone(stage, at.layout, at.params, at.executor)
        counts = shard_store.read_stats(at.layout.work(stage))[stage]
        told = {name: counts[name] for name in ("rows_in", "rows_out", "dropped")}
        told |= {"derived": counts["derived"]} if counts.get("derived") else {}
        made = f", {told['derived']:,} derived" if "derived" in told else ""
        line = f"{stage}: {told['rows_in']:,} rows in{made}, {told['rows_out']:,} out, {told['dropped']:,} dropped"
        print_result(output, {"schema_version": 1, "stage": stage, **told}, [line])
        sys.stdout.flush()

    return run


def tell_unseen(stage: str, params: Params) -> None:
    """Say on stderr which files DVC would not look at, though params name them for the stage that it runs."""
    for file in dvc_file.unseen(stage_table.stage(stage), params):
        print(f"note: {file} is no dependency of {stage} in dvc.yaml: name it there", file=sys.stderr)


def report(
    params: ParamsOption = None, set_: SetOption = None, data: DataOption = DATA, output: OutputOption = "text"
) -> None:
    """Write the ledger, metrics.json, the manifest and the plots."""
    with workspace(params, set_, data) as at:
        folders = {stage: at.layout.work(stage) for stage in ("clean", "review", "dedup", "split")}
        with local_copies.to_write(at.layout.reports, over=ASKED_FOR, last=LAST) as reports:
            metrics = report_run.have_report(folders, at.layout.dataset, reports, at.params, at.executor)
    print_result(output, metrics, [run_summary.text(metrics, [], at.params)])


def gate(
    dataset: DatasetArgument = None,
    params: ParamsOption = None,
    set_: SetOption = None,
    data: DataOption = DATA,
    output: OutputOption = "text",
) -> None:
    """Hold the dataset against the thresholds of params.yaml; exit 1 where one does not hold."""
    root = location(data if dataset is None else dataset)
    staged = dataset is None
    with _at_hand(root, staged=staged) as made:
        files = made.files if isinstance(root, Path) else root / "dataset" if staged else root
        # A folder that `prepare` left has no work folder but for the time of a run.
        own = made.reports == made.root if isinstance(root, Path) else not staged
        name = WORK_FOLDER if own else "work"
        work = root / name
        with (
            workspace(params, set_, data, work) as at,
            _readable(files, at.executor) as here,
        ):
            tell_unseen("gate", at.params)
            params_named.require(at.params, ["gate"])
            metrics = made_metrics(made.metrics)
            train, validation = written = [here / f"{side}.jsonl" for side in record.GATED]
            scratch = work if isinstance(here, RemotePath) else made.root / name
            near = at.params.dedup.near
            measured = measurement.measure(train, validation, near, at.executor, work=scratch / "gate")
            digests = at.executor.map(file_ranges.sha256, written, label="gate: digests", size=0)
            sha256 = {file.name: digest for file, digest in zip(written, digests, strict=True)}
            gates = record.write(measured, metrics, made, at.params, sha256)
            write(made.reports)
            if own:
                folder_lock.clear(work)
    passed = all(one.passed for one in gates)
    lines = [*filter(None, (run_summary.gates_text(gates), run_summary.leaks_text(measured, gates)))]
    told = {"schema_version": 1, "passed": passed, "gates": run_summary.gates_document(gates)}
    print_result(output, told, lines)
    if not passed:
        raise typer.Exit(1)


@contextlib.contextmanager
def _readable(files: Path | RemotePath, executor: Executor) -> Iterator[Path | RemotePath]:
    """Yield where the workers of this executor read the sides: those of a cluster in the store, others in copies."""
    if executor.repeats:
        yield files
    else:
        with local_copies.to_read(files, SIDE_FILES) as here:
            yield here


@contextlib.contextmanager
def _at_hand(root: Path | RemotePath, *, staged: bool) -> Iterator[DatasetFolder]:
    """Yield a made dataset; of one in a store the reports in local files, of which what is written is stored.

    `staged` says that it lies in a data folder. Raises InputError where there is none.
    """
    if isinstance(root, Path):
        yield dataset_folder.staged(root) if staged else find(root)
        return
    files, reports = (root / "dataset", root / "reports") if staged else (root, root)
    if not (files / TRAIN_FILE).is_file():
        raise InputError(f"{root}: holds no {TRAIN_FILE}", hint=f"make it: tuneset prepare RAW... --out {root}")
    with local_copies.to_read(reports, REPORTS) as told:
        yield DatasetFolder(told, told, told)
        for name in ("report.html", "report.md", "gate.json"):
            local_copies.store(told / name, reports / name)
