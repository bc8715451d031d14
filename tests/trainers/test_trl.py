"""TRL behind the endpoint: what is trained is what mask shows; crashes, lack of memory and cancels lose nothing."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from openai import OpenAI
from starlette.testclient import TestClient

from tests.endpoint.conftest import BASE_URL
from tests.endpoint.support import (
    chat,
    create,
    has_ended,
    lines,
    messages,
    preference,
    supervised,
    trainer_pid,
    upload,
    wait,
)
from tests.trainers.small_model import write_small_model
from tuneset.endpoint.app import create_app
from tuneset.endpoint.jobs.bases import LocalBase
from tuneset.processes import start_time
from tuneset.training.early_stopping import told_checkpoints
from tuneset.training.generator import Ended, ModelRef, Piece, Prompted, Question
from tuneset.training.progress import Checkpoint, Done, Metrics, Note, Planned, Record, Resumed, read_records, to_line
from tuneset.training.trainer import CannotTrainError, TrainingRequest

pytestmark = [pytest.mark.trainers, pytest.mark.timeout(1800), pytest.mark.filterwarnings("ignore")]

ROWS = [chat(f"Say {number}", f"It is {number}.") for number in range(12)]
PAIRS = [preference(f"Say {number}", f"It is {number}.", f"NO {number}") for number in range(12)]
JUDGED = [
    {**chat(f"Say {number}", said), "label": good}
    for number in range(6)
    for said, good in ((f"It is {number}.", True), ("NO", False))
]
PROMPTS = [{"messages": [{"role": "user", "content": f"Say {number}"}], "answer": "a"} for number in range(4)]


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    os.environ["OMP_NUM_THREADS"] = "1"  # threads of so small a model wait for each other
    return write_small_model(tmp_path_factory.mktemp("base") / "small")


def request(model: Path, folder: Path, rows: list[Any], **asked: Any) -> TrainingRequest:  # noqa: ANN401  any field of it
    (folder / "rows.jsonl").write_bytes(lines(rows))
    file = str(folder / "rows.jsonl")
    usual: Mapping[str, Any] = {
        "trainer": "", "method": "supervised", "training": file, "validation": file, "n_epochs": 2, "batch_size": 4,
        "learning_rate_multiplier": "auto", "seed": 7, "encoding": "", "max_example_tokens": 512,
        "model_folder": str(model),
    }  # fmt: skip
    return TrainingRequest(**{**usual, **asked})


def run(asked: TrainingRequest, folder: Path) -> Iterator[Record]:
    """What a trainer tells, written down as its process writes it."""
    from tuneset.training.trl.trl_trainer import train  # noqa: PLC0415  tests must be read without PyTorch

    with (folder / "progress.jsonl").open("ab", buffering=0) as handle:
        for record in train(asked, folder):
            handle.write(to_line(record))
            yield record


def test_the_labels_of_a_batch_are_those_of_the_mask(model: Path, tmp_path: Path) -> None:
    from trl.trainer.sft_trainer import DataCollatorForLanguageModeling  # noqa: PLC0415  as above

    from tuneset.targets.local_models.chat_model import open_model  # noqa: PLC0415  libraries of extras
    from tuneset.targets.local_models.model_files import ModelPlace  # noqa: PLC0415  libraries of extras
    from tuneset.targets.masks.mask import mask_example  # noqa: PLC0415  libraries of extras
    from tuneset.targets.masks.recipes import DEFAULT_RECIPE, RECIPES  # noqa: PLC0415  libraries of extras
    from tuneset.training.trl.methods import dataset  # noqa: PLC0415  libraries of extras
    from tuneset.training.trl.rows import supervised_rows  # noqa: PLC0415  libraries of extras

    corrected = {"messages": [*ROWS[0]["messages"], *ROWS[1]["messages"]]}
    corrected["messages"][1] = corrected["messages"][1] | {"weight": 0}
    found = open_model(ModelPlace(str(model)))
    path = tmp_path / "rows.jsonl"
    path.write_bytes(lines([ROWS[0], corrected]))
    rows = dataset(supervised_rows(path, found, 512, "training_file"))
    batch = DataCollatorForLanguageModeling(pad_token_id=0)([rows[0], rows[1]])
    for number, line in enumerate((ROWS[0], corrected)):
        wanted = mask_example(found, line, RECIPES[DEFAULT_RECIPE]).labels().tolist()
        assert batch["labels"][number].tolist() == wanted + [-100] * (batch["labels"].shape[1] - len(wanted))


def test_a_trainer_that_is_killed_goes_on_and_leaves_the_same_bytes(model: Path, tmp_path: Path) -> None:
    with TestClient(create_app(tmp_path / "state", bases={"small": LocalBase(model)}), base_url=BASE_URL) as http:
        client = OpenAI(api_key="any", base_url=BASE_URL, http_client=http, max_retries=0)
        file = upload(client, ROWS)
        method = supervised(n_epochs=4, batch_size=2)
        whole, killed = (create(client, file.id, file.id, model="small", seed=3, method=method) for _ in range(2))
        one = wait(client, whole.id)
        assert one.status == "succeeded", one.error
        while not client.fine_tuning.jobs.checkpoints.list(killed.id).data:
            assert wait(client, killed.id, {"queued", "validating_files", "running"}).status != "succeeded"
        os.kill(trainer_pid(tmp_path / "state", killed.id), signal.SIGKILL)
        two = wait(client, killed.id)
        assert two.status == "succeeded", two.error
        assert any("started again where it stood" in message for message in messages(client, killed.id))
        assert one.trained_tokens == two.trained_tokens
        files = [
            {client.files.retrieve(name).filename: client.files.content(name).read() for name in job.result_files}
            for job in (one, two)
        ]
        assert files[0] == files[1]
        assert {"step_metrics.csv", "adapter_model.safetensors", "tokenizer.json", "README.md"} <= set(files[0])
        names = [made.fine_tuned_model_checkpoint for made in client.fine_tuning.jobs.checkpoints.list(one.id)]
        assert (len(names), names[0]) == (3, one.fine_tuned_model)

        third = create(client, file.id, model=one.fine_tuned_model, method=supervised(n_epochs=50, batch_size=1))
        while not any(event.type == "metrics" for event in client.fine_tuning.jobs.list_events(third.id).data):
            assert wait(client, third.id, {"queued", "validating_files", "running"}).error is None
        pid = trainer_pid(tmp_path / "state", third.id)
        started = start_time(pid)
        client.fine_tuning.jobs.cancel(third.id)
        assert has_ended(pid, started)


def test_an_early_stop_takes_the_best_adapter_and_a_kill_before_the_end_changes_nothing(
    model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tuneset.training.trl import run_training  # noqa: PLC0415  as above

    (tmp_path / "valid.jsonl").write_bytes(lines([chat("2 + 2", "9876543210")]))
    asked = request(
        model, tmp_path, ROWS, validation=str(tmp_path / "valid.jsonl"), n_epochs=9, learning_rate_multiplier=100.0,
        patience=2,
    )  # fmt: skip

    def killed(*_: object) -> list[str]:
        raise KeyboardInterrupt

    monkeypatch.setattr(run_training, "write_results", killed)
    with pytest.raises(KeyboardInterrupt):
        list(run(asked, tmp_path))
    monkeypatch.undo()
    resumed, note, done = run(asked, tmp_path)
    made = told_checkpoints(tmp_path, 99)
    losses = [one.metrics["full_valid_loss"] for one in made]
    assert losses.index(min(losses)) == len(made) - 3
    assert resumed == Resumed(made[-1].step)
    assert isinstance(note, Note)
    assert note.message.startswith(f"Stopped early at step {made[-1].step} of 27: the full validation loss has not")
    assert isinstance(done, Done)
    assert (done.model_step, len(made) < 9) == (made[-3].step, True)
    assert f"{made[-3].file}/adapter_model.safetensors" in done.files


@pytest.mark.parametrize("method", ["dpo", "kto", "reinforcement"])
def test_other_methods_go_on_after_a_kill(method: str, model: Path, tmp_path: Path) -> None:
    grader = {
        "type": "text_similarity", "name": "near", "input": "{{sample.output_text}}", "reference": "{{item.answer}}",
        "evaluation_metric": "fuzzy_match",
    }  # fmt: skip
    rows: list[Any] = {"dpo": PAIRS, "kto": JUDGED, "reinforcement": PROMPTS}[method]
    left = []
    for killed in (False, True):
        folder = tmp_path / f"killed-{killed}"
        folder.mkdir()
        asked = request(
            model, folder, rows, method=method, n_epochs=3, batch_size=2, learning_rate_multiplier=20.0,
            trainer="tuneset.training.trl.trl_trainer:train", max_example_tokens=96,
            **({"grader": grader, "compute_multiplier": 0.5} if method == "reinforcement" else {}),
        )  # fmt: skip
        (folder / "request.json").write_text(json.dumps(vars(asked)))
        command = [sys.executable, "-m", "tuneset.training.run", str(folder), str(os.getpid())]
        if killed:
            process = subprocess.Popen(command)
            while not any(folder.glob("training_state/*/whole")):
                with contextlib.suppress(subprocess.TimeoutExpired):
                    raise AssertionError(process.wait(0.05))
            process.kill()
            process.wait()
            assert b'"done"' not in _progress(folder)
        subprocess.run(command, check=True)
        assert (b'"resumed"' in _progress(folder)) is killed
        *_, done = read_records(_progress(folder))
        assert isinstance(done, Done)
        left.append({name: (folder / name).read_bytes() for name in ["step_metrics.csv", *done.files]})
    assert left[0] == left[1]


def _progress(folder: Path) -> bytes:
    path = folder / "progress.jsonl"
    return path.read_bytes() if path.exists() else b""


def test_good_answers_become_likelier_than_bad_ones(model: Path, tmp_path: Path) -> None:
    asked = request(model, tmp_path, JUDGED, method="kto", learning_rate_multiplier=50.0, n_epochs=4)
    found = list(run(asked, tmp_path))
    metrics = [record.values for record in found if isinstance(record, Metrics)]
    assert metrics[0]["train_loss"] == pytest.approx(0.5)
    assert metrics[0]["valid_rewards_margin"] == 0
    assert metrics[-1]["full_valid_reward_good"] > 0 > metrics[-1]["full_valid_reward_bad"]
    assert (tmp_path / "step_metrics.csv").read_text().startswith("step,train_loss,valid_loss,train_kl,")
    with pytest.raises(CannotTrainError, match="parts of 2 to 16"):
        list(run(dataclasses.replace(asked, batch_size=1), tmp_path))


def test_an_adapter_is_merged_and_a_kill_before_the_end_costs_no_training(
    model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import torch  # noqa: PLC0415  as above
    from peft import PeftModel  # noqa: PLC0415  as above
    from transformers import AutoModelForCausalLM  # noqa: PLC0415  as above

    from tuneset.training.trl import run_training, saved_model  # noqa: PLC0415  as above

    asked = dataclasses.replace(request(model, tmp_path, ROWS, learning_rate_multiplier=50.0), merged=True)

    def killed(*_: object) -> list[str]:
        raise KeyboardInterrupt

    monkeypatch.setattr(run_training, "save_merged", killed)
    with pytest.raises(KeyboardInterrupt):
        list(run(asked, tmp_path))
    monkeypatch.setattr(run_training, "save_merged", saved_model.save_merged)
    resumed, *between, done = run(asked, tmp_path)
    assert (resumed, between) == (Resumed(6), [])
    assert isinstance(done, Done)
    assert {"merged/model.safetensors", "merged/config.json", "checkpoint-6/README.md"} <= set(done.files)
    ids = torch.tensor([[1, 2, 3, 4]])
    base: Any = AutoModelForCausalLM.from_pretrained(model)
    untrained = base(ids).logits
    wanted = PeftModel.from_pretrained(base, str(tmp_path / "checkpoint-6"))(ids).logits
    found: Any = AutoModelForCausalLM.from_pretrained(tmp_path / "merged")
    assert torch.allclose(found(ids).logits, wanted, atol=1e-5)
    assert not torch.allclose(untrained, wanted, atol=1e-4)


def test_what_is_trained_becomes_a_gguf_file_that_holds_its_weights(model: Path, tmp_path: Path) -> None:
    import gguf  # noqa: PLC0415  as above
    import sentencepiece  # noqa: PLC0415  as above
    from safetensors.numpy import load_file  # noqa: PLC0415  as above

    asked = dataclasses.replace(request(model, tmp_path, ROWS, n_epochs=1), gguf=True)
    *_, note, done = run(asked, tmp_path)
    assert isinstance(note, Note)  # the converter knows vocabularies of byte pairs by their texts, and ours is nobody's
    assert note.message.startswith("There is no GGUF file: the converter ended with status 1: NotImplementedError: BPE")
    assert isinstance(done, Done)
    assert "model.gguf" not in done.files

    base = shutil.copytree(model, tmp_path / "base")
    texts = (text for number in range(300) for text in (f"Say {number}", f"It is {number}."))
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=texts, model_prefix=str(base / "tokenizer"), vocab_size=60, byte_fallback=False
    )
    folder = tmp_path / "again"
    folder.mkdir()
    *_, done = run(dataclasses.replace(request(base, folder, ROWS, n_epochs=1), gguf=True), folder)
    assert isinstance(done, Done)
    assert "model.gguf" in done.files
    assert not any(name.startswith("merged/") for name in done.files)
    read = {tensor.name: tensor.data for tensor in gguf.GGUFReader(folder / "model.gguf").tensors}
    wanted = load_file(folder / "merged" / "model.safetensors")
    halves = wanted["model.layers.1.mlp.down_proj.weight"].astype("float16")
    assert read["blk.1.ffn_down.weight"].tolist() == halves.tolist()


def test_a_batch_that_does_not_fit_is_halved_until_it_does(
    model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import torch  # noqa: PLC0415  as above
    from trl import SFTTrainer  # noqa: PLC0415  as above

    whole = SFTTrainer.compute_loss
    room = 1

    def compute_loss(self: Any, model: Any, inputs: Any, **more: Any) -> Any:  # noqa: ANN401  of TRL
        if inputs["input_ids"].shape[0] > room:
            raise torch.OutOfMemoryError
        return whole(self, model, inputs, **more)

    monkeypatch.setattr(SFTTrainer, "compute_loss", compute_loss)
    found = list(run(request(model, tmp_path, ROWS), tmp_path))
    assert [record.message for record in found if isinstance(record, Note)] == [
        "4 examples at a time do not fit into the memory; 2 are taken at a time",
        "2 examples at a time do not fit into the memory; 1 are taken at a time",
    ]
    assert len([record for record in found if isinstance(record, Metrics)]) == 6
    assert isinstance(found[-1], Done)


def test_preferences_and_graded_answers_are_trained(model: Path, tmp_path: Path) -> None:
    folders = [tmp_path / name for name in ("dpo", "graded", "full")]
    for folder in folders:
        folder.mkdir()
    found = list(run(request(model, folders[0], PAIRS, method="dpo", learning_rate_multiplier=50.0), folders[0]))
    metrics = [record.values for record in found if isinstance(record, Metrics)]
    assert metrics[0]["train_loss"] == pytest.approx(0.6931, abs=1e-3)
    assert metrics[-1]["full_valid_loss"] < metrics[0]["valid_loss"]
    assert metrics[-1]["full_valid_rewards_accuracy"] == 1

    source = "def grade(sample, item): return sample['output_text'].count(item['answer'])"
    grader = {"type": "python", "name": "letters", "source": source}
    asked = request(
        model, folders[1], PROMPTS, method="reinforcement", grader=grader, n_epochs=1, batch_size=2,
        compute_multiplier=0.5, max_example_tokens=96,
    )  # fmt: skip
    found = list(run(asked, folders[1]))
    assert isinstance(found[0], Planned)
    assert found[0].hyperparameters["compute_multiplier"] == 0.5
    steps = [record.values for record in found if isinstance(record, Metrics)]
    assert [set(step) >= {"train_loss", "train_mean_reward", "valid_mean_reward"} for step in steps] == [True] * 2
    assert isinstance(found[-1], Done)
    assert found[-1].trained_tokens > 0

    found = list(run(request(model, folders[2], ROWS, tuning="full", n_epochs=1), folders[2]))
    assert [record.files for record in found if isinstance(record, Done)] == [[]]
    (made,) = [record.file for record in found if isinstance(record, Checkpoint)]
    assert (folders[2] / made / "model.safetensors").exists()


def test_a_model_that_sees_is_trained_on_texts_and_answers_them(model: Path, tmp_path: Path) -> None:
    from transformers import (  # noqa: PLC0415  as above
        AutoConfig,
        AutoModelForImageTextToText,
        CLIPVisionConfig,
        LlavaConfig,
    )

    from tuneset.training.trl.trl_generator import load  # noqa: PLC0415  as above

    base = shutil.copytree(model, tmp_path / "sees")
    size: dict[str, Any] = {"hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 1, "patch_size": 14}
    vision = CLIPVisionConfig(**size, num_attention_heads=2, image_size=28)
    texts = AutoConfig.from_pretrained(model)
    auto: Any = AutoModelForImageTextToText
    auto.from_config(LlavaConfig(text_config=texts, vision_config=vision, image_token_index=1)).save_pretrained(base)
    asked = request(base, tmp_path, ROWS, n_epochs=1)
    *_, done = run(dataclasses.replace(asked, merged=True), tmp_path)
    assert isinstance(done, Done)
    assert "merged/model.safetensors" in done.files
    question = Question(messages=ROWS[0]["messages"][:1], max_tokens=3)
    for weights in (None, str(tmp_path / "checkpoint-3")):
        assert isinstance(list(load(ModelRef("", "sees", weights, str(base))).generate(question))[-1], Ended)


def test_a_base_and_its_adapter_answer_as_transformers_does(model: Path, tmp_path: Path) -> None:
    import torch  # noqa: PLC0415  as above
    from peft import PeftModel  # noqa: PLC0415  as above
    from transformers import AutoModelForCausalLM, AutoTokenizer  # noqa: PLC0415  as above

    from tuneset.training.trl.trl_generator import load  # noqa: PLC0415  as above

    asked = dataclasses.replace(request(model, tmp_path, ROWS), validation=None, learning_rate_multiplier=20.0)
    (*_, last) = (record.file for record in run(asked, tmp_path) if isinstance(record, Checkpoint))
    question = Question(messages=ROWS[0]["messages"][:1], max_tokens=6, temperature=0)
    tokenizer: Any = AutoTokenizer.from_pretrained(model)
    ids: Any = tokenizer.apply_chat_template(
        ROWS[0]["messages"][:1], add_generation_prompt=True, return_tensors="pt", return_dict=True
    )
    reference: Any = AutoModelForCausalLM.from_pretrained(model)
    for weights in (None, str(tmp_path / last)):
        if weights is not None:
            assert (
                json.loads((tmp_path / last / "adapter_config.json").read_text())["base_model_name_or_path"] == "small"
            )
            reference = PeftModel.from_pretrained(reference, weights)
        with torch.no_grad():
            wanted = reference.generate(**ids, max_new_tokens=6, do_sample=False)[0][ids["input_ids"].shape[1] :]
        answer = list(load(ModelRef("", "small", weights, str(model))).generate(question))
        assert answer[0] == Prompted(ids["input_ids"].shape[1])
        text = b"".join(one.data for one in answer if isinstance(one, Piece)).decode("utf-8", "replace")
        assert text == tokenizer.decode(wanted, skip_special_tokens=True)
        given = tokenizer("so it is", add_special_tokens=False)["input_ids"]
        with torch.no_grad():
            whole = torch.cat([ids["input_ids"], torch.tensor([given])], dim=1)
            logprobs = torch.log_softmax(reference(whole).logits[0].float(), dim=-1)
        start = ids["input_ids"].shape[1] - 1
        likely = [float(logprobs[start + place, token]) for place, token in enumerate(given)]
        told = load(ModelRef("", "small", weights, str(model))).generate(
            dataclasses.replace(question, given="so it is")
        )
        assert [one.logprob for one in told if isinstance(one, Piece)] == pytest.approx(likely, abs=1e-3)
        assert isinstance(answer[-1], Ended)
