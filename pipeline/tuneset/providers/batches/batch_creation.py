"""Batches at an endpoint: created once for each file of requests, found again after an interruption, and followed.

A batch bears a key of the endpoint, the content, the model and the route, so that one whose answer was lost is found in
the list; it is known by its input file too. A batch is made anew only where the one before has ended without an answer.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from tuneset.errors import RemoteError, UsageError
from tuneset.params import Params
from tuneset.providers import receipts
from tuneset.providers.calls import CANNOT_LOOK, LOOK_YOURSELF, create, look_for, pages, read
from tuneset.providers.endpoint import Endpoint
from tuneset.providers.provider import Batches, Provider
from tuneset.providers.records import RemoteBatch

KIND, INTENT = "batch", "batchintent"
SLOWEST_POLL = 4.0
"""While nothing happens, waits between two looks grow up to this many times the profile's `poll_s`."""
Say = Callable[[str], None]


def batches_of(endpoint: Endpoint, provider: Provider) -> Batches:
    """The batches of a provider. Raises UsageError where its protocol has none."""
    if provider.batches is None:
        raise UsageError(
            f"endpoint.profile {endpoint.profile.name}: {endpoint.profile.title} takes no batches from here",
            hint="name a profile that speaks the protocol of the Batch API, or a base_url that does",
        )
    return provider.batches


def check_spending(endpoint: Endpoint, params: Params) -> None:
    """Refuse to spend what the user does not allow; endpoints that cost nothing pass. Raises UsageError.

    What a batch will cost follows from answers that are not there yet, so a limit alone cannot hold it.
    """
    if not endpoint.profile.endpoint.paid:
        return
    title = endpoint.profile.title
    if params.endpoint.spend_limit_usd is None:
        raise UsageError(
            f"endpoint.spend_limit_usd is not set, and a batch at {title} costs money",
            hint="set it in params.yaml to the most that this batch may cost, in US dollars",
        )
    if not params.endpoint.accept_unknown_cost:
        raise UsageError(
            f"the cost of this batch at {title} is not known: it depends on the answers",
            hint="set endpoint.accept_unknown_cost: true to go on, and limit the answers' tokens in batch lines",
        )


def ensure_batch(
    endpoint: Endpoint, input_file: str, sha256: str, model: str, url: str, *, receipts_folder: Path, say: Say
) -> RemoteBatch:
    """Find the batch of a file of requests, or create it exactly once.

    One that has ended without any answer is replaced by a new attempt. Raises RemoteError `batch_unknown` where a paid
    endpoint does not know the batch of our receipt, `outcome_unknown` where it may hold one that cannot be looked for.
    """
    key = receipts.key_of(endpoint.identity, sha256, model, url)
    paid = endpoint.profile.endpoint.paid
    look_s = endpoint.patience.settle_s if paid else 0.0

    def ours() -> list[RemoteBatch]:
        listed = pages(endpoint, "listing batches", lambda one, after: batches_of(endpoint, one).list(after))
        found = [one for one in listed if _is_ours(one, key, input_file, url)]
        return sorted(found, key=lambda one: (one.created_at, one.id))

    def look() -> RemoteBatch | None:
        """The oldest of ours that is not in vain."""
        return next((one for one in ours() if not _in_vain(one)), None)

    def settle(sent: RemoteBatch) -> RemoteBatch:
        """Keep the oldest, and cancel what a slow server has made besides."""
        keep, *others = [one for one in ours() if not _in_vain(one)] or [sent]
        for other in others:
            if not other.ended:
                cancel_batch(endpoint, other.id)
        return keep

    with receipts.locked(receipts_folder):
        known = [found for one in receipts.read(receipts_folder, KIND, key)
                 if (found := _known(endpoint, key, one["batch_id"])) is not None]  # fmt: skip
        going = next((one for one in known if not _in_vain(one)), None)
        if going is None and receipts.read(receipts_folder, INTENT, key):
            say("an earlier run ended while it was creating this batch; looking for it")
            going = _left_behind(endpoint, look, look_s)
        if going is not None:
            say(f"batch {going.id} is there already ({going.status}); going on with it")
        else:
            attempt = 1 + len(receipts.read(receipts_folder, KIND, key))
            receipts.write(receipts_folder, INTENT, key, {"endpoint": endpoint.identity, "input_file_id": input_file})
            made, sent = create(
                endpoint,
                f"creating a batch with {model}",
                send=lambda one: batches_of(endpoint, one).create(input_file, url, key, attempt),
                look=look,
                settle=settle,
                look_s=look_s,
            )
            going = made
            say(f"batch {going.id} " + ("created" if sent else "was found there; going on with it"))
        if going.id not in {one.id for one in known}:
            content = {"endpoint": endpoint.identity, "batch_id": going.id, "input_file_id": input_file}
            receipts.write(receipts_folder, KIND, key, content)
        receipts.remove(receipts_folder, INTENT, key)
    return going


