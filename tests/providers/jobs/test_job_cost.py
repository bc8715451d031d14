"""A paid endpoint gets a job only where its cost is known and allowed, or its absence is accepted in words."""

from __future__ import annotations

from typing import Any

import pytest

from tests.providers.protocol_server import KEY, Server
from tuneset.errors import UsageError
from tuneset.params import Params, parse_params
from tuneset.providers.endpoint import Endpoint
from tuneset.providers.jobs.job_cost import Expected, check_spending

COUNTED = {"cost": {"billable_tokens": 2_000_000, "estimate_usd": None}}
PRICED = {"cost": {"estimate_usd": 5.0}}
CUSTOM = "https://api.example.com/v1"
LIMIT: dict[str, Any] = {"spend_limit_usd": 5.0}


def params(model: str = "gpt-4.1-2025-04-14", **endpoint: Any) -> Params:  # noqa: ANN401  any endpoint param
    return parse_params({"endpoint": endpoint, "tune": {"model": model}}, "params.yaml")


@pytest.fixture
def openai(monkeypatch: pytest.MonkeyPatch) -> Endpoint:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    return Server().endpoint(profile="openai")


@pytest.fixture(params=["azure", "nebius", "custom"])
def unpriced(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Endpoint:
    monkeypatch.setenv("THEIR_KEY", KEY)
    place: dict[str, Any] = {} if request.param == "custom" else {"profile": request.param}
    return Server().endpoint(**place, base_url=CUSTOM, api_key_env="THEIR_KEY")


def refusal(endpoint: Endpoint, params: Params, metrics: object) -> UsageError:
    with pytest.raises(UsageError) as caught:
        check_spending(endpoint, params, metrics)
    return caught.value


def test_a_known_cost_needs_a_limit(openai: Endpoint) -> None:
    assert str(refusal(openai, params(), PRICED)) == (
        "endpoint.spend_limit_usd is not set, and a job at OpenAI costs money\n"
        "  do: set it in params.yaml to the most that this job may cost, in US dollars"
    )


def test_a_cost_above_the_limit_is_refused_and_one_at_the_limit_passes(openai: Endpoint) -> None:
    found = refusal(openai, params(spend_limit_usd=4.99, accept_unknown_cost=True), PRICED)
    assert found.message == "this job is estimated at 5.00 USD, endpoint.spend_limit_usd is 4.99"
    assert check_spending(openai, params(**LIMIT), PRICED) == Expected(5.0)


def test_an_endpoint_without_cost_needs_nothing() -> None:
    assert check_spending(Server().endpoint(), params(), None) == Expected(0.0)


def test_where_a_price_is_known_the_report_is_what_is_missing(openai: Endpoint) -> None:
    found = refusal(openai, params(**LIMIT), None)
    assert found.message == "the cost of this job at OpenAI is not known: the tokens to train are not counted yet"
    assert found.hint.startswith("run the report stage")
    assert check_spending(openai, params(spend_limit_usd=50), COUNTED) == Expected(50.0)


@pytest.mark.parametrize("metrics", [None, COUNTED])
def test_where_no_price_is_known_no_stage_is_named_that_would_not_help(unpriced: Endpoint, metrics: object) -> None:
    found = refusal(unpriced, params(**LIMIT), metrics)
    assert "is not known: no price of training gpt-4.1-2025-04-14 at " in found.message
    assert "stage" not in found.hint
    for name in ("training_usd_per_million_tokens", "usd_per_hour", "expected_hours", "accept_unknown_cost: true"):
        assert f"endpoint.{name}" in found.hint


def test_what_the_hint_names_helps(unpriced: Endpoint) -> None:
    by_token = params(**LIMIT, training_usd_per_million_tokens=2.5)
    assert check_spending(unpriced, by_token, COUNTED) == Expected(5.0)
    assert "run the report stage" in refusal(unpriced, by_token, None).hint
    assert check_spending(unpriced, params(**LIMIT, usd_per_hour=2.5, expected_hours=2), None) == Expected(5.0)
    too_high = refusal(unpriced, params(**LIMIT, usd_per_hour=2.6, expected_hours=2), None)
    assert too_high.message.startswith("this job is estimated at 5.20 USD")
    assert refusal(unpriced, params(**LIMIT, usd_per_hour=2.5), None).hint
    assert check_spending(unpriced, params(accept_unknown_cost=True), None).usd is None


def test_a_stated_price_stands_above_the_profiles(openai: Endpoint) -> None:
    stated = params(**LIMIT, training_usd_per_million_tokens=1.0)
    metrics = {"cost": {"billable_tokens": 2_000_000, "estimate_usd": 50.0}}
    assert check_spending(openai, stated, metrics) == Expected(2.0)
