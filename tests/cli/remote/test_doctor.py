"""The preflight: each thing that would go wrong is said before anything is sent, with the exit code of its kind."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import Any

import httpx2
import pytest
import typer
from typer.testing import CliRunner, Result

from tests.providers.protocol_server import KEY, Server, answer, error, lines, page, write_dataset
from tuneset.api.remote import preflight
from tuneset.api.remote.preflight import Check
from tuneset.artifacts import write_json
from tuneset.cli.remote import doctor
from tuneset.cli.remote import stages as remote
from tuneset.errors import CheckFailedError, RemoteError, TunesetError, UsageError
from tuneset.params import Params, parse_params
from tuneset.providers.endpoint import Endpoint
from tuneset.providers.places import Places
from tuneset.providers.remote_models import look_up, require_served

MODEL = "gpt-4.1-mini-2025-04-14"
PAID: dict[str, Any] = {"endpoint": {"profile": "openai", "spend_limit_usd": 1.0}, "tune": {"model": MODEL}}

app = typer.Typer()
app.command()(doctor.doctor)
app.command()(remote.upload)


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    write_dataset(tmp_path / "data")
    return tmp_path / "data"


@pytest.fixture
def server() -> Server:
    return Server(models=[{"id": MODEL, "object": "model", "created": 1, "owned_by": "openai"}])


def params(**sections: dict[str, Any]) -> Params:
    return parse_params({name: PAID.get(name, {}) | section for name, section in (PAID | sections).items()}, "p")


def checks(at: Endpoint, data: Path, **sections: dict[str, Any]) -> dict[str, Check]:
    return {check.name: check for check in preflight.everything(at, params(**sections), Places(data))}


def failed(check: Check) -> TunesetError:
    assert check.outcome == "failed"
    assert check.error is not None
    return check.error


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, arguments, catch_exceptions=False)


# What fails


def test_a_wrong_key_is_named_by_its_variable(server: Server, data: Path) -> None:
    server.faults["GET /models"] = [answer(lambda: error(401, "Incorrect API key provided.", "invalid_api_key"))]
    found = failed(checks(server.endpoint(profile="openai"), data)["endpoint"])
    assert isinstance(found, RemoteError)
    assert (found.code, found.hint) == (
        "authentication_failed", "check the key in OPENAI_API_KEY and what it is allowed to do",
    )  # fmt: skip


def test_a_captive_portal_is_no_endpoint(server: Server, data: Path) -> None:
    server.faults["GET /models"] = [answer(page)]
    found = failed(checks(server.endpoint(profile="openai"), data)["endpoint"])
    assert isinstance(found, RemoteError)
    assert found.code == "unexpected_answer"


def test_a_model_that_the_key_cannot_see_is_unknown(server: Server, data: Path) -> None:
    server.models = []
    found = failed(checks(server.endpoint(profile="openai"), data)["model"])
    assert found.message == f"tune.model {MODEL}: https://api.openai.com/v1 does not have it, or not for this key"


def test_a_model_is_dead_from_the_day_that_the_server_names(server: Server, data: Path) -> None:
    server.models[0]["shutdown_date"] = "2026-12-01"
    endpoint = server.endpoint(profile="openai")
    served = look_up(endpoint, MODEL)
    require_served(endpoint, MODEL, served, dt.date(2026, 11, 30))
    with pytest.raises(UsageError) as caught:
        require_served(endpoint, MODEL, served, dt.date(2026, 12, 1))
    assert caught.value.message == f"tune.model {MODEL}: https://api.openai.com/v1 shut it down on 2026-12-01"


def test_a_method_that_the_model_cannot_be_trained_by_fails(server: Server, data: Path) -> None:
    found = failed(checks(server.endpoint(profile="openai"), data, tune={"method": "reinforcement"})["model"])
    assert found.message == f"tune.method reinforcement: OpenAI does not offer it for {MODEL}"


@pytest.mark.parametrize(
    ("limit", "estimate", "message"),
    [
        (None, 0.5, "endpoint.spend_limit_usd is not set, and a job at OpenAI costs money"),
        (1.0, None, "the cost of this job at OpenAI is not known: the tokens to train are not counted yet"),
        (1.0, 1.01, "this job is estimated at 1.01 USD, endpoint.spend_limit_usd is 1.00"),
    ],
)
def test_a_cost_that_is_unlimited_unknown_or_too_high_fails(
    server: Server, data: Path, limit: float | None, estimate: float | None, message: str
) -> None:
    write_json(data / "reports" / "metrics.json", {"cost": {"estimate_usd": estimate}})
    found = checks(server.endpoint(profile="openai"), data, endpoint={"spend_limit_usd": limit})["cost"]
    assert failed(found).message == message


def test_a_dataset_that_would_be_rejected_fails_with_its_lines(server: Server, data: Path) -> None:
    (data / "dataset" / "train.jsonl").write_bytes(b'{"messages": []}\n' + b"".join(lines(12)))
    found = failed(checks(server.endpoint(profile="openai"), data)["files"])
    assert isinstance(found, CheckFailedError)
    train, validation = (f"{data}/dataset/{side}.jsonl" for side in ("train", "validation"))
    assert found.message.startswith(f"the dataset would be rejected: {train}:1: ")
    assert found.hint == f"`tuneset check {train} {validation}` shows all of it; nothing was sent"


def test_a_grader_that_no_server_takes_fails_with_the_files(data: Path) -> None:
    lines_ = [{"messages": [{"role": "user", "content": f"q{i}"}], "answer": "a"} for i in range(12)]
    (data / "dataset" / "train.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines_))
    (data / "dataset" / "validation.jsonl").unlink()
    tune = {"method": "reinforcement", "reinforcement": {"grader": {"type": "string_check"}}}
    wanted = parse_params({"tune": tune, "validate": {"ignore": ["MDL003"]}}, "p")
    found = {check.name: check for check in preflight.files(wanted, Places(data))}
    assert "RFT004" in failed(found["files"]).message


@pytest.mark.parametrize("name", ["train", "validation"])
def test_a_secret_on_either_side_stops_everything_and_is_not_repeated(server: Server, data: Path, name: str) -> None:
    secret = "AKIA" + "QWERTYUIOPASDF12"
    line = json.dumps(
        {"messages": [{"role": "user", "content": f"key {secret}"}, {"role": "assistant", "content": "a"}]}
    )
    path = data / "dataset" / f"{name}.jsonl"
    path.write_bytes(path.read_bytes() + line.encode() + b"\n")
    found = checks(server.endpoint(profile="openai"), data)
    assert found["files"].outcome == "ok"
    stopped = failed(found["egress"])
    assert stopped.message.startswith(f"what must not leave: {path}:")
    assert "EGR001" in stopped.message
    assert secret not in f"{stopped} {found['egress'].found}"


def _with_answer(path: Path, answer: str) -> None:
    line = {"messages": [{"role": "user", "content": "Which?"}, {"role": "assistant", "content": answer}]}
    path.write_bytes(path.read_bytes() + json.dumps(line).encode() + b"\n")


def test_a_secret_that_takes_a_closer_look_stops_as_well_and_it_is_said_how_to_see_it(data: Path) -> None:
    path = data / "dataset" / "train.jsonl"
    _with_answer(path, "Set password=Tr0ub4dor&3x there.")
    found = {check.name: check for check in preflight.files(Params(), Places(data))}
    stopped = failed(found["egress"])
    assert stopped.message.startswith(f"what must not leave: {path}:")
    assert "EGR007" in stopped.message
    assert " --severity EGR007=error` shows all of it" in str(stopped)
    assert "Tr0ub4dor" not in str(stopped)


def test_a_personal_number_is_a_warning_that_params_can_switch_off_or_make_an_error(data: Path) -> None:
    _with_answer(data / "dataset" / "train.jsonl", "My SSN is 536-90-4399.")
    for rules, outcome in (
        ({}, "warning"),
        ({"ignore": ["personal-number"]}, "ok"),
        ({"severity": {"EGR005": "error"}}, "failed"),
    ):
        found = {check.name: check for check in preflight.files(parse_params({"validate": rules}, "p"), Places(data))}
        assert found["egress"].outcome == outcome


@pytest.mark.parametrize(("content", "words"), [(None, "is missing"), (b"", "is empty")])
def test_without_a_training_file_there_is_nothing_to_send(
    server: Server, data: Path, content: bytes | None, words: str
) -> None:
    path = data / "dataset" / "train.jsonl"
    path.unlink() if content is None else path.write_bytes(content)
    assert failed(checks(server.endpoint(profile="openai"), data)["files"]).message == f"{path}: {words}"


def test_upload_stops_at_the_first_failure_and_sends_nothing(data: Path) -> None:
    (data / "dataset" / "train.jsonl").write_bytes(b'{"messages": []}\n')
    with pytest.raises(CheckFailedError):
        run("upload")
    assert not (data / "receipts").exists()


def test_an_unknown_cost_stops_a_job_and_no_upload(server: Server, data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NEBIUS_API_KEY", KEY)
    at = server.endpoint(profile="nebius")
    model = {"model": "meta-llama/Meta-Llama-3.1-8B-Instruct"}
    wanted = params(endpoint={"profile": "nebius"}, tune=model)
    assert [check.name for check in preflight.before_upload(at, wanted, Places(data)) if check.error] == []
    assert [check.name for check in preflight.everything(at, wanted, Places(data)) if check.error] == ["cost"]
    taken = checks(at, data, endpoint={"profile": "nebius", "accept_unknown_cost": True}, tune=model)["cost"]
    assert taken.outcome == "warning"


# What passes


def test_everything_in_order_is_said_row_by_row(server: Server, data: Path) -> None:
    write_json(data / "reports" / "metrics.json", {"cost": {"estimate_usd": 0.25}})
    found = checks(server.endpoint(profile="openai"), data)
    assert {name: (check.outcome, check.found) for name, check in found.items() if name != "notice"} == {
        "endpoint": ("ok", "OpenAI answers at https://api.openai.com/v1"),
        "model": ("ok", f"{MODEL} can be trained by method supervised, until 2027-01-14"),
        "cost": ("ok", "estimated at 0.25 USD, the limit is 1.00"),
        "files": ("ok", "12 and 3 examples pass for openai"),
        "egress": ("ok", "no secret and no payment card in them"),
    }
    assert found["notice"].found == "from 2027-01-06 nobody can create new fine-tuning jobs"
    assert server.requests == ["GET /models"]


def test_an_endpoint_without_a_list_of_models_passes(server: Server, data: Path) -> None:
    server.faults["GET /models"] = [answer(lambda: error(404, "no such route"))]
    assert checks(server.endpoint(profile="openai"), data)["model"].outcome == "ok"


def nothing_but(response: Any) -> Server:  # noqa: ANN401  makes an answer
    """A server that answers the same at every path."""
    server = Server()
    for call in ("GET /models", "GET /files", "GET /fine_tuning/jobs"):
        server.faults[call] = [answer(response)] * 9
    return server


@pytest.mark.parametrize(
    "response",
    [
        lambda: error(404, "no such route"),
        lambda: httpx2.Response(200, json={"status": "ok"}),
        lambda: httpx2.Response(200, json={}),
        lambda: httpx2.Response(200, text="It works!"),
    ],
)
def test_an_address_that_answers_something_is_no_endpoint(data: Path, response: Any) -> None:  # noqa: ANN401  as above
    found = checks(nothing_but(response).endpoint(profile="openai"), data)["endpoint"]
    assert failed(found).exit_code == 4


def test_a_key_that_may_not_list_models_goes_on_with_a_warning(server: Server, data: Path) -> None:
    for refused in (error(403, "no"), error(401, "Missing scopes: api.model.read")):
        server.faults["GET /models"] = [answer(lambda response=refused: response)] * 2  # type: ignore[misc]
        found = checks(server.endpoint(profile="openai"), data)
        assert found["endpoint"].outcome == "warning"
        assert not [check for check in found.values() if check.error and check.name != "cost"]


def test_the_table_and_its_exit_code_are_those_of_the_first_failure(
    data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = run("doctor")
    assert whole.exit_code == 0
    assert whole.stdout.splitlines()[2:] == [
        "ok       model     local-tiny can be trained by method supervised",
        "ok       cost      Embedded endpoint costs nothing",
        "ok       files     12 and 3 examples pass for local",
        "ok       egress    no secret and no payment card in them",
        "ok       gate      every threshold holds (run again: nobody has looked)",
    ]
    monkeypatch.delenv("OPENAI_API_KEY")
    result = run("doctor", "--set", "endpoint.profile=openai", "--output", "json")
    assert result.exit_code == 4
    rows = json.loads(result.stdout)["checks"]
    assert rows[0] == {
        "check": "key",
        "outcome": "failed",
        "found": "endpoint.profile openai: the environment variable OPENAI_API_KEY holds no key",
        "code": "api_key_missing",
        "hint": "set OPENAI_API_KEY, or name another variable in endpoint.api_key_env",
    }
    assert [row["check"] for row in rows[1:]] == ["files", "egress", "gate"]
