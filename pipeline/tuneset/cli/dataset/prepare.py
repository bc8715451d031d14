"""`tuneset prepare`: ingest to gate in one process."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Literal

import typer

from tuneset.cli.common import (
    DownloadOption,
    OutputOption,
    ParamsOption,
    SetOption,
    TargetOption,
    WorkersOption,
    print_json,
)
from tuneset.cli.dataset.named_files import tell_raw_left_out
from tuneset.cli.dataset.next_step import next_step
from tuneset.cli.error_log import kept_in
from tuneset.cli.progress import shown_progress
from tuneset.dataset_folder import ASKED_FOR, LAST, prepared
from tuneset.execution import fused_run
from tuneset.execution.stores import local_copies
from tuneset.execution.stores.location import location
from tuneset.params import load_params


def prepare(
    raw: Annotated[list[Path], typer.Argument(metavar="RAW...", help="Raw files, or folders of them.")],
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="Where the dataset goes.")],
    params: ParamsOption = None,
    set_: SetOption = None,
    target: TargetOption = None,
    allow_download: DownloadOption = False,
    unstable: Annotated[
        Literal["keep", "split"] | None,
        typer.Option(
            "--unstable",
            help="Conversations whose earlier turns the target's template shows otherwise later: kept whole, or split "
            "into an example for each trained answer. Default: target.unstable of params.yaml.",
        ),
    ] = None,
    keep_work: Annotated[
        bool,
        typer.Option(
            "--keep-work", help="Keep what was made of each raw file, so that the next run reads new ones only."
        ),
    ] = False,
    workers: WorkersOption = None,
    output: OutputOption = "text",
) -> None:
    """Turn raw files into train.jsonl and validation.jsonl, with an account of every row."""
    named = {"target.model": target, "target.unstable": unstable, "workers": workers}
    named |= {"target.allow_download": "true" if allow_download else None}
    settings = load_params(params, [*(set_ or []), *(f"{key}={value}" for key, value in named.items() if value)])
    at, given = location(out), [location(path) for path in raw]
    tell_raw_left_out(given)
    with kept_in(at / fused_run.WORK_FOLDER), local_copies.to_write(at, over=ASKED_FOR, last=LAST) as reports:
        with shown_progress() as progress:
            done = fused_run.prepare(given, at, settings, progress, keep_work=keep_work, reports=reports)
        from tuneset.reporting import run_summary, unread_rows  # noqa: PLC0415  workers are not kept waiting for it
        from tuneset.reporting.report.write import write  # noqa: PLC0415  the same

        write(reports)
        unread = unread_rows.told(prepared(reports).ledger)
    if output == "json":
        print_json(done.metrics | {"gates": run_summary.gates_document(done.gates)})
    else:
        told = (run_summary.text(done.metrics, done.gates, settings), run_summary.leaks_text(done.measured, done.gates))
        print("\n".join(filter(None, told)))
        if unread:
            print("\n".join(["", *run_summary.fitting(unread)]))
        last = [
            f"files    {at}/train.jsonl, validation.jsonl; what became of each row: {at}/ledger.parquet",
            f"report   {at}/report.html, report.md",
            next_step(at, settings, passed=all(gate.passed for gate in done.gates)),
        ]
        print("\n".join(["", *run_summary.fitting(last)]))
    failed = [gate for gate in done.gates if not gate.passed]
    if failed:
        print(f"\n{len(failed)} of {len(done.gates)} gates failed", file=sys.stderr)
        raise typer.Exit(1)
