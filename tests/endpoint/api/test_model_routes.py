"""Models: they are listed with their checkpoints, deleted with their weights, and can be trained further."""

from __future__ import annotations

import io
import tarfile
from pathlib import Path
from urllib.parse import quote

import httpx2
import openai
import pytest
from openai import OpenAI
from starlette.testclient import TestClient

from tests.endpoint.conftest import BASE_URL
from tests.endpoint.support import BASE_MODELS, create, examples, messages, supervised, upload, wait
from tests.endpoint.test_app import refusal
from tuneset.endpoint.app import create_app
from tuneset.errors import UsageError

pytestmark = pytest.mark.usefixtures("quickly_trained")

PLAN = supervised(n_epochs=2, batch_size=5)


def weights(state: Path, job_id: str) -> set[str]:
    return {path.name for path in (state / "jobs" / job_id / "attempt-1").glob("*.npz")}


def content(client: OpenAI, name: str) -> httpx2.Response:
    return client.get(f"/models/{quote(name, safe='')}/content", cast_to=httpx2.Response)


@pytest.mark.parametrize("name", ["local-tiny", "ft:local-tiny:tuneset::none", "a/b"])
def test_what_is_no_model_of_a_job_cannot_be_deleted(shared_client: OpenAI, name: str) -> None:
    with pytest.raises((openai.NotFoundError, openai.PermissionDeniedError)):
        shared_client.models.delete(name)
    assert "local-tiny" in {model.id for model in shared_client.models.list()}


def test_models_are_fetched_and_deleted_with_their_weights_and_no_others(client: OpenAI, state: Path) -> None:
    job = wait(client, create(client, upload(client, examples()[:10]).id, suffix="a/b", method=PLAN).id)
    assert job.fine_tuned_model is not None
    first = f"{job.fine_tuned_model}:ckpt-step-2"
    assert [model.id for model in client.models.list()] == [*BASE_MODELS, first, job.fine_tuned_model]
    assert client.models.retrieve(first).owned_by == "tuneset"
    assert weights(state, job.id) == {"checkpoint-2.npz", "checkpoint-4.npz"}
    for name, file in ((job.fine_tuned_model, "checkpoint-4.npz"), (first, "checkpoint-2.npz")):
        sent = content(client, name)
        assert int(sent.headers["content-length"]) == len(sent.content)
        with tarfile.open(fileobj=io.BytesIO(sent.content)) as archive:
            assert archive.getnames() == [file]
            held = archive.extractfile(file)
            assert held is not None
            assert held.read() == (state / "jobs" / job.id / "attempt-1" / file).read_bytes()
    assert client.models.delete(first).to_dict() == {"id": first, "object": "model", "deleted": True}
    assert weights(state, job.id) == {"checkpoint-4.npz"}
    client.models.delete(job.fine_tuned_model)
    assert weights(state, job.id) == set()
    assert [model.id for model in client.models.list()] == BASE_MODELS
    with pytest.raises(openai.BadRequestError) as caught:
        client.fine_tuning.jobs.create(model=first, training_file=job.training_file)
    assert refusal(caught.value)["code"] == "model_not_available"


@pytest.mark.parametrize(("name", "status"), [("local-tiny", 400), ("nobody", 404)])
def test_there_are_no_weights_of_what_no_job_has_made(shared_client: OpenAI, name: str, status: int) -> None:
    with pytest.raises(openai.APIStatusError) as caught:
        content(shared_client, name)
    assert caught.value.status_code == status


@pytest.mark.slow
def test_a_second_round_goes_on_from_a_model_or_a_checkpoint(client: OpenAI) -> None:
    training, validation = upload(client, examples()[:20]).id, upload(client, examples()[20:30]).id
    first = wait(client, create(client, training, validation, method=supervised(n_epochs=3, batch_size=4)).id)
    assert first.fine_tuned_model is not None
    for name in (first.fine_tuned_model, f"{first.fine_tuned_model}:ckpt-step-10"):
        second = wait(client, create(client, training, validation, model=name, method=PLAN, suffix="two").id)
        assert second.fine_tuned_model is not None
        assert second.fine_tuned_model.startswith("ft:local-tiny:tuneset:two:")
        assert any("of an earlier job" in told for told in messages(client, second.id))
        losses = [
            event.data["train_loss"]
            for job in (first, second)
            for event in list(client.fine_tuning.jobs.list_events(job.id, limit=1_000))[::-1]
            if isinstance(event.data, dict) and event.data.get("step") == 1
        ]
        assert losses[1] < 0.8 * losses[0]


def test_a_base_model_has_further_names(state: Path) -> None:
    app = create_app(state, aliases={"gpt-4.1-mini": "local-tiny"})
    with TestClient(app, base_url=BASE_URL) as http:
        client = OpenAI(api_key="any", base_url=BASE_URL, http_client=http, max_retries=0)
        assert [model.id for model in client.models.list()] == [*BASE_MODELS, "gpt-4.1-mini"]
        file = upload(client, examples()[:10]).id
        job = create(client, file, model="gpt-4.1-mini", method=supervised(n_epochs=1))
        done = wait(client, job.id)
        assert (done.status, done.model) == ("succeeded", "gpt-4.1-mini")
        assert str(done.fine_tuned_model).startswith("ft:gpt-4.1-mini:tuneset::")


@pytest.mark.parametrize(
    "aliases", [{"a": "none"}, {"local-tiny": "local-tiny"}, {"ft:a": "local-tiny"}, {"": "local-tiny"}]
)
def test_an_alias_that_cannot_be_is_said(state: Path, aliases: dict[str, str]) -> None:
    with pytest.raises(UsageError, match="there is no base model"):
        create_app(state, aliases=aliases)
