"""One run of `label`: rows are read, what they ask is looked through and priced, asked, and the answered rows written.

Below a folder lie the answers of all runs, what batches have not answered yet, and of each file of answered rows a
ledger and its figures.
"""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import hashlib
import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from tuneset.api.remote import asked_search, label_cost
from tuneset.api.remote.asking import Answers, Ask, Progress, one_by_one
from tuneset.api.remote.asking_batches import Batched
from tuneset.api.remote.label import LabelSurvey, Teacher, Walk, survey, teacher_of, write
from tuneset.api.remote.label_cost import AtMost
from tuneset.artifacts import write_json
from tuneset.errors import InputError, RemoteError, UsageError
from tuneset.execution.folder_lock import locked
from tuneset.figures import number_of
from tuneset.labelling.prompts import Unasked
from tuneset.labelling.rows import rows
from tuneset.params import EndpointParams, Params
from tuneset.profile import embedded_profile
from tuneset.providers.batches.batch_creation import batches_of
from tuneset.providers.chat import require_answers
from tuneset.providers.endpoint import Endpoint
from tuneset.providers.files.local_file import OnBytes
from tuneset.providers.records import RemoteBatch
from tuneset.reading.containers.batch import ALONE

FOLDER = "label"
"""Below the data folder."""
ANSWERS, BATCHES = "answers.jsonl", "batches"
RAW = "raw"
"""Beside it, the folder of raw files."""


@dataclasses.dataclass(frozen=True)
class Told:
    """Who is told of what: answers, bytes and batches as they come, and sentences."""

    progress: Progress
    on_bytes: OnBytes
    on_status: Callable[[RemoteBatch], None]
    say: Callable[[str], None]


@dataclasses.dataclass(frozen=True)
class Labelled:
    """What a run did: what was asked for and could cost, and the figures of what was written; None of a preview."""

    asks: LabelSurvey
    cost: AtMost
    figures: dict[str, Any] | None


def endpoint_of(params: Params) -> EndpointParams:
    """Where the teacher is: at the endpoint of params, or at one of its own."""
    own, label = params.endpoint, params.label
    if label.profile is None and label.base_url is None:
        return own if label.api_key_env is None else own.model_copy(update={"api_key_env": label.api_key_env})
    place = {
        "profile": label.profile or embedded_profile().name,
        "base_url": label.base_url,
        "api_key_env": label.api_key_env,
    }
    return own.model_copy(update=place)


def ledger_of(folder: Path, out: Path) -> Path:
    """Where the ledger of a file of answered rows is, below the folder of all answers; no two files share one.

    One among the raw files of the same data folder is known by its name, any other also by a digest of where it is,
    seen from the folder: both may be moved together.

    >>> ledger_of(Path("data/label"), Path("data/raw/labels.jsonl")).as_posix()
    'data/label/labels.ledger.jsonl'
    >>> ledger_of(Path("data/label"), Path("labels.jsonl")).as_posix()
    'data/label/labels.jsonl-5e3dde9a694a.ledger.jsonl'
    """
    return folder / f"{_state_name(folder, out)}.ledger.jsonl"


def figures_of(folder: Path, out: Path) -> Path:
    """Where the figures of a file of answered rows are, beside its ledger."""
    return folder / f"{_state_name(folder, out)}.json"


def _state_name(folder: Path, out: Path) -> str:
    target, near = out.resolve(), folder.resolve()
    if target.suffix == ".jsonl" and target.parent == near.parent / RAW:
        return target.stem
    try:
        place = os.path.relpath(target, near)
    except ValueError:  # on another drive
        place = str(target)
    digest = hashlib.sha256(Path(place).as_posix().encode("utf-8", "surrogatepass")).hexdigest()
    return f"{target.name}-{digest[:12]}"


