"""`tuneset summary`: what a run under DVC has made, in one screen."""

from __future__ import annotations

from typing import Any

from tuneset import artifacts
from tuneset.cli.common import DATA, DataOption, ParamsOption, SetOption
from tuneset.execution import stage_runner
from tuneset.params import load_params
from tuneset.reporting import run_summary as words


def summary(params: ParamsOption = None, set_: SetOption = None, data: DataOption = DATA) -> None:
    """Show rows, drops by reason, tokens, cost, the job and its losses, and where everything lies."""
    settings, layout = load_params(params, set_ or []), stage_runner.Layout(data)
    metrics: dict[str, Any] = artifacts.read_json(layout.reports / "metrics.json")
    print(words.text(metrics, [], settings))
    results = data / "results" / "results.json"
    if results.is_file():
        print(words.job_text(artifacts.read_json(data / "remote" / "job.json"), artifacts.read_json(results)))
    print(f"dataset  {layout.dataset}/train.jsonl, validation.jsonl")
    print(f"report   {layout.reports}/report.html")
    if results.is_file():
        print(f"results  {results.parent}/")
