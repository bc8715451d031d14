"""Each row is asked for once, whatever dies on the way, and what is kept for that is of one output alone."""

from __future__ import annotations

import dataclasses
import itertools
import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.api import teacher
from tests.api.teacher import (
    TEXTS,
    TOLD,
    Counting,
    Killed,
    Teacher,
    from_here_on,
    plain,
    run,
    write_rows,
    written,
)
from tests.providers.protocol_server import Fault, answer, error, lost
from tuneset.api.remote.label_run import ANSWERS, BATCHES, figures_of, ledger_of
from tuneset.errors import RemoteError, UsageError
from tuneset.execution.folder_lock import LOCK_FILE


@pytest.fixture
def usual(tmp_path_factory: pytest.TempPathFactory) -> list[bytes]:
    """What is written where nothing goes wrong."""
    folder = tmp_path_factory.mktemp("usual")
    write_rows(folder)
    run(Teacher(), folder)
    return plain(written(folder), folder)


@pytest.mark.slow
@pytest.mark.parametrize("acts_first", [False, True])
@pytest.mark.parametrize("by", ["chat", "batch"])
def test_a_run_that_dies_at_any_request_is_finished_by_the_next(
    tmp_path: Path, by: str, acts_first: bool, usual: list[bytes]
):
    for dies_at in itertools.count():
        folder = tmp_path / str(dies_at)
        folder.mkdir()
        write_rows(folder)
        server = Teacher(dies_at=dies_at, acts_first=acts_first)
        try:
            run(server, folder, by=by)
        except Killed:
            assert not (folder / "labels.jsonl").exists()
            kept = folder / "label/answers.jsonl"
            answered = kept.read_bytes().count(b"\n") if kept.exists() else 0
            before = sum(server.asked.values())
            run(server, folder, by=by)
            if by == "chat":  # an answer that was lost on its way is asked for again, one that came is not
                assert sum(server.asked.values()) == len(TEXTS) + before - answered
        else:
            assert dies_at > 0
            break
        assert len(server.sent) == len(set(server.sent))
        assert by == "chat" or len(server.sent) == len(TEXTS)
        assert plain(written(folder), folder) == usual


CALLS = (
    "POST /files",
    "POST /batches",
    "GET /batches",
    "GET /batches/batch_1",
    "GET /files/ID/content",
)


@pytest.mark.slow
@pytest.mark.parametrize("call", [*CALLS, "POST /chat/completions"])
@pytest.mark.parametrize("fault", [lost(), answer(lambda: error(503, "busy")), answer(lambda: error(429, "wait"))])
def test_a_fault_on_the_way_is_borne_and_nothing_goes_out_twice(
    tmp_path: Path, call: str, fault: Fault, usual: list[bytes]
):
    write_rows(tmp_path)
    server = Teacher(faults={call: [fault, fault]})
    run(server, tmp_path, by="chat" if "chat" in call else "batch")
    assert plain(written(tmp_path), tmp_path) == usual
    assert len(server.sent) == len(set(server.sent))
    assert len(server.faults[call]) < 2, "it was met"


@pytest.mark.parametrize("number", range(3))
def test_a_run_that_dies_while_it_writes_is_finished_without_a_request(
    tmp_path: Path, number: int, usual: list[bytes], monkeypatch: pytest.MonkeyPatch
):
    write_rows(tmp_path)
    server, left = Teacher(), iter(range(number))
    run(server, tmp_path, preview=True)
    real = os.fsync

    def fsync(handle: int) -> None:
        if next(left, None) is None:
            raise Killed
        real(handle)

    with monkeypatch.context() as broken:
        broken.setattr(os, "fsync", fsync)
        with pytest.raises(Killed):
            run(server, tmp_path)
    requests = len(server.requests)
    run(server, tmp_path)
    assert len(server.requests) == requests
    assert plain(written(tmp_path), tmp_path) == usual