def run(
    endpoint: Endpoint,
    params: Params,
    paths: Sequence[Path],
    out: Path,
    *,
    folder: Path,
    receipts: Path,
    told: Told,
    preview: bool = False,
) -> Labelled:
    """Label the rows of raw files by the teacher of `params.label`, at an endpoint that is open.

    Nothing is sent before all that is to be sent was searched for what must not leave, and its cost held to the limit.
    A preview sends and writes nothing. Raises UsageError where nobody is named or money may not be spent, InputError
    for what cannot be read, CheckFailedError where something must not leave, and RemoteError; what was answered by
    then is kept, and the next run asks the rest.
    """
    label = params.label
    if label.model is None:
        raise UsageError("no teacher is named", hint="name it with --model, or in label.model of params.yaml")
    if label.by == "batch":
        batches_of(endpoint, endpoint.provider)
    else:
        require_answers(endpoint)
    where = endpoint.base_url if params.endpoint.base_url else endpoint.profile.name
    teacher = teacher_of(label, endpoint.identity, where)
    _require_apart(paths, out, folder)
    walk = functools.partial(rows, paths, label.mapping, params.ingest)
    with contextlib.nullcontext() if preview else locked(folder):
        kept = Answers(folder / ANSWERS, teacher.is_final)
        asks = survey(walk, teacher, kept)
        cost = label_cost.at_most((question for _, question in asks.questions.items()), label)
        told.say(_plan(asks, cost, teacher, endpoint))
        if not asks.answered and not asks.asking:
            raise _nothing(walk)
        if preview:
            return Labelled(asks, cost, None)
        if len(asks.questions):
            label_cost.check_spending(endpoint, params.endpoint, cost)
            asked_search.require(params, _said(asks), told.say)
            by_batch = label.by == "batch"
            chat = one_by_one(endpoint, told.progress, label.at_once)
            ask_all = _batched(endpoint, params, folder, receipts, told) if by_batch else chat
            ask_all(asks.questions, kept)
            if len(kept.refused) == len(asks.questions) and not asks.known:
                raise RemoteError(f"no row was answered: {next(kept.refused.items())[1]}", code="bad_request")
        figures = write(walk, teacher, kept.get, out, ledger_of(folder, out))
        write_json(figures_of(folder, out), figures)
        _tell_of_former(folder, out, told.say)
    return Labelled(asks, cost, figures)


def _tell_of_former(folder: Path, out: Path, say: Callable[[str], None]) -> None:
    """Say where a ledger lies under the name by which it had none but the file's own; it may be of another file."""
    former = folder / f"{out.stem}.ledger.jsonl"
    if former == ledger_of(folder, out) or not former.is_file() or (folder.parent / RAW / f"{out.stem}.jsonl").exists():
        return
    say(
        f"warning: {former} is of an earlier version of this program, for {out} or another file of that name; it is "
        "not kept up, and can be removed"
    )


def _require_apart(paths: Sequence[Path], out: Path, folder: Path) -> None:
    """See that the answered rows are not read as raw ones by the next run, nor take a place of state's own.

    Raises UsageError.
    """
    target = out.resolve()
    if folder.resolve() in target.parents:
        raise UsageError(
            f"{out}: lies in {folder}, where answers and ledgers are kept", hint="name another file with --out"
        )
    for path in paths:
        if path.resolve() in (target, *target.parents):
            raise UsageError(
                f"{out}: lies among the rows that ask, and would be read with them by the next run",
                hint="name another file with --out, or the files that ask",
            )


def _nothing(walk: Walk) -> InputError:
    """No row asks and none is answered: why not, by the first of them."""
    found = ((row.place, row.read) for row in walk() if isinstance(row.read, Unasked))
    place, read = next(found, (None, None))
    if read is None:
        return InputError("the files hold no row", allowed="rows in any shape of docs/shapes.md")
    return InputError(
        f"{place}: {read.code}: {read.detail}; and no other row asks or has an answer",
        hint="requests of the Batch API are for `tuneset batch submit`"
        if read.code == ALONE
        else "say in label.mapping which column asks, such as {user: COLUMN}",
    )


def _batched(endpoint: Endpoint, params: Params, folder: Path, receipts: Path, told: Told) -> Ask:
    known = params.endpoint.model_copy(update={"accept_unknown_cost": True})  # it was held to the limit before
    allowed = params.model_copy(update={"endpoint": known})
    return Batched(endpoint, allowed, folder / BATCHES, receipts, told.on_bytes, told.on_status, told.say).ask


def _said(asks: LabelSurvey) -> Iterator[tuple[str, dict[str, Any]]]:
    """All that is to be sent, as chat lines, each with the place of the first row that asks it."""
    for _, place, question in asks.questions.placed():
        yield place, {"messages": list(question.messages), **question.tools}


def _plan(asks: LabelSurvey, cost: AtMost, teacher: Teacher, endpoint: Endpoint) -> str:
    """What is going to be asked, in one sentence for each part of it."""
    cannot = asks.rows - asks.answered - asks.asking
    parts = [f"{number_of(asks.rows, 'row')}: {asks.answered:,} answered already, {asks.asking:,} to be answered"]
    parts += [f", {cannot:,} that cannot be asked"] if cannot else []
    parts += [f"; {number_of(asks.known, 'question')} answered by earlier runs"] if asks.known else []
    if len(asks.questions):
        price = "at a cost that is not known" if cost.usd is None else f"at most {cost.usd:.2f} USD"
        price = price if endpoint.profile.endpoint.paid or cost.usd is not None else "which cost nothing"
        questions = number_of(len(asks.questions), "question")
        parts.append(
            f"\n{questions} to {teacher.params.model} at {endpoint.profile.title}: about "
            f"{cost.prompt_tokens:,} tokens, and up to {cost.answer_tokens:,} of answers, {price}"
        )
    return "".join(parts)