def get_batch(endpoint: Endpoint, batch_id: str) -> RemoteBatch:
    """What the endpoint says of a batch. Raises RemoteError, `not_found` where there is none."""
    return read(endpoint, f"looking up batch {batch_id}", lambda one: batches_of(endpoint, one).get(batch_id))


def cancel_batch(endpoint: Endpoint, batch_id: str) -> None:
    """Cancel a batch. Raises RemoteError."""
    read(endpoint, f"cancelling batch {batch_id}", lambda one: batches_of(endpoint, one).cancel(batch_id))


def follow(endpoint: Endpoint, batch_ids: Sequence[str], on_status: Callable[[RemoteBatch], None]) -> list[RemoteBatch]:
    """Watch batches until all have ended; give them as they ended, in the order of their ids. Raises RemoteError."""
    shortest = wait_s = endpoint.profile.endpoint.poll_s
    seen: dict[str, RemoteBatch] = {}
    while True:
        before = dict(seen)
        for batch_id in batch_ids:
            if batch_id not in seen or not seen[batch_id].ended:
                seen[batch_id] = get_batch(endpoint, batch_id)
                on_status(seen[batch_id])
        if all(one.ended for one in seen.values()):
            return [seen[batch_id] for batch_id in batch_ids]
        wait_s = shortest if seen != before else min(wait_s * 1.5, shortest * SLOWEST_POLL)
        endpoint.clock.sleep(wait_s)


def require_success(batch: RemoteBatch) -> None:
    """Raise RemoteError `batch_failed`, `batch_expired` or `batch_cancelled` for a batch that ended badly."""
    if not batch.ended_badly:
        return
    answered = f"; {batch.completed:,} of {batch.total:,} requests were answered" if batch.total else ""
    why = f": {batch.faults[0]}" if batch.faults else ""
    hint = "`tuneset batch fetch` gets what was answered; submit its unanswered.jsonl for the rest"
    if not batch.completed:
        hint = "correct what is named; the same `tuneset batch submit` creates one new batch"
    said = f"batch {batch.id} {batch.state}{why}{answered}"
    if batch.state == "failed":
        raise RemoteError(said, code="batch_failed", hint=hint)
    if batch.state == "expired":
        raise RemoteError(said, code="batch_expired", hint=hint)
    raise RemoteError(said, code="batch_cancelled", hint=hint)


def _is_ours(batch: RemoteBatch, key: str, input_file: str, url: str) -> bool:
    """Whether a batch is of that key; one without any mark is known by its file and route."""
    return batch.key == key if batch.key is not None else (batch.input_file, batch.url) == (input_file, url)


def _in_vain(batch: RemoteBatch) -> bool:
    """Whether a batch has ended without any answer, so that nothing is paid twice where it is made anew."""
    return batch.ended_badly and not batch.completed


def _known(endpoint: Endpoint, key: str, batch_id: str) -> RemoteBatch | None:
    try:
        return get_batch(endpoint, batch_id)
    except RemoteError as error:
        if error.code not in CANNOT_LOOK:
            raise
        if endpoint.profile.endpoint.paid:
            raise RemoteError(
                f"our receipt names batch {batch_id}, which {endpoint.base_url} does not know",
                code="batch_unknown",
                hint=f"use the key of the project that holds it; or remove the receipts `batch-{key}-*.json` to pay "
                "for a new one",
            ) from None
        return None


def _left_behind(endpoint: Endpoint, look: Callable[[], RemoteBatch | None], look_s: float) -> RemoteBatch | None:
    """The batch that an earlier run was creating when it ended. Raises RemoteError where that cannot be told."""
    try:
        return look_for(endpoint, look, look_s)
    except RemoteError as error:
        if error.code not in CANNOT_LOOK:
            raise
        if not endpoint.profile.endpoint.paid:
            return None
        raise RemoteError(
            "whether an earlier run has created this batch is unknown, and the endpoint lists no batches",
            code="outcome_unknown",
            hint=LOOK_YOURSELF,
        ) from None
