"""`tuneset summary`: what a run has made, in one screen."""

from __future__ import annotations

from typing import Any

from tuneset import artifacts
from tuneset.cli.common import DATA, DataOption, DatasetArgument, ParamsOption, SetOption
from tuneset.params import load_params
from tuneset.providers.places import find_places
from tuneset.reporting import run_summary as words


def summary(
    dataset: DatasetArgument = None, params: ParamsOption = None, set_: SetOption = None, data: DataOption = DATA
) -> None:
    """Show rows, drops by reason, tokens, cost, the job and its losses, and where everything lies."""
    settings, places = load_params(params, set_ or []), find_places(dataset, data)
    metrics: dict[str, Any] = artifacts.read_json(places.metrics)
    print(words.text(metrics, [], settings))
    results = places.results / "results.json"
    if results.is_file():
        print(words.job_text(artifacts.read_json(places.job), artifacts.read_json(results)))
    print(f"dataset  {places.folder.files}/train.jsonl, validation.jsonl")
    print(f"report   {places.folder.reports}/report.html, report.md")
    if results.is_file():
        print(f"results  {results.parent}/")
