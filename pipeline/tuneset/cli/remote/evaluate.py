"""`tuneset evaluate`: whether a job has helped, by the answers of two models to the same questions."""

from __future__ import annotations

import functools
import math
from pathlib import Path
from typing import Annotated, Any

import typer

from tuneset.api.remote import preflight
from tuneset.api.remote.asking import one_by_one
from tuneset.api.remote.asking_batches import Batched
from tuneset.api.remote.evaluate import ANSWERS, BATCHES, RESULT, ROWS, answer_cap
from tuneset.api.remote.evaluate import evaluate as run
from tuneset.api.remote.evaluation_loss import NONE, losses
from tuneset.api.remote.kept_evaluation import leave
from tuneset.cli.remote.answer_progress import told_of_answers
from tuneset.cli.remote.at_endpoint import Remote, Result, at_endpoint, say
from tuneset.cli.remote.batch import told_of
from tuneset.cli.remote.upload_progress import shown_bytes
from tuneset.errors import InputError, UsageError
from tuneset.evaluation import scoring
from tuneset.evaluation.cases import choose, read_cases
from tuneset.providers import remote_stages
from tuneset.providers.batches import batch_creation
from tuneset.providers.chat import require_chat
from tuneset.reporting.report.on_evaluation import verdict
from tuneset.reporting.report.write import write

REPORT = "evaluation"
"""The folder of the report with the evaluation in it."""


@at_endpoint(data=True, dataset=True)
def evaluate(
    remote: Remote,
    file: Annotated[
        Path | None, typer.Option("--file", metavar="FILE", help="Chat lines to ask. Default: the validation side.")
    ] = None,
    test: Annotated[bool, typer.Option("--test", help="Ask the test side instead.")] = False,
    base: Annotated[
        str | None, typer.Option("--base", metavar="MODEL", help="The first model. Default: the job's base model.")
    ] = None,
    tuned: Annotated[
        str | None, typer.Option("--tuned", metavar="MODEL", help="The second. Default: the model that the job made.")
    ] = None,
    grader: Annotated[
        str,
        typer.Option("--grader", metavar="GRADER", help="text_similarity, string_check, or a JSON file with a grader."),
    ] = "text_similarity",
    limit: Annotated[
        int | None, typer.Option("--limit", metavar="N", min=1, help="Ask so many lines, chosen by hash.")
    ] = None,
    seed: Annotated[int, typer.Option("--seed", min=0, help="Of the choice, the answers and the interval.")] = 0,
    max_tokens: Annotated[
        int | None,
        typer.Option("--max-tokens", metavar="N", min=1, help="Of an answer. Default: twice the longest reference's."),
    ] = None,
    batch: Annotated[
        bool, typer.Option("--batch", help="Ask by the Batch API: slower, and cheaper elsewhere.")
    ] = False,
    loss: Annotated[
        bool, typer.Option("--loss", help="Measure too how likely the references are to each model.")
    ] = False,
    min_gain: Annotated[
        float | None,
        typer.Option("--min-gain", metavar="X", help="Exit 1 where the lower end of the gain's interval is below it."),
    ] = None,
) -> Result:
    """Compare base and fine-tuned model on the validation or test set: scores, the gain with its interval."""
    endpoint, params, places = remote
    if batch and loss:
        raise UsageError("--batch and --loss: no batch tells how likely an answer is", hint="leave one of them away")
    if batch:
        batch_creation.batches_of(endpoint, endpoint.provider)
        batch_creation.check_spending(endpoint, params)
    else:
        require_chat(endpoint, params.endpoint)
    if test and file is not None:
        raise UsageError("--test and --file: each names what is asked", hint="leave one of them away")
    if min_gain is not None and not math.isfinite(min_gain):
        raise UsageError("--min-gain: is no number", allowed="a difference of scores, such as 0 or 0.05")
    path = file or places.folder.side("test" if test else "validation")
    if not path.is_file():
        made = "set split.test above 0 and prepare again, or " if test else ""
        raise InputError(f"{path}: is missing", hint=f"{made}name a file of chat lines: --file FILE")
    if base is None or tuned is None:
        job = remote_stages.finished_job(endpoint, places)
        base, tuned = base or job["model"], tuned or job["fine_tuned_model"]
        if tuned is None:
            raise UsageError("the server names no model that the job has made", hint="name it: --tuned MODEL")
    definition = scoring.find_grader(grader)
    found, left_out = read_cases(path)
    cases = choose(found, limit, seed)
    preflight.require(iter([preflight.egress(params, path)]), say)
    with shown_bytes() as on_bytes:
        batched = Batched(endpoint, params, places.remote / BATCHES, places.receipts, on_bytes, told_of(), say)
        document = run(
            batched.ask if batch else one_by_one(endpoint, told_of_answers()),
            functools.partial(losses, endpoint, (base, tuned), seed) if loss else lambda *_: NONE,
            identity=endpoint.identity,
            base=base,
            tuned=tuned,
            file=path,
            cases=cases,
            left_out=left_out,
            grader=definition,
            seed=seed,
            max_tokens=max_tokens or answer_cap(found),
            answers=places.remote / ANSWERS,
            folder=places.folder.root,
        )
        kept = leave(
            endpoint,
            document,
            folder=places.folder.root,
            receipts_folder=places.receipts,
            say=say,
        )
    lines = _lines(document, places.folder.root)
    if kept is not None:
        lines.append(f"the page of the server shows it too: {kept} (`tuneset serve`)")
    if places.metrics.is_file():
        write(places.folder.reports, places.folder.root / REPORT, places.results, places.folder.root)
        lines.append(f"the report again, with it: {places.folder.root / REPORT / 'report.html'}")
    enough = min_gain is None or document["gain_low"] >= min_gain
    if not enough:
        say(f"the gain's interval begins at {document['gain_low']:+.4f}, below --min-gain {min_gain}")
    return document, lines, 0 if enough else 1


