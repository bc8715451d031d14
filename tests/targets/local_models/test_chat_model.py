"""A model's folder: what is missing, broken or of another model is told; the rest is as transformers takes it."""

import json
from pathlib import Path

import pytest

from tests.targets.local_models.ranked_files import write_tekken
from tests.targets.local_models.tiny_models import CHATML, LLAMA, STYLES, tiny_model, vocabulary_text, write_model
from tuneset.errors import InputError
from tuneset.targets.local_models.chat_model import ChatModel, open_model
from tuneset.targets.local_models.model_files import ModelPlace, file_sums
from tuneset.targets.local_models.rendering import RenderError

TALK = [{"role": "user", "content": "Q"}, {"role": "assistant", "content": "A"}]


def opened(folder: Path, template: Path | None = None) -> ChatModel:
    return open_model(ModelPlace(str(folder), str(template or "")))


def told(folder: Path) -> str:
    with pytest.raises(InputError) as error:
        opened(folder)
    return str(error.value).replace(str(folder), "FOLDER")


def test_a_folder_without_a_vocabulary_says_what_it_should_hold(tmp_path: Path) -> None:
    assert told(tmp_path).splitlines() == [
        "FOLDER: holds no vocabulary",
        "  allowed: a folder with tokenizer.json, tekken.json or a file of tiktoken",
        "  do: name a snapshot of a model from the hub",
    ]
    (tmp_path / "tokenizer.model").write_bytes(b"x")
    assert "it holds tokenizer.model: save it anew with transformers" in told(tmp_path)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "is no valid JSON"),
        ("version https://git-lfs.github.com/spec/v1\noid sha256:0\n", "run `git lfs pull`"),
        ("[]", "holds no vocabulary"),
        ('{"model": {"type": "BPE"}}', "is no vocabulary that tokenizers"),
        ('{"model": {"type": "Nothing"}}', "is no vocabulary that tokenizers"),
    ],
)
def test_a_broken_vocabulary_is_told(tmp_path: Path, text: str, expected: str) -> None:
    (tmp_path / "tokenizer.json").write_text(text, encoding="utf-8")
    assert expected in told(tmp_path)


def test_a_vocabulary_of_another_model_is_told(tmp_path: Path) -> None:
    write_model(tmp_path / "a", CHATML, eos_token="<|other|>")
    assert "tokenizer_config.json: its eos_token is no token of tokenizer.json" in told(tmp_path / "a")
    decoder = {"7": {"content": "<|im_end|>", "special": True}}
    write_model(tmp_path / "b", CHATML, added_tokens_decoder=decoder)
    assert "has another number in tokenizer.json" in told(tmp_path / "b")


def test_a_broken_config_is_told(tmp_path: Path) -> None:
    write_model(tmp_path, CHATML)
    (tmp_path / "tokenizer_config.json").write_text("[1]", encoding="utf-8")
    assert "tokenizer_config.json: is no JSON object" in told(tmp_path)
    (tmp_path / "tokenizer_config.json").write_text('{"chat_template": 7}', encoding="utf-8")
    (tmp_path / "chat_template.jinja").unlink()
    assert "chat_template is no text" in told(tmp_path)


def test_a_folder_without_a_template_counts_but_renders_nothing(tmp_path: Path) -> None:
    model = opened(write_model(tmp_path, None))
    assert not model.has_template
    assert model.vocabulary.count(["forty-two", ""])[1] == 0
    with pytest.raises(RenderError, match="the model has no chat template"):
        model.render(TALK)
    assert (model.generation_prompt, model.end_of_turn) == ("", "</s>")


@pytest.mark.parametrize("source", ["{% for %}", "{{ x"])
def test_a_broken_template_is_told_when_the_model_is_opened(tmp_path: Path, source: str) -> None:
    assert "FOLDER/chat_template.jinja: the template cannot be read: line 1" in told(write_model(tmp_path, source))


def test_a_template_file_that_is_none_is_told(tmp_path: Path) -> None:
    folder = write_model(tmp_path, None)
    (folder / "chat_template.jinja").write_bytes(b"\xff\xfe")
    assert "is not UTF-8" in told(folder)
    (folder / "chat_template.jinja").write_bytes(b"x" * (1 << 21))
    assert "the template is 2,097,152 bytes long" in told(folder)
    with pytest.raises(InputError, match=r"nowhere.jinja: cannot be read"):
        opened(folder, tmp_path / "nowhere.jinja")


