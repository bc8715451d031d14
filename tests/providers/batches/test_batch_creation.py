"""A file of requests makes one batch: not two after a lost answer or a kill, and one new one after one in vain."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tuneset.errors import RemoteError, UsageError
from tuneset.params import load_params
from tuneset.profile import load_profile
from tuneset.providers.batches.batch_creation import batches_of, check_spending, ensure_batch, follow, require_success
from tuneset.providers.call_fault import CallFault
from tuneset.providers.endpoint import Clock, Endpoint
from tuneset.providers.provider import Page
from tuneset.providers.records import BatchState, RemoteBatch

LOST = CallFault("connection_failed", "broke the connection", passing=True, acted=True)


class Killed(BaseException):
    """The process ends here."""


@dataclasses.dataclass
class Kept:
    """The batches of an endpoint; `befalls` happens after the next creations, which are done all the same."""

    batches: list[RemoteBatch] = dataclasses.field(default_factory=list)
    befalls: list[BaseException] = dataclasses.field(default_factory=list)
    marks: bool = True
    listed: bool = True

    def create(self, input_file: str, url: str, key: str, attempt: int) -> RemoteBatch:
        name = f"batch_{len(self.batches) + 1}_{attempt}"
        made = RemoteBatch(name, "validating", "waiting", url, input_file, key=key if self.marks else None)
        self.batches.append(made)
        if self.befalls:
            raise self.befalls.pop(0)
        return made

    def get(self, batch_id: str) -> RemoteBatch:
        return next(one for one in self.batches if one.id == batch_id)

    def list(self, after: str | None) -> Page[RemoteBatch]:
        if not self.listed:
            raise CallFault("not_found", "knows no such route", passing=False, acted=False)
        return Page(tuple(self.batches), more=False)

    def end(self, state: BatchState, completed: int = 0) -> None:
        self.batches[-1] = dataclasses.replace(self.batches[-1], status=state, state=state, completed=completed)


def endpoint(kept: Kept | None, profile: str = "local") -> Endpoint:
    provider: Any = SimpleNamespace(batches=kept)
    time = [0.0]
    clock = Clock(
        now=lambda: time[0], monotonic=lambda: time[0], sleep=lambda s: time.__setitem__(0, time[0] + s + 0.1)
    )
    return Endpoint(provider, load_profile(profile), "http://127.0.0.1/v1", profile, clock=clock)


def ensure(kept: Kept, folder: Path, *, sha256: str = "a" * 64, profile: str = "openai") -> str:
    where = endpoint(kept, profile)
    return ensure_batch(where, "file-1", sha256, "m", "/v1/x", receipts_folder=folder, say=lambda _: None).id


@pytest.mark.parametrize("marks", [True, False])
@pytest.mark.parametrize("profile", ["openai", "local"])
@pytest.mark.parametrize("fault", [LOST, Killed()])
def test_a_lost_answer_makes_no_second_batch(tmp_path: Path, fault: BaseException, profile: str, marks: bool):
    kept = Kept(befalls=[fault], marks=marks)
    if isinstance(fault, Killed):
        with pytest.raises(Killed):
            ensure(kept, tmp_path, profile=profile)
    assert ensure(kept, tmp_path, profile=profile) == "batch_1_1"
    assert ensure(kept, tmp_path, profile=profile) == "batch_1_1"
    assert len(kept.batches) == 1


def test_nothing_is_sent_again_where_it_cannot_be_looked_for(tmp_path: Path):
    kept = Kept(befalls=[Killed()], listed=False)
    with pytest.raises(Killed):
        ensure(kept, tmp_path)
    with pytest.raises(RemoteError, match="outcome_unknown"):
        ensure(kept, tmp_path)
    assert len(kept.batches) == 1


def test_without_receipts_the_batch_is_found_in_the_list(tmp_path: Path):
    kept = Kept()
    assert ensure(kept, tmp_path / "a") == ensure(kept, tmp_path / "b") == "batch_1_1"
    assert ensure(kept, tmp_path / "a", sha256="b" * 64) == "batch_2_1"


@pytest.mark.parametrize("state", ["failed", "expired", "cancelled"])
def test_a_batch_in_vain_is_made_anew_once_and_one_with_answers_is_not(tmp_path: Path, state: BatchState):
    kept = Kept()
    ensure(kept, tmp_path)
    kept.end(state)
    assert ensure(kept, tmp_path) == ensure(kept, tmp_path) == "batch_2_2"
    kept.end(state, completed=1)
    assert ensure(kept, tmp_path) == "batch_2_2"


def test_the_end_of_each_batch_is_told(tmp_path: Path):
    kept = Kept()
    name = ensure(kept, tmp_path)
    seen: list[str] = []

    def on_status(batch: RemoteBatch) -> None:
        seen.append(batch.status)
        kept.end("failed")

    (ended,) = follow(endpoint(kept), [name], on_status)
    assert seen == ["validating", "failed"]
    with pytest.raises(RemoteError, match="batch_failed") as raised:
        require_success(ended)
    assert raised.value.exit_code == 4


def test_money_is_spent_only_where_that_is_allowed():
    free, paid = endpoint(Kept()), endpoint(Kept(), "openai")
    check_spending(free, load_params(None, []))
    for allowed, words in (([], "spend_limit_usd is not set"), (["endpoint.spend_limit_usd=5"], "is not known")):
        with pytest.raises(UsageError, match=words):
            check_spending(paid, load_params(None, allowed))
    check_spending(paid, load_params(None, ["endpoint.spend_limit_usd=5", "endpoint.accept_unknown_cost=true"]))


def test_a_protocol_without_batches_is_told():
    where = endpoint(None, "together")
    with pytest.raises(UsageError, match="takes no batches"):
        batches_of(where, where.provider)
