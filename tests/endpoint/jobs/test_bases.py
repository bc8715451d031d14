"""Models at hand as base models: what cannot be trained is refused at the start, with what to do."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from openai import BadRequestError, OpenAI
from openai.types.fine_tuning import FineTuningJob
from starlette.testclient import TestClient

from tests.endpoint.conftest import BASE_URL
from tests.endpoint.patient_trainer import PLAN
from tests.endpoint.support import BASE_MODELS, create, examples, upload, wait
from tests.targets.local_models.tiny_models import CHATML, write_model
from tuneset.endpoint.app import create_app
from tuneset.endpoint.jobs import bases
from tuneset.endpoint.jobs.bases import LocalBase, with_bases
from tuneset.errors import InputError, UsageError
from tuneset.profile import embedded_profile
from tuneset.training import trainer


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder that looks like a model's."""
    made = write_model(tmp_path / "model", CHATML, eos_token="<|im_end|>")
    (made / "config.json").write_text(json.dumps({"max_position_embeddings": 512}), encoding="ascii")
    (made / "model.safetensors").touch()
    return made


def test_the_extra_is_named_where_its_libraries_are_missing(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(trainer.LIBRARIES, "trl", ("nowhere_to_be_found",))
    with pytest.raises(UsageError) as raised:
        with_bases(embedded_profile(), {"small": LocalBase(folder)})
    assert str(raised.value) == (
        "the trainer trl needs what is not installed: nowhere_to_be_found\n"
        "  do: install Tuneset with the extra trl, or add them: pip install nowhere_to_be_found"
    )


@pytest.fixture
def installed(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if all libraries were there."""
    monkeypatch.setattr(bases, "require_libraries", lambda *_: None)


@pytest.mark.usefixtures("installed")
def test_gguf_without_a_converter_is_refused_at_the_start(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.which", lambda *_, **__: None)
    with pytest.raises(UsageError, match="--gguf: there is no converter to GGUF"):
        with_bases(embedded_profile(), {"small": LocalBase(folder, gguf=True)})


@pytest.mark.parametrize("name", ["local-tiny", "", "ft:small"])
def test_a_name_that_is_taken_or_would_be_another_models_is_refused(folder: Path, name: str) -> None:
    with pytest.raises(UsageError, match="this name is taken or cannot be one"):
        with_bases(embedded_profile(), {name: LocalBase(folder)})


@pytest.mark.usefixtures("installed")
@pytest.mark.parametrize(
    ("broken", "message"),
    [
        (lambda folder: (folder / "config.json").unlink(), "cannot be read"),
        (lambda folder: (folder / "config.json").write_text("{}"), "names no max_position_embeddings"),
        (lambda folder: (folder / "model.safetensors").unlink(), "holds no weights"),
        (lambda folder: (folder / "tokenizer.json").unlink(), "holds no vocabulary"),
        (lambda folder: (folder / "chat_template.jinja").unlink(), "has no chat template"),
    ],
    ids=["no config", "no length", "no weights", "no vocabulary", "no template"],
)  # fmt: skip
def test_a_folder_that_holds_no_model_for_chat_is_refused(folder: Path, broken: object, message: str) -> None:
    assert callable(broken)
    broken(folder)
    with pytest.raises(InputError, match=message):
        with_bases(embedded_profile(), {"small": LocalBase(folder)})


@pytest.mark.usefixtures("installed")
def test_a_base_is_a_model_of_the_endpoint_and_its_folder_reaches_the_trainer(
    folder: Path, state: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[3]), prepend=":")
    monkeypatch.setitem(trainer.TRAINERS, "trl", "tests.endpoint.patient_trainer:tell_base")
    with TestClient(create_app(state, bases={"small": LocalBase(folder, "full")}), base_url=BASE_URL) as http:
        client = OpenAI(api_key="any", base_url=BASE_URL, http_client=http, max_retries=0)
        assert [model.id for model in client.models.list()] == [*BASE_MODELS, "small"]
        file = upload(client, examples()[:10])
        first = wait(client, create(client, file.id, model="small").id)
        names = [client.files.retrieve(one).filename for one in first.result_files]
        assert names == ["step_metrics.csv", "adapter.bin"]
        assert client.files.content(first.result_files[1]).read() == f"{folder.resolve()} full None".encode()
        assert first.fine_tuned_model is not None
        again = wait(client, create(client, file.id, model=first.fine_tuned_model).id)
        told = client.files.content(again.result_files[1]).read().decode()
        assert told == f"{folder.resolve()} full adapter.bin", "the folder of the first model's weights"
        assert client.models.delete(first.fine_tuned_model).deleted
        assert not list((state / "jobs" / first.id).glob("attempt-1/model"))
        assert client.files.content(first.result_files[1]).read()
        prompts = upload(client, [{"messages": [{"role": "user", "content": "Where?"}], "answer": "here"}] * 10)
        asked = {"grader": GRADER, "hyperparameters": {"reasoning_effort": "low"}}
        method = {"type": "reinforcement", "reinforcement": asked}
        graded = wait(client, create(client, prompts.id, model="small", method=method).id)
        assert graded.method is not None
        shown: Any = graded.method.to_dict()["reinforcement"]
        assert {"reasoning_effort": "low", **PLAN}.items() <= shown["hyperparameters"].items()
    with TestClient(create_app(state), base_url=BASE_URL) as http:
        client = OpenAI(api_key="any", base_url=BASE_URL, http_client=http, max_retries=0)
        with pytest.raises(Exception, match="not served now"):
            create(client, file.id, model=again.fine_tuned_model)


GRADER = {
    "type": "string_check",
    "name": "same",
    "operation": "eq",
    "input": "{{sample.output_text}}",
    "reference": "{{item.answer}}",
}


@pytest.mark.usefixtures("installed")
def test_a_grader_is_checked_when_a_job_is_asked_for_and_shown_with_it(folder: Path, state: Path) -> None:
    with TestClient(create_app(state, bases={"small": LocalBase(folder)}), base_url=BASE_URL) as http:
        client = OpenAI(api_key="any", base_url=BASE_URL, http_client=http, max_retries=0)
        file = upload(client, [{"messages": [{"role": "user", "content": "Where?"}], "answer": "here"}] * 9)

        def ask(grader: object) -> FineTuningJob:
            method = {"type": "reinforcement", "reinforcement": {"grader": grader}}
            return create(client, file.id, model="small", method=method)

        with pytest.raises(BadRequestError) as raised:
            ask({"type": "multi", "name": "m", "graders": {"a": GRADER}, "calculate_output": "b"})
        assert raised.value.body == {
            "message": "Invalid grader: calculate_output: it names what is no grader of this one.",
            "type": "invalid_request_error",
            "param": "method.reinforcement.grader",
            "code": "invalid_grader",
        }
        with pytest.raises(BadRequestError, match="no server is named at which the model of a score_model grader"):
            ask({"type": "score_model", "name": "j", "model": "m", "input": [{"role": "user", "content": ""}]})
        job = wait(client, ask(GRADER).id)
        assert job.method is not None
        shown: Any = job.method.to_dict()["reinforcement"]
        assert shown["grader"] == GRADER
        assert job.error is not None
        assert job.error.message == "Training file has 9 example(s), but must have at least 10 examples"