def _lines(document: dict[str, Any], folder: Path) -> list[str]:
    """What is told of an evaluation; no text of a row, only where it stands."""
    low, high = document["gain_low"], document["gain_high"]
    left = [f"{document[key]:,} {what}" for key, what in _LEFT.items() if document[key]]
    lines = [
        f"{document['cases']:,} questions, graded by {document['grader']}" + "".join(f"; {one}" for one in left),
        f"  base   {document['base_score']:.4f}  {document['base']}",
        f"  tuned  {document['tuned_score']:.4f}  {document['tuned']}",
        f"  gain  {document['gain']:+.4f}  95 % interval {low:+.4f} to {high:+.4f}: {verdict(low, high)}",
        f"  {document['wins']:,} wins, {document['losses']:,} losses, {document['ties']:,} ties",
    ]
    for side in ("base", "tuned"):
        asked, said = document[f"{side}_prompt_tokens"], document[f"{side}_answer_tokens"]
        if asked is not None and said is not None:
            lines.append(f"  tokens of {side}: {asked:,} asked, {said:,} answered")
    if document["base_loss"] is not None:
        told = f"{document['base_loss']:.4f} of base, {document['tuned_loss']:.4f} of tuned"
        interval = f"{document['loss_gain_low']:+.4f} to {document['loss_gain_high']:+.4f}"
        lines.append(
            f"  loss of the references: {told}; less by {document['loss_gain']:+.4f}, 95 % interval {interval}"
        )
    cut = " and ".join(f"{document[f'{side}_cut_off']:,} of {side}" for side in ("base", "tuned"))
    lines.append(f"  at most {document['max_tokens']:,} tokens an answer; cut off there: {cut}")
    for key, what in (("largest_wins", "largest wins"), ("largest_losses", "largest losses")):
        if document[key]:
            lines += [f"{what}:", "      line    base   tuned"]
            lines += [
                f"  {one['line']:>8,}  {one['base_score']:.4f}  {one['tuned_score']:.4f}" for one in document[key]
            ]
    return [*lines, f"{folder / RESULT}, and every answer in {folder / ROWS}"]


_LEFT = {
    "left_out": "lines ask for no answer in words",
    "refused": "were refused",
    "grader_errors": "could not be graded",
}
