"""What a job is going to cost, and whether it may: from a price that is known or stated, and what is to be trained.

The cost comes from the provider's own estimate where it makes one, else from a price of params, else of the profile;
nothing is guessed.
"""

from __future__ import annotations

import dataclasses

from tuneset.errors import RemoteError, UsageError
from tuneset.params import EndpointParams, Params
from tuneset.providers.calls import read
from tuneset.providers.endpoint import Endpoint
from tuneset.providers.jobs.wanted_job import WantedJob
from tuneset.providers.records import Estimate


@dataclasses.dataclass(frozen=True)
class Expected:
    """The expected cost in US dollars, and why it is not known where it is None."""

    usd: float | None
    missing: str = ""


def expected(endpoint: Endpoint, params: Params, metrics: object) -> Expected:
    """What the job that params describe is expected to cost; `metrics` is what the report stage left, or None.

    A price of params stands above the profile's: by the token, over the billable tokens of the report; or by the
    hour, over the hours that the user expects.
    """
    stated = params.endpoint
    if stated.usd_per_hour is not None and stated.expected_hours is not None:
        return Expected(round(stated.usd_per_hour * stated.expected_hours, 4))
    price = price_of(endpoint, stated, params.tune.model, params.tune.method)
    if price is None:
        return Expected(None, f"no price of training {params.tune.model} at {endpoint.profile.title} is known")
    tokens = _number(metrics, "cost", "billable_tokens")
    if tokens is not None:
        return Expected(round(tokens * price / 1e6, 4))
    estimate = _number(metrics, "cost", "estimate_usd")
    if estimate is not None and stated.training_usd_per_million_tokens is None:
        return Expected(estimate)
    return Expected(None, "the tokens to train are not counted yet")


def price_of(endpoint: Endpoint, stated: EndpointParams, model: str, method: str) -> float | None:
    """US dollars for a million trained tokens, None where none is known; reinforcement goes by the hour."""
    if stated.training_usd_per_million_tokens is not None:
        return stated.training_usd_per_million_tokens
    known = endpoint.profile.model(model)
    return known.training_usd_per_million_tokens.value if known is not None and method != "reinforcement" else None


def quoted(endpoint: Endpoint, wanted: WantedJob) -> Estimate | None:
    """What the provider itself expects the job to cost; None where it says nothing. Raises RemoteError.

    A provider that would not take the job for its cost is a `quota_exceeded`.
    """
    found = read(endpoint, "asking what the job would cost", lambda provider: provider.jobs.estimate(wanted))
    if found is not None and not found.allowed:
        price = "" if found.usd is None else f", which it estimates at {found.usd:.2f} USD"
        raise RemoteError(
            f"{endpoint.profile.title} would not take this job{price}: the account's limit is below that",
            code="quota_exceeded",
            hint="raise the account's limit or credit at the provider, then run the same command again",
        )
    return found


def check_spending(endpoint: Endpoint, params: Params, metrics: object, quote: Estimate | None = None) -> Expected:
    """Refuse to spend more than the user allows; endpoints that cost nothing pass. Gives what the job is to cost.

    `quote` is what the provider itself expects, which counts before any reckoning of ours.
    A cost that is not known passes where `endpoint.accept_unknown_cost` says so. Raises UsageError where it does
    not, where `endpoint.spend_limit_usd` is missing, or where the cost is above it.
    """
    if not endpoint.profile.endpoint.paid:
        return Expected(0.0)
    limit, title = params.endpoint.spend_limit_usd, endpoint.profile.title
    cost = expected(endpoint, params, metrics)
    if quote is not None and quote.usd is not None:
        cost = Expected(round(quote.usd, 4))
    if cost.usd is None:
        if params.endpoint.accept_unknown_cost:
            return cost
        raise UsageError(f"the cost of this job at {title} is not known: {cost.missing}", hint=_hint(endpoint, params))
    if limit is None:
        raise UsageError(
            f"endpoint.spend_limit_usd is not set, and a job at {title} costs money",
            hint="set it in params.yaml to the most that this job may cost, in US dollars",
        )
    if cost.usd > limit:
        raise UsageError(
            f"this job is estimated at {cost.usd:.2f} USD, endpoint.spend_limit_usd is {limit:.2f}",
            hint="raise the limit, or train on fewer tokens or epochs",
        )
    return cost


def _hint(endpoint: Endpoint, params: Params) -> str:
    """What makes the cost known, or goes on without."""
    if price_of(endpoint, params.endpoint, params.tune.model, params.tune.method) is not None:
        return "run the report stage, which counts them; or set endpoint.accept_unknown_cost: true"
    return (
        "set endpoint.training_usd_per_million_tokens, or endpoint.usd_per_hour and endpoint.expected_hours, to the "
        "provider's price; or endpoint.accept_unknown_cost: true to train without a limit"
    )


def _number(document: object, *keys: str) -> float | None:
    """The number that lies under the keys, else None.

    >>> _number({"cost": {"estimate_usd": 1}}, "cost", "estimate_usd"), _number(None, "cost")
    (1.0, None)
    """
    for key in keys:
        document = document.get(key) if isinstance(document, dict) else None
    return float(document) if isinstance(document, (int, float)) and not isinstance(document, bool) else None