@pytest.mark.parametrize("by", ["chat", "batch"])
@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({}, "spend_limit_usd is not set"),
        ({"endpoint": {"accept_unknown_cost": True}}, "spend_limit_usd is not set"),
        ({"endpoint": {"spend_limit_usd": 5}}, "what answers cost at"),
        (
            {"endpoint": {"spend_limit_usd": 0.01}, "prompt_usd_per_million_tokens": 1.0,
             "answer_usd_per_million_tokens": 4.0},
            r"may cost up to 0\.04 USD, endpoint.spend_limit_usd is 0\.01",
        ),
    ],
)  # fmt: skip
def test_a_paid_endpoint_is_asked_nothing_without_a_limit_that_holds(
    tmp_path: Path, by: str, settings: dict[str, Any], said: str, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-test-0123456789")
    write_rows(tmp_path)
    with pytest.raises(UsageError, match=said):
        run(server := Teacher(), tmp_path, paid=True, by=by, **settings)
    assert server.requests == []


@pytest.mark.parametrize("by", ["chat", "batch"])
def test_within_its_limit_a_paid_endpoint_answers_and_the_cost_is_told(
    tmp_path: Path, by: str, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-test-0123456789")
    write_rows(tmp_path)
    prices: dict[str, Any] = {"prompt_usd_per_million_tokens": 1000.0, "answer_usd_per_million_tokens": 10.0}
    done = run(Teacher(), tmp_path, paid=True, by=by, endpoint={"spend_limit_usd": 5.0}, **prices)
    assert done.figures is not None
    assert done.figures["usd"] == pytest.approx(27e-3 + 18e-5, abs=1e-4)
    assert done.cost.usd is not None
    assert done.cost.usd >= done.figures["usd"]


@pytest.mark.parametrize("raw", ["labels.jsonl", "."])
def test_what_comes_out_is_not_read_as_rows_that_ask(tmp_path: Path, raw: str):
    write_rows(tmp_path)
    with pytest.raises(UsageError, match="lies among the rows that ask"):
        run(server := Teacher(), tmp_path, raw=raw)
    assert server.requests == []


@pytest.mark.parametrize("name", ["answers.jsonl", "labels.ledger.jsonl", "batches/a.jsonl"])
def test_what_comes_out_takes_no_place_of_what_is_kept(tmp_path: Path, name: str):
    write_rows(tmp_path)
    with pytest.raises(UsageError, match="where answers and ledgers are kept"):
        run(server := Teacher(), tmp_path, out=f"label/{name}")
    assert server.requests == []


OUTS = st.lists(
    st.sampled_from(["raw/", "", "../", "a/raw/", "raw/raw/"]).flatmap(
        lambda folder: st.sampled_from(["l.jsonl", "l.json", "l", "l.ledger.jsonl", "answers.jsonl"]).map(
            lambda name: folder + name
        )
    ),
    min_size=2,
    unique=True,
)


@given(OUTS)
def test_no_two_outputs_share_a_file_of_state(outs: list[str]):
    folder = Path("data/label")
    kept = [folder / ANSWERS, folder / BATCHES, folder / LOCK_FILE]
    found = [of(folder, Path("data") / out) for out in outs for of in (ledger_of, figures_of)]
    assert len({*kept, *found}) == len(kept) + len(found)
    assert all(path.parent == folder for path in found)
    again = [of(folder, Path("data/raw/../") / out) for out in outs for of in (ledger_of, figures_of)]
    assert again == found  # however it is spelled


def test_files_of_one_stem_keep_a_ledger_each_and_share_answers(tmp_path: Path):
    write_rows(tmp_path)
    server = Teacher()
    run(server, tmp_path)
    first = written(tmp_path)
    write_rows(tmp_path, [{"prompt": "one"}])
    run(server, tmp_path, out="labels.json")
    assert written(tmp_path) == first
    assert len(written(tmp_path, "labels.json")[1].splitlines()) == 1
    assert set(server.asked.values()) == {1}


@pytest.mark.parametrize("by", ["chat", "batch"])
def test_what_is_held_in_memory_does_not_grow_with_the_rows(tmp_path: Path, by: str):
    write_rows(tmp_path)
    run(Teacher(), tmp_path, by=by)  # loads what is loaded late
    write_rows(tmp_path, [{"prompt": f"what is {number}"} for number in range(200)])
    counting = Counting()
    with from_here_on():
        run(counting, tmp_path, by=by, at_once=2)
    assert sum(counting.asked.values()) == 200
    assert counting.most <= 2 * 2 + 2  # twice as many as are asked at once, and the ones in hand


def test_a_fault_of_the_endpoint_keeps_what_was_answered(tmp_path: Path):
    write_rows(tmp_path)
    server = Teacher()
    server.faults["POST /chat/completions"] = [
        *[lambda _, act: act()] * 3,
        *[lambda *_: error(401, "no")] * 9,
    ]
    with pytest.raises(RemoteError):
        run(server, tmp_path)
    server.faults.clear()
    run(server, tmp_path)
    assert set(server.asked.values()) == {1}


def test_a_ledger_of_an_earlier_version_is_told_and_asks_nothing_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    write_rows(tmp_path)
    run(server := Teacher(), tmp_path)
    ledger_of(tmp_path / "label", tmp_path / "labels.jsonl").rename(
        former := tmp_path / "label" / "labels.ledger.jsonl"
    )
    said: list[str] = []
    monkeypatch.setattr(teacher, "TOLD", dataclasses.replace(TOLD, say=said.append))
    run(server, tmp_path)
    assert [line for line in said if str(former) in line] == said[-1:]
    assert set(server.asked.values()) == {1}
    (tmp_path / "raw").mkdir()
    (tmp_path / "raw" / "labels.jsonl").touch()  # it is the ledger of this one
    run(server, tmp_path)
    assert len([line for line in said if str(former) in line]) == 1
