"""The last line of `prepare` names a command that can be typed, by the gates and by the endpoint."""

from __future__ import annotations

from pathlib import Path

import pytest

from tuneset.cli.commands import commands
from tuneset.cli.dataset import next_step
from tuneset.params import parse_params


@pytest.mark.parametrize(
    ("endpoint", "said"),
    [
        ({}, "tuneset upload 'my data'"),
        ({"profile": "openai", "spend_limit_usd": 5.0}, "tuneset doctor 'my data'   (OPENAI_API_KEY is not set)"),
        (
            {"profile": "openai", "api_key_env": "HERE"},
            "tuneset doctor 'my data'   (endpoint.spend_limit_usd is not set)",
        ),
        ({"profile": "openai", "api_key_env": "HERE", "spend_limit_usd": 5.0}, "tuneset upload 'my data'"),
        ({"profile": "opnai"}, "tuneset doctor 'my data'   (no profile is called opnai)"),
    ],
)
def test_an_endpoint_that_lacks_something_sends_to_the_doctor(
    endpoint: dict[str, object], said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(next_step, "commands", lambda: [one for one in commands() if one.name != "view"])
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    monkeypatch.setenv("HERE", "key")
    params = parse_params({"endpoint": endpoint}, "p")
    assert next_step.next_step(Path("my data"), params, passed=True) == f"next: {said}"
    assert "an upload stops at a failed gate" in next_step.next_step(Path("my data"), params, passed=False)
