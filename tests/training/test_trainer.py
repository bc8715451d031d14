"""The registry of trainers, and what the process of a trainer writes."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tuneset.errors import InputError, UsageError
from tuneset.training import run
from tuneset.training.progress import Done, Failed, Note, Planned, Record, read_records, to_line
from tuneset.training.trainer import TRAINERS, CannotTrainError, TrainingRequest, load_trainer, trainer_address

HERE = "tests.training.test_trainer"


def greet(request: TrainingRequest, folder: Path) -> Iterator[Record]:
    """A trainer that tells what it was asked, and how much of it was on the disk when it went on."""
    yield Planned({"n_epochs": 3}, 1, request.method)
    yield Note("info", str(len((folder / "progress.jsonl").read_bytes().splitlines())))
    yield Done(7)


def give_up(request: TrainingRequest, folder: Path) -> Iterator[Record]:
    """A trainer that raises what its file `reason` says."""
    yield Planned({}, 1, "")
    if (folder / "reason").read_text(encoding="ascii") == "ours":
        raise CannotTrainError("too_hard", "it is too hard", "model")
    raise InputError("no room", hint="make some")


def ask(folder: Path, function: str) -> list[Record]:
    asked: dict[str, object] = {
        "method": "dpo",
        "training": "a",
        "validation": None,
        "n_epochs": "auto",
        "batch_size": "auto",
    }
    asked |= {"learning_rate_multiplier": "auto", "seed": 1, "encoding": "o200k_base", "max_example_tokens": 9}
    (folder / "request.json").write_text(json.dumps({"trainer": f"{HERE}:{function}", **asked}), encoding="ascii")
    run.main(folder, os.getppid())
    return read_records((folder / "progress.jsonl").read_bytes())


def test_a_name_that_nobody_registered_is_refused() -> None:
    with pytest.raises(UsageError, match=rf"unknown trainer large\n  allowed: {', '.join(sorted(TRAINERS))}$"):
        trainer_address("large")
    with pytest.raises(UsageError, match="the profile names no trainer for this model"):
        trainer_address(None)


@pytest.mark.parametrize("name", sorted(TRAINERS))
def test_every_address_leads_to_a_function(name: str) -> None:
    assert callable(load_trainer(trainer_address(name)))


def test_each_record_is_written_before_the_next_is_asked_for(tmp_path: Path) -> None:
    assert ask(tmp_path, "greet") == [Planned({"n_epochs": 3}, 1, "dpo"), Note("info", "1"), Done(7)]


@pytest.mark.parametrize(
    ("reason", "failed"),
    [
        ("ours", Failed("too_hard", "it is too hard", "model")),
        ("another", Failed("trainer_error", "no room\n  do: make some", None)),
    ],
)
def test_a_reason_that_can_be_told_is_a_failure_and_no_crash(tmp_path: Path, reason: str, failed: Failed) -> None:
    (tmp_path / "reason").write_text(reason, encoding="ascii")
    assert ask(tmp_path, "give_up")[-1] == failed


def test_a_line_holds_one_record_whatever_its_texts_are() -> None:
    note = Note("warn", 'two\nlines, "quoted"\u2028')
    assert to_line(note).count(b"\n") == 1
    assert read_records(to_line(note) * 2) == [note, note]
