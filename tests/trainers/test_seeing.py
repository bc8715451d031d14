"""Models at hand that see: a picture changes what is said, to what transformers has it be, and nobody else's answer."""

from __future__ import annotations

import base64
import importlib.util
import io
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import openai
import pytest
from openai import OpenAI
from PIL import Image
from starlette.testclient import TestClient

from tests.endpoint.conftest import BASE_URL
from tests.endpoint.test_app import refusal
from tests.trainers.seeing_model import KINDS, load_qwen_processor, write_seeing_model
from tests.trainers.test_answering_together import adapter_of, answer, together
from tuneset.endpoint.app import create_app
from tuneset.endpoint.jobs.bases import LocalBase
from tuneset.training.generator import CannotAnswerError, LoadedModel, ModelRef, Piece, Prompted, Question

pytestmark = [pytest.mark.trainers, pytest.mark.timeout(1800), pytest.mark.filterwarnings("ignore")]


@pytest.fixture(scope="module", autouse=True)
def one_thread() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("OMP_NUM_THREADS", "1")  # threads of so small a model wait for each other
        yield


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    folder = tmp_path_factory.mktemp("pictures")
    for number, size in enumerate([(50, 40), (32, 32), (40, 90)]):
        Image.linear_gradient("L").resize(size).rotate(90 * number).convert("RGB").save(folder / f"{number}.png")
    return sorted(folder.iterdir())


