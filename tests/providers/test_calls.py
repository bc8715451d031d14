"""What may show late is looked for up to its time and no longer, and looked for once more when the time is over."""

from __future__ import annotations

import dataclasses

import pytest

from tests.providers.protocol_server import FakeClock, Server
from tuneset.errors import RemoteError
from tuneset.providers.call_fault import CallFault
from tuneset.providers.calls import TOLD_S, create, look_for, read
from tuneset.providers.endpoint import Patience
from tuneset.providers.provider import Provider


@pytest.mark.parametrize(
    ("look_s", "looks", "slept"),
    [(0.0, 1, 0.0), (4.0, 2, 4.0), (5.0, 2, 5.0), (12.0, 4, 12.0)],
)
def test_a_look_ends_at_its_time_whatever_stands_between_two_looks(look_s: float, looks: int, slept: float) -> None:
    endpoint, asked = FakeClock().on(Server().endpoint()), list[float]()
    before = endpoint.clock.monotonic()
    assert look_for(endpoint, lambda: asked.append(endpoint.clock.monotonic() - before), look_s) is None
    assert (len(asked), asked[-1]) == (looks, slept)


def test_what_shows_late_is_found_and_not_looked_for_again() -> None:
    endpoint, asked = FakeClock().on(Server().endpoint()), list[float]()

    def look() -> str | None:
        asked.append(0)
        return "it" if len(asked) == 3 else None

    assert look_for(endpoint, look, 60.0) == "it"
    assert len(asked) == 3


def test_a_look_that_fails_in_passing_is_repeated_and_its_last_fault_told() -> None:
    endpoint, asked = FakeClock().on(Server().endpoint()), list[float]()

    def look() -> None:
        asked.append(0)
        raise RemoteError(f"busy {len(asked)}", code="rate_limited")

    with pytest.raises(RemoteError, match="busy 4"):
        look_for(endpoint, look, 12.0)


@pytest.mark.parametrize("code", ["not_found", "not_supported"])
def test_where_there_is_no_list_nothing_is_looked_for_again(code: str) -> None:
    endpoint, asked = FakeClock().on(Server().endpoint()), list[float]()

    def look() -> None:
        asked.append(0)
        raise RemoteError("no list", code=code)

    with pytest.raises(RemoteError):
        look_for(endpoint, look, 60.0)
    assert len(asked) == 1


@pytest.mark.parametrize(
    ("look_s", "told"), [(0.0, "authentication_failed"), (12.0, "outcome_unknown")], ids=["shows at once", "shows late"]
)
def test_a_creation_in_doubt_that_cannot_be_looked_for_is_told_as_such(look_s: float, told: str) -> None:
    endpoint, looks = FakeClock().on(Server().endpoint()), list[float]()

    def look() -> None:
        looks.append(0)
        if len(looks) > 1:  # the key is withdrawn between the sending and the look
            raise RemoteError("the key is refused", code="authentication_failed")

    def send(_: Provider) -> str:
        raise CallFault("timeout", "did not answer", passing=True, acted=True)

    with pytest.raises(RemoteError) as caught:
        create(endpoint, "a file", send=send, look=look, settle=lambda made: made, look_s=look_s)
    assert caught.value.code == told


@pytest.mark.parametrize(
    ("acted", "settled"),
    [([False], []), ([True], ["it"]), ([True, False], ["it"]), ([False, True, False], ["it"])],
)
def test_what_was_in_doubt_once_is_settled_whatever_refusal_came_after(acted: list[bool], settled: list[str]) -> None:
    # A server acts after the look, and what is sent next is refused by its limit of requests: then two are made.
    faults = [CallFault("timeout" if one else "rate_limited", "", passing=True, acted=one) for one in acted]
    endpoint, seen = FakeClock().on(Server().endpoint()), list[str]()

    def send(_: Provider) -> str:
        if faults:
            raise faults.pop(0)
        return "it"

    def settle(made: str) -> str:
        seen.append(made)
        return made

    assert create(endpoint, "a job", send=send, look=lambda: None, settle=settle) == ("it", True)
    assert seen == settled


def test_a_wait_that_somebody_notices_is_told_and_a_short_one_is_not() -> None:
    told, attempts = list[str](), list[int]()
    endpoint = dataclasses.replace(FakeClock().on(Server().endpoint()), patience=Patience(), say=told.append)

    def get(_: Provider) -> str:
        attempts.append(0)
        if len(attempts) < 5:
            raise CallFault("connection_failed", "nobody listens", passing=True, acted=False)
        return "it"

    assert read(endpoint, "list files", get) == "it"
    waits = [endpoint.patience.wait_s(attempt) for attempt in range(4)]
    assert [line.rpartition("; ")[2] for line in told] == [
        f"trying again in {wait:.0f} s" for wait in waits if wait >= TOLD_S
    ]
    assert 0 < len(told) < len(waits)
