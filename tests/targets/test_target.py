"""The encoding of each model, what a count is sure of, and what the stages may ask of a target."""

import pickle
from collections.abc import Sequence
from typing import Any

import pytest
import tiktoken.model

from tuneset.errors import UsageError
from tuneset.profile import Profile, load_profile
from tuneset.targets import tokenizer
from tuneset.targets.chat_format import HARMONY
from tuneset.targets.target import EXACT, Count, Precision, Target, find_target, known_encoding

CALL = {"role": "assistant", "tool_calls": [{"function": {"name": "f", "arguments": "{}"}}]}
IMAGE = {"role": "user", "content": [{"type": "image_url", "image_url": {"url": "https://x.org/y.png"}}]}
NESTED = {"function": {"name": "f", "parameters": {"properties": {"a": {"type": "array", "items": {}}}}}}


def encoding_of(model: str, profile: Profile) -> str:
    return find_target(model, profile).encoding


@pytest.mark.parametrize(
    ("model", "encoding"),
    [
        ("llama-3", None),
        ("local-tiny", None),
        ("my-gpt-4o", None),
        ("", None),
        ("ft:gpt-4.1-2025-04-14:acme::abc", "o200k_base"),
        ("ft:gpt-4.1-mini:acme:support:abc", "o200k_base"),
        ("ft:gpt-4o-mini-2024-07-18:acme::abc", "o200k_base"),
        ("ft:gpt-4-0613:acme::abc", "cl100k_base"),
        ("ft:gpt-3.5-turbo:acme::abc", "cl100k_base"),
        ("gpt-4.5-preview", "o200k_base"),
        ("gpt-4-turbo", "cl100k_base"),
        ("gpt-35-turbo", "cl100k_base"),
        ("babbage-002", "cl100k_base"),
        ("o4-mini-2025-04-16", "o200k_base"),
        ("gpt-oss-20b", "o200k_harmony"),
    ],
)
def test_the_encoding_of_a_model(model: str, encoding: str | None) -> None:
    assert known_encoding(model) == encoding


def test_base_models_have_the_encoding_that_tiktoken_gives_them() -> None:
    own = {model: known_encoding(model) for model in tiktoken.model.MODEL_TO_ENCODING}
    assert {m: e for m, e in own.items() if e is not None and e != tiktoken.model.MODEL_TO_ENCODING[m]} == {}
    assert sum(encoding is not None for encoding in own.values()) > 10


def test_the_profiles_word_comes_first_then_the_family_then_the_newest_encoding() -> None:
    profile = load_profile("local")
    entry = profile.models["local-tiny"].model_copy(update={"encoding": "cl100k_base"})
    changed = profile.model_copy(update={"models": {"gpt-4o": entry}})
    assert encoding_of("gpt-4o", changed) == "cl100k_base"
    assert encoding_of("gpt-4", changed) == "cl100k_base"
    assert encoding_of("gpt-4.1", changed) == "o200k_base"
    assert encoding_of("llama-3", changed) == "o200k_base"


@pytest.mark.parametrize(
    ("model", "profile", "encoding", "precision"),
    [
        ("llama-3", "openai", None, Precision("estimate", "the vocabulary of llama-3 is not known")),
        (
            "gpt-4o",
            "nebius",
            None,
            Precision("estimate", "gpt-4o is not in the profile; counted as the family of its name"),
        ),
        (
            "gpt-4.1-2025-04-14",
            "openai",
            "cl100k_base",
            Precision("estimate", "counted with cl100k_base by params; gpt-4.1-2025-04-14 has o200k_base"),
        ),
        ("gpt-4.1-2025-04-14", "openai", None, EXACT),
        ("ft:gpt-4.1:acme::abc", "openai", "o200k_base", EXACT),
        ("local-tiny", "local", None, EXACT),
    ],
)
def test_only_a_known_vocabulary_is_exact(model: str, profile: str, encoding: str | None, precision: Precision) -> None:
    target = find_target(model, load_profile(profile), encoding)
    assert target.count_texts(["a"]).precision == precision
    assert target.count_example({"messages": []}).precision == precision
    assert precision.exact == (precision.reason == "")


