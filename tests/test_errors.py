"""Errors carry the exit code of their kind, and say what is allowed and what to do."""

import pytest

from pipeline.errors import CheckFailedError, InputError, RemoteError, TunesetError, UsageError


@pytest.mark.parametrize(
    ("error", "exit_code"), [(CheckFailedError, 1), (UsageError, 2), (InputError, 3), (RemoteError, 4)]
)
def test_each_kind_of_error_has_the_exit_code_of_the_contract(error: type[TunesetError], exit_code: int) -> None:
    assert error.exit_code == exit_code
    assert issubclass(error, TunesetError)


def test_a_bare_message_has_no_further_lines() -> None:
    assert str(TunesetError("raw.csv: is empty")) == "raw.csv: is empty"


def test_what_is_allowed_and_what_to_do_stand_below_the_message() -> None:
    error = UsageError("unknown profile opnai", allowed="local, openai", hint="did you mean openai?")
    assert str(error) == "unknown profile opnai\n  allowed: local, openai\n  do: did you mean openai?"
    assert (error.message, error.allowed, error.hint) == (
        "unknown profile opnai",
        "local, openai",
        "did you mean openai?",
    )


def test_a_remote_error_names_our_code_and_the_servers_own() -> None:
    error = RemoteError(
        "the job failed", code="job_failed", server_code="invalid_training_file", hint="read its events"
    )
    assert str(error) == (
        "the job failed\n  do: read its events\n  code: job_failed (the server's code: invalid_training_file)"
    )
    assert str(RemoteError("no answer", code="unreachable")) == "no answer\n  code: unreachable"
