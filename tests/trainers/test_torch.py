"""The small transformer behind the endpoint: crashes change no byte, and what it has learned it says."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from openai import OpenAI
from starlette.testclient import TestClient

from tests.endpoint.conftest import BASE_URL
from tests.endpoint.support import chat, create, lines, preference, supervised, upload, wait
from tuneset.endpoint.app import create_app
from tuneset.training.chat_pieces import encode_example, markers, vocabulary_size
from tuneset.training.generator import CannotAnswerError, Ended, ModelRef, Piece, Prompted, Question, load_generator
from tuneset.training.generator import generator_address as generator
from tuneset.training.progress import Done, Metrics, Note, Record, read_records, to_line
from tuneset.training.trainer import CannotTrainError, TrainingRequest, load_trainer, trainer_address
from tuneset.training.vocabulary import make_encoding

pytestmark = [pytest.mark.trainers, pytest.mark.timeout(1800), pytest.mark.filterwarnings("ignore")]

ROWS = [chat(f"Say {number}", f"It is {number}.") for number in range(12)]
PAIRS = [preference(f"Say {number}", f"It is {number}.", f"NO {number}") for number in range(12)]


@pytest.fixture(autouse=True, scope="module")
def one_thread() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("OMP_NUM_THREADS", "1")  # threads of so small a model wait for each other
        yield


def request(folder: Path, rows: list[Any], valid: list[Any], **more: Any) -> TrainingRequest:  # noqa: ANN401  any field of it
    folder.mkdir(exist_ok=True)
    (folder / "train").write_bytes(lines(rows))
    (folder / "valid").write_bytes(lines(valid))
    usual: dict[str, Any] = {
        "trainer": trainer_address("torch"), "method": "supervised", "training": str(folder / "train"),
        "validation": str(folder / "valid"), "n_epochs": 3, "batch_size": 4, "learning_rate_multiplier": "auto",
        "seed": 7, "encoding": "o200k_base", "max_example_tokens": 16_384,
    }  # fmt: skip
    return TrainingRequest(**{**usual, **more})


def run(asked: TrainingRequest, folder: Path) -> list[Record]:
    """What the trainer tells, written down as its process writes it."""
    told = []
    with (folder / "progress.jsonl").open("ab", buffering=0) as handle:
        for record in load_trainer(asked.trainer)(asked, folder):
            handle.write(to_line(record))
            told.append(record)
    return told


@pytest.mark.parametrize("method", ["supervised", "dpo"])
def test_a_training_that_is_killed_goes_on_and_leaves_the_same_bytes(method: str, tmp_path: Path) -> None:
    rows = ROWS if method == "supervised" else PAIRS
    left = []
    for killed in (False, True):
        folder = tmp_path / f"killed-{killed}"
        asked = request(folder, rows[:8], rows[8:12], method=method, batch_size=3)
        (folder / "request.json").write_text(json.dumps(vars(asked)))
        command = [sys.executable, "-m", "tests.trainers.run_keeping", str(folder), str(os.getpid())]
        if killed:
            process = subprocess.Popen(command)
            while _progress(folder).count(b'"metrics"') < 5:
                with contextlib.suppress(subprocess.TimeoutExpired):
                    raise AssertionError(process.wait(0.02))
            process.kill()
            process.wait()
            assert b'"done"' not in _progress(folder)
        subprocess.run(command, check=True)
        assert (b'"resumed"' in _progress(folder)) is killed
        assert isinstance(read_records(_progress(folder))[-1], Done)
        assert not (folder / "training_state.npz").exists()
        names = ["step_metrics.csv", *(path.name for path in sorted(folder.glob("checkpoint-*")))]
        left.append({name: (folder / name).read_bytes() for name in names})
    assert len(left[0]) == 4
    assert left[0] == left[1]


def _progress(folder: Path) -> bytes:
    path = folder / "progress.jsonl"
    return path.read_bytes() if path.exists() else b""


def test_preferred_outputs_become_likelier_than_others(tmp_path: Path) -> None:
    asked = request(tmp_path, PAIRS[:8], PAIRS[8:], method="dpo", n_epochs=8, learning_rate_multiplier=4.0)
    metrics = [record.values for record in run(asked, tmp_path) if isinstance(record, Metrics)]
    assert metrics[0]["train_loss"] == pytest.approx(0.69315, abs=1e-4)
    assert metrics[-1]["full_valid_loss"] < 0.6
    assert metrics[-1]["full_valid_rewards_accuracy"] == 1
    assert metrics[-1]["full_valid_rewards_margin"] > 0


def test_an_early_stop_takes_the_best_checkpoint_and_another_job_goes_on_from_it(tmp_path: Path) -> None:
    asked = request(tmp_path, ROWS, [chat("2 + 2", "#!?")], n_epochs=20, patience=2)
    *_, note, done = run(asked, tmp_path)
    assert isinstance(note, Note)
    assert note.message.startswith("Stopped early at step ")
    assert isinstance(done, Done)
    assert done.model_step is not None
    base = tmp_path / f"checkpoint-{done.model_step}.npz"
    again = request(tmp_path / "again", ROWS, ROWS, n_epochs=1, base=str(base))
    learned = [record.values for record in run(again, tmp_path / "again") if isinstance(record, Metrics)]
    assert learned[0]["train_loss"] < 5, "less than a guess of 263 pieces costs"
    (tmp_path / "other").write_bytes(b"PK\x03\x04")
    with pytest.raises(CannotTrainError, match="cannot be read by the trainer of its base model"):
        run(dataclasses.replace(again, base=str(tmp_path / "other")), tmp_path)
    with pytest.raises(CannotAnswerError, match="cannot be read by the trainer of its base model"):
        load_generator(generator("torch"))(ModelRef("", "m", str(tmp_path / "other")))


def test_an_answer_is_as_likely_piece_by_piece_as_in_training(monkeypatch: pytest.MonkeyPatch) -> None:
    import torch  # noqa: PLC0415  tests must be read without PyTorch

    from tuneset.training.torch import generation, measuring, windows  # noqa: PLC0415  as above
    from tuneset.training.torch.model_file import StoredModel as Weights  # noqa: PLC0415  as above
    from tuneset.training.torch.transformer import Transformer  # noqa: PLC0415  as above

    monkeypatch.setattr(windows, "CONTEXT", 48)
    monkeypatch.setattr(windows, "STRIDE", 24)
    encoding = make_encoding([])
    torch.manual_seed(0)
    model = Transformer(vocabulary_size(encoding))
    for values in model.parameters():  # else a layer adds nothing before it is trained
        torch.nn.init.normal_(values, std=0.3)
    example = chat("Count", " ".join(str(number) for number in range(40)))
    seen = windows.Corpus([example], encoding).windows(0)
    assert len(seen) > 3
    learned = measuring.measure(model, seen)
    pieces, marks = encode_example(example, encoding)
    first = int(marks.argmax())
    reader = generation._Reader(model, pieces[:first].tolist(), markers(encoding)["padding"])
    total = 0.0
    for piece in pieces[first:].tolist():
        total -= float(reader.next_logprobs()[piece])
        reader.add(piece)
    assert total == pytest.approx(float(learned.losses.sum()), rel=1e-4)
    question = Question(messages=example["messages"][:1], given=example["messages"][1]["content"])
    told = list(generation.answering(Weights(model, [])).generate(question))
    assert b"".join(record.data for record in told if isinstance(record, Piece)).startswith(b"0 1 2")


def test_the_official_client_trains_it_and_hears_what_it_has_learned(tmp_path: Path) -> None:
    with TestClient(create_app(tmp_path / "state"), base_url=BASE_URL) as http:
        client = OpenAI(api_key="any", base_url=BASE_URL, http_client=http, max_retries=0)
        rows = [chat(f"Say {number}", "Good day, what can I do for you?") for number in range(12)]
        file = upload(client, rows)
        job = create(client, file.id, file.id, model="local-small", method=supervised(n_epochs=12), seed=1)
        done = wait(client, job.id)
        assert done.status == "succeeded", done.error
        assert done.hyperparameters.to_dict() == {"n_epochs": 12, "batch_size": 4, "learning_rate_multiplier": 1.0}
        assert done.fine_tuned_model is not None
        usual: dict[str, Any] = {"model": done.fine_tuned_model, "temperature": 0}
        said = client.chat.completions.create(**usual, messages=rows[0]["messages"][:1], n=2, logprobs=True, stop=",")
        assert [choice.message.content for choice in said.choices] == ["Good day"] * 2
        assert said.choices[0].logprobs is not None
        parts = client.chat.completions.create(**usual, messages=rows[0]["messages"][:1], stream=True)
        text = "".join(part.choices[0].delta.content or "" for part in parts)
        assert text == "Good day, what can I do for you?"
        assert client.responses.create(**usual, input="Say 3").output_text == text
        assert client.completions.create(**usual, prompt="Good day,", max_tokens=100).choices[0].text
        drawn = [
            client.chat.completions.create(
                model="local-small", messages=rows[0]["messages"][:1], seed=seed, max_completion_tokens=5
            ).choices[0].message.content
            for seed in (1, 1, 2)
        ]  # fmt: skip
        assert drawn[0] == drawn[1] != drawn[2]


def test_the_base_model_answers_bytes_of_chance() -> None:
    model = load_generator(generator("torch"))(ModelRef("", "local-small"))
    told = list(model.generate(Question(messages=ROWS[0]["messages"][:1], max_tokens=3)))
    assert told[0] == Prompted(8)  # user, five bytes, end, assistant
    assert told[-1] == Ended("length")
