"""`tuneset label`: rows that have no answer get one of a teacher, as a raw file for `prepare`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from tuneset.api.remote.label_run import FOLDER, Labelled, Told, endpoint_of, ledger_of, run
from tuneset.cli.dataset.stages import tell_unseen
from tuneset.cli.remote.answer_progress import told_of_answers
from tuneset.cli.remote.at_endpoint import Remote, Result, at_endpoint, say
from tuneset.cli.remote.batch import told_of
from tuneset.cli.remote.upload_progress import shown_bytes
from tuneset.drop_reasons import REASONS
from tuneset.rules.registry import BY_CODE


@at_endpoint(data=True, endpoint_of=endpoint_of)
def label(
    remote: Remote,
    raw: Annotated[
        list[Path] | None,
        typer.Argument(metavar="[RAW]...", help="Raw files, or folders of them. Default: label.paths."),
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", metavar="FILE", help="The file of answered rows. Default: label.out.")
    ] = None,
    model: Annotated[
        str | None, typer.Option("--model", metavar="NAME", help="The teacher. Default: label.model.")
    ] = None,
    batch: Annotated[
        bool | None,
        typer.Option(
            "--batch/--chat",
            help="Ask by the Batch API, slower and at most providers cheaper, or one by one. Default: label.by.",
        ),
    ] = None,
    preview: Annotated[
        bool, typer.Option("--preview", help="Show what would be asked and what it can cost; nothing is sent.")
    ] = False,
) -> Result:
    """Ask a teacher for the answers of rows that have none; what is answered is never asked again."""
    endpoint, params, places = remote
    named = {"model": model, "by": None if batch is None else "batch" if batch else "chat"}
    own = params.label.model_copy(update={name: value for name, value in named.items() if value is not None})
    tell_unseen("label", params)
    target = out or Path(own.out)
    folder = places.data / FOLDER
    with shown_bytes() as on_bytes:
        done = run(
            endpoint,
            params.model_copy(update={"label": own}),
            raw or [Path(path) for path in own.paths],
            target,
            folder=folder,
            receipts=places.receipts,
            told=Told(told_of_answers(), on_bytes, told_of(), say),
            preview=preview,
        )
    document = {"plan": _plan(done), "result": done.figures}
    if done.figures is None:
        return document, ["nothing was sent and nothing written"]
    ledger = ledger_of(folder, target)
    files = {"out": str(target), "ledger": str(ledger)}
    return {**document, "files": files}, [*_lines(done.figures), f"{target}; what became of each row: {ledger}"]


def _plan(done: Labelled) -> dict[str, Any]:
    asks, cost = done.asks, done.cost
    return {
        "rows": asks.rows,
        "answered": asks.answered,
        "asking": asks.asking,
        "known_questions": asks.known,
        "questions": len(asks.questions),
        "prompt_tokens_estimated": cost.prompt_tokens,
        "answer_tokens_at_most": cost.answer_tokens,
        "usd_at_most": cost.usd,
    }


def _lines(figures: dict[str, Any]) -> list[str]:
    """What is told of the answers; no text of a row."""
    counts = ", ".join(f"{figures[name]:,} {what}" for name, what in _OUTCOMES.items())
    lines = [f"{figures['rows']:,} row{'' if figures['rows'] == 1 else 's'}: {counts}"]
    for code, count in figures["dropped_by_code"].items():
        name = REASONS[code].name if code in REASONS else BY_CODE[code].name
        lines.append(f"  {count:>9,}  {code} {name}")
    lines += [f"  {count:>9,}  answered by {model}" for model, count in figures["labelled_by"].items()]
    if figures["prompt_tokens"] is not None and figures["answer_tokens"] is not None:
        price = "" if figures["usd"] is None else f", {figures['usd']:.2f} USD"
        lines.append(f"  {figures['prompt_tokens']:,} tokens asked, {figures['answer_tokens']:,} answered{price}")
    return lines


_OUTCOMES = {"labelled": "labelled", "answered": "had an answer", "dropped": "dropped"}
