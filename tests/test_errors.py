"""Errors carry the exit code of their kind, and say what is allowed and what to do."""

import polars as pl
import pytest

from tuneset.errors import CheckFailedError, InputError, RemoteError, TunesetError, UsageError, is_panic, panics_told


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


def test_a_panic_becomes_an_error_without_its_text_and_nothing_else_does() -> None:
    panic = pl.exceptions.PanicException("a value of the row")
    assert is_panic(panic)
    with pytest.raises(TunesetError) as caught, panics_told("clean"):
        raise panic
    assert str(caught.value).startswith("clean: a library panicked\n")
    assert "value" not in str(caught.value)
    for other in (KeyboardInterrupt(), SystemExit(2), ValueError("x"), UsageError("y")):
        with pytest.raises(type(other)) as same, panics_told("clean"):
            raise other
        assert same.value is other


def test_a_panic_that_polars_itself_raises_is_known_as_one() -> None:
    pieces = pl.concat([pl.DataFrame({"a": [0]}), pl.DataFrame({"a": [1, 1]})], rechunk=False)
    late = pieces.filter(pieces["a"] == 1)
    with pytest.raises(TunesetError, match=r"^tokenize: a library panicked\n"), panics_told("tokenize"):
        late.select(pl.format("{}", "a"))  # noqa: TID251  the panic that is known
