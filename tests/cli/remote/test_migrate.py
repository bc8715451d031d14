"""A job that is created at another endpoint: by settings that are told, within a limit, once, and with a yes."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner, Result

from tests.providers.native_server import json_of
from tests.providers.protocol_server import KEY, FakeClock, Server, write_dataset
from tests.providers.together_server import MODEL, TogetherServer
from tuneset.api.remote import opening
from tuneset.cli.main import app
from tuneset.cli.remote import at_endpoint, moved_job
from tuneset.params import EndpointParams, parse_params
from tuneset.profile import profile_names
from tuneset.providers import remote_stages
from tuneset.providers.endpoint import Endpoint
from tuneset.providers.places import Places
from tuneset.rules.registry import BY_CODE
from tuneset.writing import registry

THERE = ("--there", "endpoint.spend_limit_usd=5")


@pytest.fixture
def there(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> TogetherServer:
    """The other endpoint; a job has ended at the first one, whose data folder is the working one."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TOGETHER_API_KEY", KEY)
    here, other = Server(), TogetherServer()
    write_dataset(tmp_path / "data")
    endpoint, places = FakeClock().on(here.endpoint()), Places(tmp_path / "data")
    tune = {"n_epochs": 2, "batch_size": 4, "learning_rate_multiplier": 2.0}
    remote_stages.upload(endpoint, places, say=_silent)
    remote_stages.tune(endpoint, places, parse_params({"tune": tune}, "p"), say=_silent)
    for job in here.jobs.values():
        job["hyperparameters"] = tune

    @contextlib.contextmanager
    def opened(params: EndpointParams) -> Iterator[Endpoint]:
        own = params.model_dump(exclude={"profile"}, exclude_defaults=True)
        yield endpoint if params.profile == "local" else FakeClock().on(other.endpoint(**own))

    for module in (at_endpoint, moved_job, opening):
        monkeypatch.setattr(module, "open_endpoint", opened)
    return other


def _silent(_: str) -> None:
    """Nobody listens."""


def migrate(*more: str) -> Result:
    command = ["migrate", "--to", "together", "--out", "moved", "--model", MODEL, *more]
    return CliRunner().invoke(app, command, catch_exceptions=False)


def settings() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(Path("moved/params.yaml").read_text(encoding="utf-8"))
    return found


def test_without_a_limit_or_above_it_nothing_is_sent(there: TogetherServer) -> None:
    for limit in ((), ("--there", "endpoint.spend_limit_usd=0.0001")):
        with pytest.raises(Exception, match=r"spend_limit_usd|cost of this job"):
            migrate("--create", "--yes", *limit)
    assert there.jobs == {}


def test_without_a_yes_no_job_is_created(there: TogetherServer) -> None:
    done = migrate("--create", *THERE)
    assert done.exit_code == 0
    assert "--yes does it" in done.stdout
    assert (there.files, there.jobs) == ({}, {})


def test_the_rules_that_found_something_are_named(there: TogetherServer) -> None:
    # Of 12 examples one provider at least says that they are few.
    done = CliRunner().invoke(app, ["migrate", "--to", "vertex-ai", "--out", "moved"], catch_exceptions=False)
    assert done.exit_code == 0
    made = json.loads(Path("moved/migration.json").read_bytes())["made"]
    assert sum(made["by_code"].values()) >= made["warnings"] > 0
    for code, count in made["by_code"].items():
        assert f"{count:>10}  {code} {BY_CODE[code].name}\n" in done.stdout
    assert there.files == {}


def test_a_job_is_created_once_with_settings_that_were_told(there: TogetherServer) -> None:
    for _ in range(2):
        done = migrate("--create", "--yes", *THERE)
        assert done.exit_code == 0, done.stderr
    assert len(there.jobs) == 1
    (asked,) = (one for one in there.seen if (one.method, one.url.path) == ("POST", "/v1/fine-tunes"))
    job = json_of(asked)
    assert (job["n_epochs"], job["batch_size"], job["learning_rate"]) == (2, 4, 0.0002)
    assert "learning_rate_multiplier: 2 -> 0.0002" in done.stderr
    assert "goes into tune.extra_body.learning_rate, which is absolute there" in done.stderr
    plan = json.loads(Path("moved/migration.json").read_bytes())
    assert plan["there"]["job_id"] == next(iter(there.jobs))
    told = {one["name"]: one for one in plan["hyperparameters"]}
    assert told["endpoint.spend_limit_usd"]["rule"] == "named by you"
    assert settings()["endpoint"] == {"profile": "together", "spend_limit_usd": 5}


@pytest.mark.parametrize("name", sorted({one.name for one in registry.EXPORTERS} & set(profile_names())))
def test_a_name_that_is_both_means_the_endpoint_where_a_job_is_made_and_the_format_else(
    there: TogetherServer, name: str
) -> None:
    start = ["migrate", "--to", name, "--model", MODEL, "--out"]
    assert CliRunner().invoke(app, [*start, "format"], catch_exceptions=False).exit_code == 0
    assert json.loads(Path("format/manifest.json").read_bytes())["flavour"] == name
    done = CliRunner().invoke(app, [*start, "moved", "--create", *THERE], catch_exceptions=False)
    assert "--yes does it" in done.stdout
    assert settings()["endpoint"]["profile"] == name
    assert there.jobs == {}


def test_an_export_format_makes_no_job(there: TogetherServer) -> None:
    with pytest.raises(Exception, match="is an export format"):
        CliRunner().invoke(app, ["migrate", "--to", "trl", "--out", "trl", "--create"], catch_exceptions=False)
