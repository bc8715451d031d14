"""The report of a run: which sections it has and in which order, and what stands above them."""

from __future__ import annotations

from pathlib import Path

from tuneset.reporting.report import facts, on_checks, on_evaluation, on_examples, on_rows
from tuneset.reporting.report.blocks import Report, Section
from tuneset.reporting.report.facts import RunFacts


def report(folder: Path, results: Path | None = None, evaluated: Path | None = None) -> Report:
    """The report of the run that left `folder`.

    With the training curves of `results` and the evaluation in `evaluated` where they are there. Raises InputError if
    `folder` has no `metrics.json`.
    """
    return of_facts(facts.read(folder, results, evaluated))


def of_facts(known: RunFacts) -> Report:
    """The report of these facts. A section without anything to say is left out."""
    rows, tokens, cost = known.metrics["rows"], known.metrics["tokens"], known.metrics["cost"]
    gates = known.gate.get("gates", {})
    failed = sum(not gate["passed"] for gate in gates.values())
    usd = "unknown" if cost["estimate_usd"] is None else f"${cost['estimate_usd']:,.2f}"
    estimated = "" if cost.get("tokens_exact", True) else ", by estimated tokens"
    verdict = f"{failed} of {len(gates)} gates do not hold." if failed else "All gates hold."
    return Report(
        passed=not failed if gates else None,
        verdict=verdict if gates else "No gate was asked for.",
        figures=(
            ("rows read", f"{rows['read']:,}"),
            *([("derived from them", f"{rows['derived']:,}")] if rows.get("derived") else []),
            ("training", f"{rows['train']:,}"),
            ("validation", f"{rows['validation']:,}"),
            *([("test", f"{rows['test']:,}")] if rows["test"] else []),
            ("dropped", f"{rows['dropped']:,}"),
            ("training tokens", f"{tokens['train']:,}"),
            (f"cost, {cost['epochs']} epoch{'s' if cost['epochs'] != 1 else ''}{estimated}", usd),
        ),
        warnings=known.metrics["warnings"],
        sections=[section for section in _sections(known) if section.blocks],
    )


def _sections(known: RunFacts) -> list[Section]:
    return [
        Section("gates", "Gates", on_checks.gates(known)),
        Section("evaluation", "Did it help", on_evaluation.evaluation(known)),
        Section("training", "What training came to", on_examples.training(known)),
        Section("drops", "Why rows were dropped", on_rows.drops(known)),
        Section("sources", "File by file", on_rows.sources(known)),
        Section("lengths", "How long examples are", on_examples.lengths(known)),
        Section("contents", "What is in the examples", on_examples.contents(known)),
        Section("shift", "Does validation look like training", on_checks.shift(known)),
        Section("leaks", "What validation has in common with training", on_checks.leaks(known)),
        Section("duplicates", "Duplicates", on_rows.duplicates(known)),
        Section("private", "Private data", on_rows.private(known)),
        Section("samples", "Some examples", on_rows.samples(known)),
        Section("stages", "Stage by stage", on_rows.stages(known)),
        Section("cost", "What training would cost elsewhere", on_examples.prices(known)),
        Section("data", "Which data this is", on_rows.data(known)),
    ]