@pytest.mark.parametrize("name", ["fireworks", "mistral", "nebius", "together"])
def test_models_that_others_than_openai_train_are_estimated(name: str) -> None:
    profile = load_profile(name)
    for model, entry in profile.models.items():
        if entry.encoding_exact:  # gpt-oss, whose vocabulary is published by OpenAI
            assert model.rpartition("/")[2] == "gpt-oss-20b"
            continue
        precision = find_target(model, profile).vocabulary
        assert precision == Precision("estimate", f"{model} has a vocabulary of its own; o200k_base stands in for it")


@pytest.mark.parametrize(
    ("example", "reason"),
    [
        ({"messages": [CALL]}, "what a tool call costs is not documented"),
        ({"messages": [IMAGE]}, "what an image costs depends on its size, which is not known here"),
        ({"messages": [], "tools": [NESTED]}, "what a nested schema costs is not documented"),
        ({"messages": [{"role": "user", "name": "a", "content": "b"}]}, ""),
        ({"messages": [], "tools": [{"function": {"name": "f"}}]}, ""),
    ],
)
def test_what_is_not_documented_makes_an_estimate_of_a_count(example: dict[str, Any], reason: str) -> None:
    precision = Precision("estimate", reason) if reason else EXACT
    assert Target("o200k_base").count_example(example).precision == precision


def test_limit_and_price_are_the_profiles() -> None:
    target = find_target("local-tiny", load_profile("local"))
    assert (target.max_example_tokens, target.training_usd_per_million_tokens) == (16384, 0)
    unknown = find_target("llama-3", load_profile("local"))
    assert (unknown.max_example_tokens, unknown.training_usd_per_million_tokens) == (None, None)


def test_a_target_goes_to_another_process() -> None:
    target = find_target("gpt-4.1", load_profile("openai"))
    assert pickle.loads(pickle.dumps(target)) == target


class Words:
    """A tokenizer: a token a word."""

    def count(self, texts: Sequence[str]) -> list[int]:
        return [len(text.split()) for text in texts]

    def first_tokens(self, text: str, most: int) -> str:
        return " ".join(text.split()[:most])

    def expect(self, characters: int) -> None:
        """There is nothing to be loaded."""


def test_a_tokenizer_that_is_registered_counts_and_cuts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(tokenizer.TOKENIZERS, "words", Words)
    target = Target("words")
    assert target.count_texts(["a b c", ""]).tokens == [3, 0]
    assert target.first_tokens("a b c", 2) == "a b"
    tool = {"function": {"name": "f"}}
    example = {"messages": [{"role": "user", "content": "a b c"}], "tools": [tool]}
    assert target.count_example(example) == Count(3 + 3 + 1 + 3 + 12 + 7 + 1, EXACT)


def test_a_tokenizer_that_nobody_registered_is_refused() -> None:
    with pytest.raises(UsageError) as caught:
        Target("o200k").count_texts(["a"])
    allowed = ", ".join(sorted(tokenizer.TOKENIZERS))
    assert str(caught.value) == f"unknown encoding o200k\n  allowed: {allowed}"


@pytest.mark.parametrize("encoding", sorted(tokenizer.TOKENIZERS))
def test_a_cut_text_ends_between_characters_and_keeps_the_limit(encoding: str) -> None:
    target = Target(encoding)
    text = "one 日本語 🏳️‍🌈 two"
    for most in range(target.count_texts([text]).tokens[0] + 2):
        cut = target.first_tokens(text, most)
        assert text.startswith(cut)
        assert target.count_texts([cut]).tokens[0] <= most
    assert cut == text


def test_gpt_oss_is_counted_by_its_vocabulary_and_its_format_is_an_estimate() -> None:
    target = find_target("gpt-oss-20b", load_profile("azure"))
    assert target.count_texts(["hello"]).precision.exact
    counted = target.count_example({"messages": [{"role": "user", "content": "hello"}]})
    assert counted.precision == ("estimate", HARMONY)
