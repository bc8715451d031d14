"""Models at hand answer many at once: each answer has the bits that it has alone, by base and adapters in one batch."""

from __future__ import annotations

import gc
import json
import shutil
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openai import OpenAI
from starlette.testclient import TestClient

from tests.endpoint.conftest import BASE_URL
from tests.trainers.small_model import write_small_model
from tuneset.endpoint.app import create_app
from tuneset.endpoint.jobs.bases import LocalBase
from tuneset.training.generator import (
    Answer,
    CannotAnswerError,
    Ended,
    LoadedModel,
    ModelRef,
    Piece,
    Question,
    Waiting,
)

if TYPE_CHECKING:
    from tuneset.training.trl.weights import Weights

pytestmark = [pytest.mark.trainers, pytest.mark.timeout(1800), pytest.mark.filterwarnings("ignore")]


@pytest.fixture(scope="module", autouse=True)
def one_thread() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("OMP_NUM_THREADS", "1")  # threads of so small a model wait for each other
        yield


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A base whose weights are large enough that each piece depends on all before it."""
    import torch  # noqa: PLC0415  tests must be read without PyTorch
    from transformers import AutoModelForCausalLM  # noqa: PLC0415  as above

    folder = write_small_model(tmp_path_factory.mktemp("together") / "small")
    model: Any = AutoModelForCausalLM.from_pretrained(folder)
    torch.manual_seed(1)
    scatter(model)
    model.save_pretrained(folder)
    return folder


def scatter(model: Any) -> None:  # noqa: ANN401  of transformers
    import torch  # noqa: PLC0415  as above

    for values in model.parameters():
        if values.dim() > 1:
            torch.nn.init.normal_(values, std=0.2)


@pytest.fixture(scope="module")
def models(base: Path, tmp_path_factory: pytest.TempPathFactory) -> list[LoadedModel]:
    """The base and two adapters of it."""
    from tuneset.training.trl.trl_generator import load  # noqa: PLC0415  as above

    folders = [adapter_of(base, tmp_path_factory.mktemp("adapter"), seed) for seed in (1, 2)]
    return [load(ModelRef("", "m", weights, str(base))) for weights in (None, *folders)]


def adapter_of(base: Path, folder: Path, seed: int) -> str:
    """Write an adapter that changes what is said."""
    import torch  # noqa: PLC0415  as above
    from peft import LoraConfig, get_peft_model  # noqa: PLC0415  as above

    from tuneset.training.trl.model_class import load_pretrained  # noqa: PLC0415  as above

    torch.manual_seed(seed)
    config = LoraConfig(r=4, target_modules="all-linear", task_type="CAUSAL_LM", init_lora_weights=False)
    get_peft_model(load_pretrained(base), config).save_pretrained(folder)
    return str(folder)


def answer(model: LoadedModel, question: Question) -> list[Answer]:
    return [one for one in model.generate(question) if not isinstance(one, Waiting)]


def together(asked: Sequence[tuple[LoadedModel, Question]]) -> list[list[Answer]]:
    """The answers to what is asked at the same time."""
    found: list[list[Answer]] = [[] for _ in asked]

    def ask(place: int) -> None:
        found[place] = answer(*asked[place])

    threads = [threading.Thread(target=ask, args=(place,)) for place in range(len(asked))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return found


TOOL = {"type": "function", "function": {"name": "look", "parameters": {"type": "object", "properties": {}}}}


@st.composite
def questions(draw: st.DrawFn) -> Question:
    text = "".join(draw(st.lists(st.sampled_from(["a ", "the ", "7 + ", "so it is. ", "é"]), min_size=1, max_size=30)))
    usual: dict[str, Any] = {
        "max_tokens": draw(st.integers(1, 40)), "temperature": draw(st.sampled_from([0.0, 0.8, 2.0])),
        "top_p": draw(st.sampled_from([0.4, 1.0])), "seed": draw(st.integers(0, 5)),
        "top_logprobs": draw(st.sampled_from([0, 3])),
    }  # fmt: skip
    if draw(st.booleans()):
        return Question(text=text, **usual)
    tools = [TOOL] if draw(st.booleans()) else []
    given = draw(st.none() | st.just("so it is"))
    return Question(messages=[{"role": "user", "content": text}], tools=tools, given=given, **usual)


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 2), questions()), min_size=2, max_size=24))
def test_who_else_asks_changes_no_bit_of_an_answer(
    models: list[LoadedModel], asked: list[tuple[int, Question]]
) -> None:
    assert weights_of(models).together
    several = [(models[number], question) for number, question in asked]
    assert together(several) == [answer(*one) for one in several]


def weights_of(models: list[LoadedModel]) -> Weights:
    from tuneset.training.trl.generation import TunedModel  # noqa: PLC0415  as above

    found = {id(model.weights): model.weights for model in models if isinstance(model, TunedModel)}
    (weights,) = found.values()  # one set, whatever is asked
    return weights


def test_adapters_say_what_peft_has_them_say_and_one_that_is_not_kept_leaves(base: Path, tmp_path: Path) -> None:
    import torch  # noqa: PLC0415  as above
    from peft import PeftModel  # noqa: PLC0415  as above
    from transformers import AutoModelForCausalLM  # noqa: PLC0415  as above

    from tuneset.training.trl.weights import Weights  # noqa: PLC0415  as above

    weights = Weights(base)
    folders = [adapter_of(base, tmp_path / str(seed), seed) for seed in (3, 4, 5)]
    for again in range(2):
        adapters = [weights.add_adapter(Path(folder)) for folder in folders]
        assert weights.together
        for adapter, folder in zip(adapters, folders, strict=True):
            reference = PeftModel.from_pretrained(AutoModelForCausalLM.from_pretrained(base), folder)
            with torch.no_grad():
                wanted = torch.log_softmax(reference(torch.tensor([[1, 2, 3]])).logits[0, -1], dim=-1)
            memory = weights.new_memory()
            weights.read(memory, None, [1, 2], [])
            first, _ = weights.read(weights.new_memory(), adapter.name, [1, 2, 3], [])
            assert first.tolist() == pytest.approx(wanted.tolist(), abs=1e-4)
            memory = weights.new_memory()
            weights.read(memory, adapter.name, [1, 2], [])
            (stepped,) = weights.step([(memory, adapter.name, 3)])
            assert stepped.tolist() == pytest.approx(wanted.tolist(), abs=1e-4)
        del adapter, adapters
        assert len(weights._adapters._unused) == 3, again
    other = weights.add_adapter(Path(folders[0]))
    assert weights._adapters._peft is not None
    assert list(weights._adapters._peft.peft_config) == [other.name]


def architectures() -> dict[str, tuple[Any, bool]]:
    """Configs of kinds of models, and whether their rows take steps together."""
    from transformers import (  # noqa: PLC0415  as above
        CLIPVisionConfig,
        Gemma2Config,
        GPT2Config,
        LlamaConfig,
        LlavaConfig,
        MistralConfig,
        Qwen3Config,
        Qwen3MoeConfig,
        Qwen3NextConfig,
    )

    usual: dict[str, Any] = {
        "vocab_size": 334, "hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 2,
        "num_attention_heads": 4, "num_key_value_heads": 2, "max_position_embeddings": 512,
        "bos_token_id": None, "eos_token_id": None, "pad_token_id": None,
    }  # fmt: skip
    experts: dict[str, Any] = {"head_dim": 8, "num_experts": 8, "num_experts_per_tok": 2, "moe_intermediate_size": 16}
    linear: dict[str, Any] = {
        "shared_expert_intermediate_size": 16, "linear_num_value_heads": 4, "linear_num_key_heads": 2,
        "linear_key_head_dim": 8, "linear_value_head_dim": 8, "layer_types": ["linear_attention", "full_attention"],
    }  # fmt: skip
    seen: dict[str, Any] = {
        "hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 1, "num_attention_heads": 2,
        "image_size": 28, "patch_size": 14,
    }  # fmt: skip
    sees = LlavaConfig(text_config=LlamaConfig(**usual), vision_config=CLIPVisionConfig(**seen), image_token_index=333)
    return {
        "sees": (sees, True),
        "sliding": (MistralConfig(**usual, sliding_window=8), True),
        "norms": (Qwen3Config(**usual, head_dim=8), True),
        "eager": (Gemma2Config(**usual, head_dim=8, sliding_window=8), True),
        "learned positions": (GPT2Config(vocab_size=334, n_embd=32, n_layer=2, n_head=4, n_positions=512), True),
        "experts": (Qwen3MoeConfig(**usual, **experts), False),
        "linear attention": (Qwen3NextConfig(**usual, **experts, **linear), False),
    }


@pytest.mark.parametrize(
    "kind", ["sees", "sliding", "norms", "eager", "learned positions", "experts", "linear attention"]
)
def test_models_of_each_kind_say_what_transformers_has_them_say(kind: str, base: Path, tmp_path: Path) -> None:
    import torch  # noqa: PLC0415  as above
    from transformers import AutoModelForCausalLM, AutoModelForImageTextToText  # noqa: PLC0415  as above

    from tuneset.training.trl.generation import TunedModel, load_model  # noqa: PLC0415  as above

    config, takes_steps_together = architectures()[kind]
    torch.manual_seed(1)
    auto: Any = AutoModelForImageTextToText if kind == "sees" else AutoModelForCausalLM
    reference = auto.from_config(config).eval()
    scatter(reference)
    folder = shutil.copytree(base, tmp_path / "model")
    reference.save_pretrained(folder)
    model = load_model(ModelRef("", "m", None, str(folder)))
    assert isinstance(model, TunedModel)
    assert model.weights.together is takes_steps_together
    asked = [Question(text="so it is " * times, max_tokens=20, temperature=0) for times in range(1, 6)]
    found = together([(model, question) for question in asked])
    assert found == [answer(model, question) for question in asked]
    for question, records in zip(asked, found, strict=True):
        ids = torch.tensor([model._prompt(question)[0]])
        with torch.no_grad():
            said = reference.generate(ids, max_new_tokens=20, do_sample=False)[0][ids.shape[1] :].tolist()
        wanted = b"".join(model._bytes(one) for one in said if one not in model._ends)
        assert b"".join(record.data for record in records if isinstance(record, Piece)) == wanted


def test_memory_that_runs_out_changes_no_answer_and_what_needs_too_much_is_told(
    models: list[LoadedModel], monkeypatch: pytest.MonkeyPatch
) -> None:
    import torch  # noqa: PLC0415  as above

    from tuneset.training.trl.row_attention import RowCaches  # noqa: PLC0415  as above

    usual: dict[str, Any] = {"max_tokens": 30, "seed": 3}
    asked = [(models[number % 3], Question(text="it is " * (1 + 5 * number), **usual)) for number in range(6)]
    alone = [answer(*one) for one in asked]
    whole, refused = RowCaches.update, []

    def update(self: Any, keys: Any, values: Any, layer_idx: int, *more: Any, **options: Any) -> Any:  # noqa: ANN401  of transformers
        if layer_idx == 1 and len(self._rows) > 2:
            refused.append(len(self._rows))
            raise torch.OutOfMemoryError
        return whole(self, keys, values, layer_idx, *more, **options)

    monkeypatch.setattr(RowCaches, "update", update)
    assert together(asked) == alone
    assert refused

    def never(*_: object, **__: object) -> None:
        raise torch.OutOfMemoryError

    monkeypatch.setattr(RowCaches, "update", never)
    with pytest.raises(CannotAnswerError, match="not enough memory") as caught:
        answer(*asked[0])
    assert caught.value.code == "out_of_memory"
    monkeypatch.undo()
    assert answer(*asked[0]) == alone[0]


def test_a_base_that_does_not_fit_is_told(base: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import torch  # noqa: PLC0415  as above

    from tuneset.training.trl import weights  # noqa: PLC0415  as above
    from tuneset.training.trl.trl_generator import load  # noqa: PLC0415  as above

    def never(*_: object, **__: object) -> None:
        raise torch.OutOfMemoryError

    monkeypatch.setattr(weights, "load_pretrained", never)
    with pytest.raises(CannotAnswerError, match="not enough memory for big") as caught:
        load(ModelRef("", "big", None, str(shutil.copytree(base, tmp_path / "big"))))
    assert caught.value.code == "out_of_memory"


def test_an_adapter_that_can_take_no_step_beside_others_changes_no_bit_of_theirs(
    base: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tuneset.training.trl.trl_generator import load  # noqa: PLC0415  as above
    from tuneset.training.trl.weights import Weights  # noqa: PLC0415  as above

    folder = str(shutil.copytree(base, tmp_path / "base"))
    model = load(ModelRef("", "m", None, folder))
    question = Question(text="Once upon", max_tokens=12, temperature=0.0, top_logprobs=3)
    before = answer(model, question)
    monkeypatch.setattr(Weights, "_can_step_together", lambda *_: False)
    apart = load(ModelRef("", "m", adapter_of(base, tmp_path / "adapter", 1), folder))
    alone = answer(apart, question)
    assert answer(model, question) == before
    assert together([(model, question), (apart, question), (model, question)]) == [before, alone, before]


def test_a_base_is_in_memory_once_and_leaves_with_the_last_model_that_asks_it(base: Path, tmp_path: Path) -> None:
    from tuneset.training.trl import weights  # noqa: PLC0415  as above
    from tuneset.training.trl.trl_generator import load  # noqa: PLC0415  as above

    adapter = adapter_of(base, tmp_path / "adapter", 1)
    folders = [str(shutil.copytree(base, tmp_path / str(number))) for number in range(3)]
    kept = [load(ModelRef("", "m", None, folder)) for folder in folders]
    kept.append(load(ModelRef("", "m", adapter, folders[0])))
    assert weights_of([kept[0]]) is weights_of([kept[3]])
    del kept[:2]
    gc.collect()
    assert [folder in weights._HELD for folder in folders] == [True, False, True]


def test_an_adapter_that_cannot_be_asked_by_row_is_refused(base: Path, tmp_path: Path) -> None:
    from tuneset.training.trl.trl_generator import load  # noqa: PLC0415  as above

    folder = Path(adapter_of(base, tmp_path / "adapter", 1))
    config = json.loads((folder / "adapter_config.json").read_text())
    (folder / "adapter_config.json").write_text(json.dumps(config | {"use_dora": True}))
    with pytest.raises(CannotAnswerError, match="is no plain LoRA") as caught:
        load(ModelRef("", "m", str(folder), str(base)))
    assert caught.value.code == "model_not_available"


def test_a_model_that_continues_no_texts_is_refused(base: Path, tmp_path: Path) -> None:
    from transformers import CLIPVisionConfig, CLIPVisionModel  # noqa: PLC0415  as above

    from tuneset.training.trl.trl_generator import load  # noqa: PLC0415  as above

    folder = shutil.copytree(base, tmp_path / "model")
    tiny: dict[str, Any] = {"hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 1, "patch_size": 14}
    CLIPVisionModel(CLIPVisionConfig(**tiny, num_attention_heads=2, image_size=28)).save_pretrained(folder)
    with pytest.raises(CannotAnswerError, match="models of the kind clip_vision_model continue no texts") as caught:
        load(ModelRef("", "m", None, str(folder)))
    assert caught.value.code == "model_not_available"


def test_clients_that_ask_at_the_same_time_hear_what_each_would_alone(base: Path, tmp_path: Path) -> None:
    app = create_app(tmp_path / "state", bases={"small": LocalBase(base)})
    with TestClient(app, base_url=BASE_URL) as http:
        client = OpenAI(api_key="any", base_url=BASE_URL, http_client=http, max_retries=0)

        def say(number: int) -> object:
            usual: dict[str, Any] = {"model": "small", "max_tokens": 5 + number, "seed": number, "temperature": 1.2}
            if number % 3 == 0:
                parts = client.completions.create(prompt="it is", stream=True, **usual)
                return [part.choices[0].text for part in parts]
            if number % 3 == 1:
                del usual["seed"], usual["max_tokens"]
                usual |= {"temperature": 0, "max_output_tokens": 4 + number}
                return client.responses.create(input="so it is", **usual).output_text
            messages: Any = [{"role": "user", "content": f"Say {number}"}]
            told = client.chat.completions.create(messages=messages, n=3, logprobs=True, stop="e", **usual)
            return [choice.to_dict() for choice in told.choices]

        alone = [say(number) for number in range(9)]
        found: list[object] = [None] * 9

        def ask(number: int) -> None:
            found[number] = say(number)

        threads = [threading.Thread(target=ask, args=(number,)) for number in range(9)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert found == alone


def test_an_answer_ends_with_its_reason(models: list[LoadedModel]) -> None:
    assert answer(models[0], Question(text="it", max_tokens=2))[-1] == Ended("length")
