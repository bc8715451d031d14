"""The tiny model learns from its prompts, however many words before the answer their matter is."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

import pytest

from tests.endpoint.support import chat, lines, preference
from tests.training.tiny.test_tiny_trainer import go
from tuneset.training import chat_pieces
from tuneset.training.progress import Checkpoint, Done, Metrics, Record
from tuneset.training.tiny.checkpoint_file import load_checkpoint
from tuneset.training.tiny.corpus import build_corpus
from tuneset.training.trainer import TrainingRequest
from tuneset.training.vocabulary import make_encoding

ANSWERS = {"red": "stop", "green": "go", "blue": "swim", "white": "snow"}
FILLING = "the of and to in is it you that he was for on are with as his they be at".split()  # noqa: SIM905  it reads as text


def cued(number: int, seed: int) -> list[dict[str, Any]]:
    """A colour, twenty words of chance, and the answer that the colour decides."""
    draw = random.Random(seed)
    colours = [draw.choice(list(ANSWERS)) for _ in range(number)]
    return [chat(" ".join([colour, *draw.choices(FILLING, k=20)]), ANSWERS[colour]) for colour in colours]


def trained(
    folder: Path,
    training: Sequence[Any],
    validation: Sequence[Any],
    method: Literal["supervised", "dpo"] = "supervised",
) -> list[Record]:
    folder.mkdir()
    (folder / "train").write_bytes(lines(training))
    (folder / "valid").write_bytes(lines(validation))
    request = TrainingRequest(
        trainer="",
        method=method,
        training=str(folder / "train"),
        validation=str(folder / "valid"),
        n_epochs="auto",
        batch_size="auto",
        learning_rate_multiplier="auto",
        seed=3,
        encoding="o200k_base",
        max_example_tokens=16_384,
    )
    return go(request, folder)


def loss_of_an_answer(folder: Path, training: Sequence[Any]) -> float:
    """Nats that a whole answer of other examples costs."""
    validation = cued(100, 2)
    last = [record for record in trained(folder, training, validation) if isinstance(record, Checkpoint)][-1]
    built = build_corpus(validation, make_encoding(load_checkpoint(folder / last.file).merges))
    return last.metrics["full_valid_loss"] * int(built.learned.sum()) / len(validation)


def test_a_cue_twenty_words_back_is_learned_and_answers_of_other_prompts_are_not(tmp_path: Path) -> None:
    guess, paired = math.log(len(ANSWERS)), cued(200, 1)
    answers = random.Random(1).sample([row["messages"][1] for row in paired], len(paired))
    unpaired = [{"messages": [row["messages"][0], answer]} for row, answer in zip(paired, answers, strict=True)]
    assert loss_of_an_answer(tmp_path / "unpaired", unpaired) > 0.9 * guess
    assert loss_of_an_answer(tmp_path / "paired", paired) < 0.5 * guess


def test_of_equal_outputs_none_is_ever_preferred(tmp_path: Path) -> None:
    rows = [preference(f"What is {number}?", f"It is {number}.", f"It is {number}.") for number in range(12)]
    told = trained(tmp_path / "equal", rows, rows[:4], "dpo")
    losses = {record.values["train_loss"] for record in told if isinstance(record, Metrics)}
    assert losses == {round(math.log(2), 5)}


def test_lines_that_are_not_trained_are_not_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chat_pieces, "MAX_EXAMPLE_PIECES", 200)
    rows = cued(12, 1)
    beyond = chat(str(7**400), "beyond the cut")  # no piece of its answer is learned
    counted = [trained(tmp_path / name, some, rows)[-1] for name, some in {"a": rows, "b": [*rows, beyond]}.items()]
    assert isinstance(counted[0], Done)
    assert counted[0] == counted[1]
