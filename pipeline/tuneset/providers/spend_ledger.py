"""The spend ledger: what each ended job was billed for, one write-once entry each, held against our estimate.

Tokens are those that the endpoint reports; what they cost is what it says, else follows
from the price (`job_cost.py`). Nothing is asked for here.
"""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

from tuneset.params import TuneParams
from tuneset.providers import receipts
from tuneset.providers.endpoint import Endpoint
from tuneset.providers.records import RemoteJob

MOST_DIFFERENCE = 0.05
"""Share by which billed tokens may differ from the estimate before that is said."""


@dataclasses.dataclass(frozen=True)
class Spent:
    """One ended job. Tokens and US dollars are None where the endpoint or the profile does not say.

    `estimate_exact` is whether every count in `estimated_tokens` is exact; None where there is no estimate, and in
    entries of older versions.
    """

    endpoint: str
    job_id: str
    model: str
    method: str
    status: str
    trained_tokens: int | None
    estimated_tokens: int | None
    usd: float | None
    estimate_exact: bool | None = None


def enter(
    endpoint: Endpoint,
    job: RemoteJob,
    tune: TuneParams,
    estimated: int | None,
    usd_per_million_tokens: float | None,
    receipts_folder: Path,
    *,
    exact: bool | None = None,
) -> Spent:
    """Enter an ended job into the ledger, once; give its entry. Raises RemoteError `receipt_altered`.

    `exact` is what `counted_exactly` says of the estimate.
    """
    key = receipts.key_of(endpoint.identity, job.id)
    tokens, price = job.trained_tokens, usd_per_million_tokens
    spent = Spent(
        endpoint=endpoint.identity,
        job_id=job.id,
        model=tune.model,
        method=tune.method,
        status=job.status,
        trained_tokens=tokens,
        estimated_tokens=estimated,
        usd=job.billed_usd if job.billed_usd is not None else _by_tokens(tokens, price),
        estimate_exact=None if estimated is None else exact,
    )
    if not receipts.read(receipts_folder, "spend", key):
        receipts.write(receipts_folder, "spend", key, dataclasses.asdict(spent))
    return spent


def _by_tokens(tokens: int | None, usd_per_million: float | None) -> float | None:
    return None if tokens is None or usd_per_million is None else round(tokens * usd_per_million / 1e6, 4)


def entries(receipts_folder: Path) -> list[Spent]:
    """The whole ledger, the oldest first. Raises RemoteError `receipt_altered`."""
    return [Spent(**receipt) for receipt in receipts.all_of(receipts_folder, "spend")]


def estimated_tokens(metrics: object, hyperparameters: dict[str, Any] | None) -> int | None:
    """Tokens that we expect to be billed: those of the training file, for each epoch that the endpoint chose.

    `metrics` is what the report stage left, `hyperparameters` are those that the endpoint chose.

    >>> estimated_tokens({"tokens": {"train": 100}, "cost": {"epochs": 3}}, {"n_epochs": 2})
    200
    """
    epochs = _at(hyperparameters, "n_epochs")
    if not isinstance(epochs, int):
        epochs = _at(metrics, "cost", "epochs")
    train = _at(metrics, "tokens", "train")
    return train * epochs if isinstance(train, int) and isinstance(epochs, int) else None


def counted_exactly(metrics: object) -> bool | None:
    """Whether the report stage counted every token exactly; None where it does not say.

    >>> counted_exactly({"cost": {"tokens_exact": False}}), counted_exactly(None)
    (False, None)
    """
    exact = _at(metrics, "cost", "tokens_exact")
    return exact if isinstance(exact, bool) else None


def _at(document: object, *keys: str) -> object:
    """What lies under the keys, or None where there is no such place."""
    for key in keys:
        document = document.get(key) if isinstance(document, dict) else None
    return document


def difference(spent: Spent) -> str | None:
    """A warning where the billed tokens differ from the estimate by more than MOST_DIFFERENCE, else None.

    >>> difference(Spent("local", "j", "m", "supervised", "succeeded", 1060, 1000, None))
    'job j: the endpoint trained 1,060 tokens, the estimate was 1,000 (+6.0 %)'
    """
    trained, estimated = spent.trained_tokens, spent.estimated_tokens
    if trained is None or not estimated or abs(trained - estimated) <= MOST_DIFFERENCE * estimated:
        return None
    share = 100 * (trained - estimated) / estimated
    why = ", whose counts are not exact" if spent.estimate_exact is False else ""
    return (
        f"job {spent.job_id}: the endpoint trained {trained:,} tokens, the estimate was {estimated:,} ({share:+.1f} %)"
        f"{why}"
    )
