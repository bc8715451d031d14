"""Each command by which docs/migrate.md moves a job is one that is taken, and writes what the page says."""

from __future__ import annotations

import contextlib
import json
import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner

from tests.providers.protocol_server import FakeClock, Server, write_dataset
from tuneset.cli.main import app
from tuneset.cli.remote import at_endpoint
from tuneset.params import EndpointParams, parse_params
from tuneset.providers import remote_stages
from tuneset.providers.endpoint import Endpoint
from tuneset.providers.places import Places
from tuneset.writing import registry

PAGE = (Path(__file__).parents[3] / "docs" / "migrate.md").read_text(encoding="utf-8")
COMMANDS = re.findall(r"^    tuneset (migrate (?:[^\n]*\\\n)*[^\n]*)$", PAGE, re.MULTILINE)


@pytest.fixture
def job_id(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> str:
    """A job that has ended, whichever endpoint is asked."""
    monkeypatch.chdir(tmp_path)
    server = Server()
    write_dataset(tmp_path / "data")
    endpoint, places = FakeClock().on(server.endpoint()), Places(tmp_path / "data")
    remote_stages.upload(endpoint, places, say=_silent)
    remote_stages.tune(endpoint, places, parse_params({}, "p"), say=_silent)

    @contextlib.contextmanager
    def opened(_: EndpointParams) -> Iterator[Endpoint]:
        yield endpoint

    monkeypatch.setattr(at_endpoint, "open_endpoint", opened)
    (found,) = server.jobs
    return found


def _silent(_: str) -> None:
    """Nobody listens."""


def test_the_page_has_its_commands() -> None:
    assert len(COMMANDS) == PAGE.count("    tuneset migrate ") >= 9


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_of_the_page_writes_what_it_says(job_id: str, command: str) -> None:
    words = shlex.split(command.replace("\\\n", " "), comments=True)
    # Another test makes a job at the other endpoint (test_migrate.py); without `--create` all is written, none is sent.
    asked = [job_id if word == "ftjob-..." else word for word in words if word != "--create"]
    done = CliRunner().invoke(app, asked, catch_exceptions=False)
    assert done.exit_code == 0, done.stderr
    to, out = (Path(words[words.index(option) + 1]) for option in ("--to", "--out"))
    told = json.loads((out / "migration.json").read_bytes())
    assert told["to"] == to.name
    if to.name in {one.name for one in registry.EXPORTERS}:
        assert told["made"]["lines"]["exported"] == told["made"]["lines"]["read"] > 0
        return
    assert told["made"]["errors"] == 0
    params = yaml.safe_load((out / "params.yaml").read_text(encoding="utf-8"))
    assert params["endpoint"]["profile"] == to.name
    for place, word in enumerate(words):
        if word == "--there":
            name, _, value = words[place + 1].partition("=")
            held = params
            for part in name.split("."):
                held = held[part]
            assert str(held).lower() == value.lower()
