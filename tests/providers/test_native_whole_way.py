"""Providers with protocols of their own: whatever breaks at whatever request, one file, one job, and its results.

The same command is run until it ends; the server is asked afterwards what there is. What the run that meets the fault
does is a table of docs/reliability.md, which is held against this test; TUNESET_WRITE_RELIABILITY=1 writes it.
"""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable
from pathlib import Path

import httpx2
import pytest

from tests.providers.fireworks_server import MODEL as FIREWORKS_MODEL
from tests.providers.fireworks_server import FireworksServer
from tests.providers.native_server import NativeServer, fault
from tests.providers.protocol_server import KEY, FakeClock, Fault, answer, error, lost, page, refused, write_dataset
from tests.providers.together_server import MODEL as TOGETHER_MODEL
from tests.providers.together_server import TogetherServer
from tuneset.artifacts import read_json
from tuneset.errors import RemoteError
from tuneset.params import Params, parse_params
from tuneset.profile import load_profile
from tuneset.providers import remote_models, remote_stages
from tuneset.providers.places import Places

SERVERS: dict[str, tuple[Callable[[], NativeServer], str]] = {
    "together": (TogetherServer, TOGETHER_MODEL),
    "fireworks": (FireworksServer, FIREWORKS_MODEL),
}
ORDER = (*SERVERS, "bedrock-customization", "vertex-ai")
"""Of the providers in the table; those that need libraries of their own are tried in `tests/clouds`."""
PAGE = Path(__file__).parents[2] / "docs" / "reliability.md"
HEADER = "| provider | fault | where | outcome of that run |\n|---|---|---|---|\n"
FACTS = [load_profile(name).endpoint for name in SERVERS]


def acted_500() -> Fault:
    def broken(_: httpx2.Request, act: Callable[[], httpx2.Response]) -> httpx2.Response:
        act()
        return fault(500, "the server acted and fell over")

    return broken


def half() -> Fault:
    def broken(_: httpx2.Request, act: Callable[[], httpx2.Response]) -> httpx2.Response:
        whole = act()
        if "json" not in whole.headers.get("content-type", ""):
            return whole  # of a file the transport tells by its length that it was cut
        return httpx2.Response(whole.status_code, headers={"content-type": "application/json"}, content=b'{"id": "x')

    return broken


FAULTS: dict[str, Callable[[], Fault]] = {
    "refused": refused,
    "answer lost after the server acted": lost,
    "timeout after the server acted": lambda: lost(httpx2.ReadTimeout),
    "503": lambda: answer(lambda: error(503, "busy")),
    "429": lambda: answer(lambda: error(429, "slow down")),
    "500, though the server acted": acted_500,
    "answer cut in half": half,
    "a log-in page": lambda: answer(page),
}


ENVIRONMENT = {str(one.api_key_env): KEY for one in FACTS}
ENVIRONMENT |= {one.account_env: "acme" for one in FACTS if one.account_env}


@pytest.fixture(autouse=True)
def keys(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)


def params_for(model: str, **tune: object) -> Params:
    return parse_params(
        {"endpoint": {"accept_unknown_cost": True, "spend_limit_usd": 5}, "tune": {"model": model, **tune}}, "p"
    )


def go(server: NativeServer, places: Places, model: str) -> None:
    """The whole way, as the commands take it."""
    endpoint, params = FakeClock().on(server.endpoint()), params_for(model, **server.tune)
    remote_models.look_up(endpoint, model)
    remote_stages.upload(endpoint, places, say=_silent)
    remote_stages.tune(endpoint, places, params, say=_silent)
    remote_stages.fetch_results(endpoint, places)


def _silent(_: str) -> None:
    """Nobody listens."""


