"""`tuneset summary`: what a run has made, in one screen."""

from __future__ import annotations

from typing import Any

from tuneset import artifacts
from tuneset.cli.common import (
    DATA,
    DataOption,
    DatasetArgument,
    OutputOption,
    ParamsOption,
    SetOption,
    made_metrics,
    print_json,
)
from tuneset.params import load_params
from tuneset.providers.places import find_places
from tuneset.reporting import run_summary as words


def summary(
    dataset: DatasetArgument = None,
    params: ParamsOption = None,
    set_: SetOption = None,
    data: DataOption = DATA,
    output: OutputOption = "text",
) -> None:
    """Show rows, drops by reason, tokens, cost, the job and its losses, and where everything lies."""
    settings, places = load_params(params, set_ or []), find_places(dataset, data)
    metrics = made_metrics(places.metrics)
    results = places.results / "results.json"
    found: dict[str, Any] | None = artifacts.read_json(results) if results.is_file() else None
    job: dict[str, Any] = artifacts.read_json(places.job) if found is not None else {}
    if output == "json":
        folders = {"dataset": str(places.folder.files), "reports": str(places.folder.reports)}
        if found is not None:
            folders["results"] = str(places.results)
        print_json({"schema_version": 1, "metrics": metrics, "job": job or None, "results": found, "folders": folders})
        return
    print(words.text(metrics, [], settings))
    if found is not None:
        print(words.job_text(job, found))
    print(f"dataset  {places.folder.files}/train.jsonl, validation.jsonl")
    print(f"report   {places.folder.reports}/report.html, report.md")
    if found is not None:
        print(f"results  {results.parent}/")
