"""`tuneset serve`: the key does not show, and what cannot be served is said."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from openai import OpenAI
from openai.types.chat import ChatCompletionMessageParam

from tests.endpoint.support import BASE_MODELS
from tuneset.cli.remote import serve as command
from tuneset.errors import InputError, UsageError

KEY = "sk-a-key-that-must-not-show"


@contextlib.contextmanager
def serving(state: Path, *options: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A server as a user starts it, and its base URL."""
    arguments = [sys.executable, "-m", "tuneset", "serve", "--port", "0", "--state", str(state), *options]
    environment = {name: value for name, value in os.environ.items() if name != command.KEY_VARIABLE}
    with subprocess.Popen(arguments, stderr=subprocess.PIPE, text=True, env=environment) as process:
        try:
            assert process.stderr is not None
            said = process.stderr.readline()
            assert said.startswith("listening on http://127.0.0.1:")
            yield process, said.split()[2]
        finally:  # else a test that fails would wait for the server for ever
            process.send_signal(signal.SIGINT)


@pytest.mark.slow
def test_a_stop_in_order_lets_an_open_answer_come_to_its_end(tmp_path: Path) -> None:
    with serving(tmp_path / "state") as (process, base_url), OpenAI(base_url=base_url, api_key="any") as client:
        messages: list[ChatCompletionMessageParam] = [{"role": "user", "content": "a"}]
        told = client.chat.completions.create(model="local-tiny", messages=messages, max_tokens=500, stream=True)
        next(told)
        process.send_signal(signal.SIGTERM)
        *_, last = told
        assert last.choices[0].finish_reason in {"stop", "length"}
        assert process.wait(300) == 0


@pytest.mark.skipif(sys.platform != "linux", reason="reads the command line of a process in /proc")
@pytest.mark.parametrize("written", ["--api-key", "--api-key="])
def test_a_key_of_the_command_line_is_not_left_in_it(tmp_path: Path, written: str) -> None:
    options = [f"--api-key={KEY}"] if written.endswith("=") else [written, KEY]
    with serving(tmp_path / "state", *options) as (process, base_url):
        assert KEY not in Path(f"/proc/{process.pid}/cmdline").read_text(encoding="utf-8")
        assert [model.id for model in OpenAI(api_key=KEY, base_url=base_url).models.list()] == BASE_MODELS


def test_a_key_comes_from_a_file(tmp_path: Path) -> None:
    (tmp_path / "key").write_text(KEY + "\n", encoding="utf-8")
    with serving(tmp_path / "state", "--api-key-file", str(tmp_path / "key"), "--alias", "gpt-x=local-tiny") as (
        _,
        url,
    ):
        assert [model.id for model in OpenAI(api_key=KEY, base_url=url).models.list()] == [*BASE_MODELS, "gpt-x"]


def test_what_cannot_be_a_key_or_an_alias_is_said(tmp_path: Path) -> None:
    for given, error, message in [
        ({"api_key_file": tmp_path / "none"}, InputError, "cannot be read: No such file"),
        ({"api_key_file": tmp_path / "none", "api_key": KEY}, UsageError, "two keys are given"),
        ({"api_key": ""}, UsageError, "the key of the endpoint is empty"),
        ({"alias": ["gpt-x"]}, UsageError, "--alias gpt-x: not understood"),
        ({"alias": ["gpt-x=none"]}, UsageError, "there is no base model none"),
        ({"host": "0.0.0.0"}, UsageError, "without a key anybody"),
        ({"inference": "nowhere"}, UsageError, "--inference nowhere: no address of a server"),
    ]:
        with pytest.raises(error, match=message) as caught:
            command.serve(port=0, state=tmp_path / "state", **given)  # type: ignore[arg-type]  # of several types
        assert KEY not in str(caught.value)


def test_an_empty_variable_is_not_taken_for_no_key(tmp_path: Path) -> None:
    arguments = [sys.executable, "-m", "tuneset", "serve", "--port", "0", "--state", str(tmp_path / "state")]
    done = subprocess.run(
        arguments, env=os.environ | {command.KEY_VARIABLE: ""}, capture_output=True, text=True, check=False, timeout=300
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("error: the key of the endpoint is empty")