@pytest.fixture(scope="module", params=KINDS)
def base(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    from transformers import AutoProcessor  # noqa: PLC0415  tests must be read without PyTorch

    with pytest.MonkeyPatch.context() as patched:
        if request.param == "qwen2_vl":
            patched.setattr(AutoProcessor, "from_pretrained", lambda folder, **_: load_qwen_processor(folder))
        yield write_seeing_model(tmp_path_factory.mktemp("seeing") / "model", request.param)


def load(base: Path, weights: str | None = None) -> Any:  # noqa: ANN401  it has PyTorch in it
    from tuneset.training.trl.generation import load_model  # noqa: PLC0415  as above

    return load_model(ModelRef("", "m", weights, str(base)))


def asked(*pictures: Path, text: str = "What is it?", **more: Any) -> Question:  # noqa: ANN401  fields of a question
    # Qwen2-VL tells pictures apart by what stands between them.
    between: dict[str, Any] = {"type": "text", "text": " and "}
    shown: list[dict[str, Any]] = []
    for path in pictures:
        shown += [{"type": "image_url", "image_url": {"path": str(path)}}, between]
    usual: dict[str, Any] = {"max_tokens": 24, "temperature": 0.0, "top_logprobs": 2}
    messages: list[dict[str, Any]] = [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": [*shown, {"type": "text", "text": text}]},
    ]
    return Question(messages=messages, **usual | more)


def said(model: Any, question: Question) -> bytes:  # noqa: ANN401  as above
    return b"".join(record.data for record in answer(model, question) if isinstance(record, Piece))


def by_hand(base: Path, question: Question, model: Any, adapter: str | None = None) -> tuple[int, bytes]:  # noqa: ANN401  as above
    """How long a prompt is, and what is said to it, by transformers alone."""
    import torch  # noqa: PLC0415  as above
    from peft import PeftModel  # noqa: PLC0415  as above
    from transformers import AutoModelForImageTextToText, AutoProcessor  # noqa: PLC0415  as above

    reference: Any = AutoModelForImageTextToText.from_pretrained(base)
    if adapter is not None:
        reference = PeftModel.from_pretrained(reference, adapter)
    reference.eval()
    processors: Any = AutoProcessor
    processor = processors.from_pretrained(base)
    messages = []
    for message in question.messages:
        content: Any = message["content"]
        parts: list[Any] = [{"type": "text", "text": content}] if isinstance(content, str) else content
        opened = [
            {"type": "image", "image": Image.open(part["image_url"]["path"])} if part["type"] == "image_url" else part
            for part in parts
        ]
        messages.append({"role": message["role"], "content": opened})
    read = processor.apply_chat_template(
        messages, add_generation_prompt=True, tokenize=True, return_dict=True, return_tensors="pt"
    )
    with torch.no_grad():
        found = reference.generate(**read, max_new_tokens=question.max_tokens, do_sample=False)
    length = read["input_ids"].shape[1]
    tokens = [token for token in found[0, length:].tolist() if token not in model._ends]
    return length, b"".join(map(model._bytes, tokens))


def test_what_is_said_to_pictures_is_what_transformers_says_token_for_token(base: Path, pictures: list[Path]) -> None:
    model = load(base)
    first, second, third = pictures
    several = [asked(first), asked(second), asked(third), asked(first, third), asked(first, text="Why? " * 120)]
    for question in several:
        prompted = answer(model, question)[0]
        assert isinstance(prompted, Prompted)
        assert (prompted.tokens, said(model, question)) == by_hand(base, question, model)
    assert model.weights.seen == "together"


def test_another_picture_has_other_probabilities_and_the_same_one_has_the_same(
    base: Path, pictures: list[Path]
) -> None:
    model = load(base)
    first, again, other = (answer(model, asked(path, given="So")) for path in (pictures[0], pictures[0], pictures[2]))
    assert first == again
    assert [one.logprob for one in first if isinstance(one, Piece)] != [
        one.logprob for one in other if isinstance(one, Piece)
    ]


def test_who_else_asks_changes_no_bit_of_an_answer_with_pictures_or_without(
    base: Path, pictures: list[Path], tmp_path: Path
) -> None:
    adapters = [adapter_of(base, tmp_path / str(seed), seed) for seed in (1, 2)]
    models: list[LoadedModel] = [load(base), *(load(base, adapter) for adapter in adapters)]
    plain = Question(messages=[{"role": "user", "content": "So it is. " * 80}], max_tokens=30, temperature=0.0)
    several = [
        (models[number % 3], one)
        for number, one in enumerate(
            [asked(pictures[0]), plain, asked(pictures[2], temperature=0.9, seed=4), asked(*pictures), plain] * 3
        )
    ]
    alone = [answer(*one) for one in several]
    assert together(several) == alone
    assert said(models[1], asked(pictures[0])) == by_hand(base, asked(pictures[0]), models[1], adapters[0])[1]
    assert len({said(model, asked(pictures[0])) for model in models}) == 3


def test_an_answer_is_the_same_after_its_memory_was_taken(
    base: Path, pictures: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    import torch  # noqa: PLC0415  as above

    from tuneset.training.trl.row_attention import RowCaches  # noqa: PLC0415  as above

    model = load(base)
    several = [(model, asked(pictures[number % 3], seed=number, temperature=0.7)) for number in range(5)]
    alone = [answer(*one) for one in several]
    whole, refused = RowCaches.update, []

    def update(self: Any, keys: Any, values: Any, layer_idx: int, *more: Any, **options: Any) -> Any:  # noqa: ANN401  of transformers
        if layer_idx == 1 and len(self._rows) > 2:
            refused.append(len(self._rows))
            raise torch.OutOfMemoryError
        return whole(self, keys, values, layer_idx, *more, **options)

    monkeypatch.setattr(RowCaches, "update", update)
    assert together(several) == alone
    assert refused


def test_a_kind_of_model_whose_own_answers_are_others_is_shown_no_picture(
    base: Path, pictures: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tuneset.training.trl.weights import Weights  # noqa: PLC0415  as above

    inputs = Weights._inputs

    def blind(self: Weights, memory: Any, ids: Any) -> Any:  # noqa: ANN401  of transformers
        memory.beside = None
        return inputs(self, memory, ids)

    monkeypatch.setattr(Weights, "_inputs", blind)
    with pytest.raises(CannotAnswerError, match="cannot be shown to this model") as caught:
        answer(load(Path(shutil.copytree(base, tmp_path / "model"))), asked(pictures[0]))
    assert caught.value.code == "model_not_available"


def test_a_mark_of_a_picture_in_a_text_and_a_broken_picture_are_refused(
    base: Path, pictures: list[Path], tmp_path: Path
) -> None:
    model = load(base)
    with pytest.raises(CannotAnswerError, match="can make nothing of these messages") as caught:
        answer(model, asked(pictures[0], text="<image> and <image>"))
    assert caught.value.code == "invalid_messages"
    (tmp_path / "a.png").write_bytes(pictures[0].read_bytes()[:60])
    with pytest.raises(CannotAnswerError, match="cannot be decoded"):
        answer(model, asked(tmp_path / "a.png"))
    assert answer(model, asked(pictures[0]))[0]


def test_a_folder_whose_processor_cannot_be_loaded_answers_texts(
    base: Path, pictures: list[Path], tmp_path: Path
) -> None:
    folder = Path(shutil.copytree(base, tmp_path / "model"))
    for name in ("preprocessor_config.json", "processor_config.json"):
        (folder / name).unlink(missing_ok=True)
    model = load(folder)
    with pytest.raises(CannotAnswerError, match=r"cannot be loaded|cannot be shown") as caught:
        answer(model, asked(pictures[0]))
    assert (caught.value.code, caught.value.param) == ("model_not_available", "model")
    assert answer(model, asked())


def test_clients_show_pictures_by_every_way_and_one_that_is_broken_is_refused(
    base: Path, pictures: list[Path], tmp_path: Path
) -> None:
    content = pictures[0].read_bytes()
    address = f"data:image/png;base64,{base64.b64encode(content).decode()}"
    with TestClient(create_app(tmp_path / "state", bases={"see": LocalBase(base)}), base_url=BASE_URL) as http:
        client = OpenAI(api_key="any", base_url=BASE_URL, http_client=http, max_retries=0)
        file = client.files.create(file=("a.png", content), purpose="vision").id
        if "Qwen2VL" in (base / "config.json").read_text() and importlib.util.find_spec("torchvision") is None:
            part: Any = {"type": "image_file", "image_file": {"file_id": file}}
            with pytest.raises(openai.BadRequestError, match="needs torchvision"):
                client.chat.completions.create(model="see", messages=[{"role": "user", "content": [part]}])
            return
        usual: dict[str, Any] = {"model": "see", "temperature": 0, "max_tokens": 12}

        def say(part: dict[str, Any], **more: Any) -> Any:  # noqa: ANN401  of the client
            parts: Any = [{"role": "user", "content": [part, {"type": "text", "text": "What is it?"}]}]
            return client.chat.completions.create(messages=parts, **usual | more)

        by_url: dict[str, Any] = {"type": "image_url", "image_url": {"url": address}}
        by_file: dict[str, Any] = {"type": "image_file", "image_file": {"file_id": file}}
        first = say(by_url, n=2)
        texts = {choice.message.content for choice in first.choices}
        texts.add(say(by_file).choices[0].message.content)
        texts.add("".join(chunk.choices[0].delta.content or "" for chunk in say(by_file, stream=True)))
        see: Any = [{"type": "input_image", "file_id": file}, {"type": "input_text", "text": "What is it?"}]
        response = client.responses.create(
            model="see", temperature=0, max_output_tokens=12, input=[{"role": "user", "content": see}]
        )
        texts.add(response.output_text)
        assert len(texts) == 1
        assert response.usage is not None
        assert first.usage is not None
        assert response.usage.input_tokens == first.usage.prompt_tokens
        other = io.BytesIO()
        Image.open(pictures[2]).save(other, "WEBP")
        as_webp: dict[str, Any] = {
            "type": "image_url",
            "image_url": {"url": f"data:image/webp;base64,{base64.b64encode(other.getvalue()).decode()}"},
        }
        of_both = [say(part, logprobs=True).choices[0].logprobs for part in (by_url, as_webp)]
        assert of_both[0] != of_both[1]
        broken = {
            "type": "image_url",
            "image_url": {"url": address[:100] + "=" * (-(100 - address.index(",") - 1) % 4)},
        }
        for more in ({}, {"stream": True}):
            with pytest.raises(openai.BadRequestError) as caught:
                say(broken, **more)
            assert refusal(caught.value)["code"] == "image_parse_error"
        found: list[Any] = [None] * 6

        def ask(number: int) -> None:
            found[number] = say(by_url if number % 2 else as_webp).choices[0].message.content

        threads = [threading.Thread(target=ask, args=(number,)) for number in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert set(found[1::2]) == texts
        assert len(set(found[::2])) == 1