def test_a_template_in_the_config_a_file_and_one_that_is_named_come_in_that_order(tmp_path: Path) -> None:
    inside = opened(write_model(tmp_path / "a", None, chat_template="inside"))
    beside = opened(write_model(tmp_path / "b", "beside", chat_template="inside"))
    (tmp_path / "own.jinja").write_text("own", encoding="utf-8")
    named = opened(tmp_path / "b", tmp_path / "own.jinja")
    assert [model.render(TALK).text for model in (inside, beside, named)] == ["inside", "beside", "own"]


def test_the_template_for_tools_is_taken_where_there_are_tools(tmp_path: Path) -> None:
    templates = [{"name": "default", "template": "plain"}, {"name": "tool_use", "template": "tools"}]
    model = opened(write_model(tmp_path, None, chat_template=templates))
    assert (model.render(TALK).text, model.render(TALK, [{}]).text) == ("plain", "tools")
    assert model.render(TALK, []).text == "plain"


def test_the_older_map_of_special_tokens_stands_below_the_config(tmp_path: Path) -> None:
    folder = write_model(tmp_path, "{{ bos_token }}{{ eos_token }}", bos_token=None)
    older = {"bos_token": {"content": "<turn>"}, "eos_token": "<end_turn>"}
    (folder / "special_tokens_map.json").write_text(json.dumps(older), encoding="utf-8")
    assert opened(folder).render(TALK).text == "<turn></s>"


@pytest.mark.parametrize(
    ("style", "prompt", "end"),
    [
        ("chatml", "<|im_start|>assistant\n", "<|im_end|>"),
        ("llama", "<|start_header|>assistant<|end_header|>\n\n", "<|eot|>"),
        ("gemma", "<turn>model\n", "<end_turn>"),
        ("mistral", "", "</s>"),
        ("channels", "<|start|>assistant", "<|return|>"),
        ("thinking", "<|im_start|>assistant\n", "<|im_end|>"),
        ("bars", "<|Assistant|>", "</s>"),
    ],
)
def test_what_asks_for_an_answer_and_what_ends_it(style: str, prompt: str, end: str) -> None:
    model = opened(tiny_model(style))
    assert (model.generation_prompt, model.end_of_turn) == (prompt, end)


def test_every_style_is_here() -> None:
    cases = test_what_asks_for_an_answer_and_what_ends_it.pytestmark[0].args[1]  # type: ignore[attr-defined] # pytest's
    assert {style for style, _, _ in cases} == set(STYLES)


def test_a_vocabulary_file_alone_is_a_model_too(tmp_path: Path) -> None:
    (tmp_path / "tokenizer.json").write_text(vocabulary_text(), encoding="utf-8")
    model = opened(tmp_path / "tokenizer.json")
    assert not model.has_template
    (tmp_path / "llama.jinja").write_text(LLAMA, encoding="utf-8")
    rendered = opened(tmp_path / "tokenizer.json", tmp_path / "llama.jinja").render(TALK).text
    assert rendered.startswith("<|start_header|>system")  # nothing says what bos_token is


def test_a_tekken_file_is_a_model_without_a_template_until_one_is_named(tmp_path: Path) -> None:
    path = write_tekken(tmp_path / "model")
    bare = open_model(ModelPlace(str(path.parent)))
    assert not bare.has_template
    template = tmp_path / "own.jinja"
    template.write_text(
        "{{ bos_token }}{% for m in messages %}[INST]{{ m.content }}{{ eos_token }}{% endfor %}", encoding="utf-8"
    )
    place = ModelPlace(str(path.parent), str(template))
    model = open_model(place)
    text = model.render([{"role": "user", "content": "what"}]).text
    tokens = [model.vocabulary.token_of(int(number)) for number in model.vocabulary.ids(text)]
    assert tokens == ["<s>", "[INST]", "what", "</s>"]
    assert model.end_of_turn == "</s>"
    assert sorted(file_sums(place)) == ["tekken.json", "template"]