def until_it_ends(server: NativeServer, places: Places, model: str, most: int = 2) -> list[str]:
    """The codes of the runs that did not end well; the one after them did."""
    codes: list[str] = []
    for _ in range(most):
        try:
            go(server, places, model)
        except RemoteError as raised:
            if not raised.code:
                raise AssertionError from raised
            codes.append(raised.code)
        else:
            return codes
    raise AssertionError("it does not end")


def calls_of(make: Callable[[], NativeServer], model: str, folder: Path) -> list[str]:
    write_dataset(folder)
    server = make()
    go(server, Places(folder), model)
    return list(dict.fromkeys(server.requests))


@pytest.mark.slow
@pytest.mark.parametrize("name", FAULTS)
@pytest.mark.parametrize("provider", SERVERS)
def test_any_fault_at_any_request_ends_with_one_file_and_one_job(tmp_path: Path, provider: str, name: str) -> None:
    make, model = SERVERS[provider]
    hold_to_the_table(make, model, provider, name, tmp_path)


def hold_to_the_table(make: Callable[[], NativeServer], model: str, provider: str, name: str, folder: Path) -> None:
    """Break each request of the whole way by one fault, and hold what comes of it to the page."""
    outcomes: dict[str, str] = {}
    for number, call in enumerate(calls_of(make, model, folder / "plain")):
        case = f"{provider}: {name} at {call}"
        server, data = make(), folder / str(number)
        write_dataset(data)
        server.faults[call] = [FAULTS[name]()]
        codes = until_it_ends(server, Places(data), model)
        outcomes[call] = f"stops with `{codes[0]}`; the same command finishes" if codes else "goes on by itself"
        assert_once(server, Places(data), case)
    start = f"| {provider} | {name} |"
    rows = [f"{start} {where} | {said} |" for where, said in by_outcome(outcomes)]
    if os.environ.get("TUNESET_WRITE_RELIABILITY"):
        write_rows(start, rows)
    assert [line for line in PAGE.read_text(encoding="utf-8").splitlines() if line.startswith(start)] == rows


def by_outcome(outcomes: dict[str, str]) -> list[tuple[str, str]]:
    """The requests of each outcome; the commonest is said of all others."""
    said = sorted(dict.fromkeys(outcomes.values()), key=list(outcomes.values()).count)
    *rare, common = said
    named = [(", ".join(f"`{call}`" for call, one in outcomes.items() if one == outcome), outcome) for outcome in rare]
    return [*named, ("every other request" if rare else "every request", common)]


def write_rows(start: str, rows: list[str]) -> None:
    """Put the rows of one provider and fault into the table, in the order of SERVERS and FAULTS."""
    before, rest = PAGE.read_text(encoding="utf-8").split(HEADER)
    table = list(itertools.takewhile(lambda line: line.startswith("|"), rest.splitlines()))
    after = rest.split("\n", len(table))[-1] if table else rest
    order = [f"| {provider} | {name} |" for provider in ORDER for name in FAULTS]
    kept = [row for row in table if not row.startswith(start)] + rows
    kept.sort(key=lambda row: order.index("|".join(row.split("|")[:3]) + "|"))
    PAGE.write_text(before + HEADER + "\n".join(kept) + "\n" + after, encoding="utf-8")


def assert_once(server: NativeServer, places: Places, case: str) -> None:
    server.assert_once(places, case)
    if isinstance(server, TogetherServer):
        sides = {places.dataset(side).read_bytes() for side in ("train", "validation")}
        assert len(server.files) == 2, case
        assert {bytes(one) for one in server.contents.values()} == sides, case
        assert len(server.jobs) == 1, case
        assert all(job["training_file"] == "file-1" for job in server.jobs.values()), case
    if isinstance(server, FireworksServer):
        sides = {places.dataset(side).read_bytes() for side in ("train", "validation")}
        assert {bytes(one) for one in server.contents.values()} == sides, case
        assert len(server.datasets) == 2, case
        assert len(server.jobs) == 1, case
    assert read_json(places.results / "results.json")["final"]["train_loss"] == 0.5, case
