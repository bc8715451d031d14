"""What each recipe trains of conversations in which trainers differ."""

import dataclasses

import pytest

from tests.targets.local_models.tiny_models import tiny_model
from tests.targets.masks.conversations import Messages
from tuneset.errors import UsageError
from tuneset.targets.local_models.chat_model import open_model
from tuneset.targets.local_models.model_files import ModelPlace
from tuneset.targets.masks.mask import mask_messages
from tuneset.targets.masks.recipes import RECIPES, find_recipe

TALK: Messages = [
    {"role": "system", "content": "S"},
    {"role": "user", "content": "Q1", "weight": 1},
    {"role": "assistant", "content": "A1", "weight": 0, "loss": True},
    {"role": "user", "content": "Q2"},
    {"role": "assistant", "content": "A2", "loss": False},
]


def trained(recipe: str, style: str = "chatml") -> list[str]:
    model = open_model(ModelPlace(str(tiny_model(style))))
    mask = mask_messages(model, TALK, None, RECIPES[recipe])
    return [mask.text[start:end] for start, end in mask.trained]


def test_an_unknown_recipe_is_told_with_the_nearest() -> None:
    with pytest.raises(UsageError, match=r"unknown recipe lama-factory\n.*allowed: answers, .*\n.*did you mean llama"):
        find_recipe("lama-factory")


@pytest.mark.parametrize(
    ("recipe", "expected"),
    [
        ("answers", ["A2<|im_end|>"]),
        ("trl", ["A1<|im_end|>", "A2<|im_end|>"]),
        ("axolotl", ["Q1<|im_end|>", "A2<|im_end|>"]),
        ("llama-factory", ["A1<|im_end|>", "A2<|im_end|>"]),
        ("unsloth", ["A1<|im_end|>", "A2<|im_end|>"]),
        ("ms-swift", ["A1<|im_end|>\n", "<|im_end|>"]),
        ("together", ["Q1<|im_end|>", "A2<|im_end|>"]),
        ("fireworks", ["A2<|im_end|>"]),
        ("openai", ["A2<|im_end|>"]),
    ],
)
def test_what_a_recipe_trains(recipe: str, expected: list[str]) -> None:
    assert trained(recipe) == expected


def test_a_recipe_of_the_last_turn_trains_no_earlier_one() -> None:
    model = open_model(ModelPlace(str(tiny_model("chatml"))))
    mask = mask_messages(model, TALK, None, dataclasses.replace(RECIPES["unsloth"], turns="last"))
    assert [mask.text[start:end] for start, end in mask.trained] == ["A2<|im_end|>"]


def test_answers_are_unstable_whose_empty_place_for_reasoning_is_left_out_later() -> None:
    model = open_model(ModelPlace(str(tiny_model("thinking"))))
    roles = ["user", "assistant", "tool", "assistant", "user", "assistant"]
    messages: Messages = [{"role": role, "content": f"T{number}"} for number, role in enumerate(roles)]
    assert mask_messages(model, messages, None, RECIPES["answers"]).unstable == [1, 3]
    assert mask_messages(model, messages[:4], None, RECIPES["answers"]).unstable == []


def test_generation_blocks_decide_for_trl_alone() -> None:
    assert trained("trl", "bars") == ["<|Assistant|>A1</s>", "<|Assistant|>A2</s>"]
    assert trained("unsloth", "bars") == ["A1</s>", "A2</s>"]


def test_every_recipe_is_here() -> None:
    cases = test_what_a_recipe_trains.pytestmark[0].args[1]  # type: ignore[attr-defined] # pytest puts it there
    assert {recipe for recipe, _ in cases} == set(RECIPES)


def test_a_trainer_that_reads_arguments_hands_them_on_as_objects() -> None:
    model = open_model(ModelPlace(str(tiny_model("chatml"))))
    call = {"id": "c", "type": "function", "function": {"name": "f", "arguments": '{"a": 1}'}}
    messages: Messages = [
        {"role": "user", "content": "Q"},
        {"role": "assistant", "content": None, "tool_calls": [call]},
    ]
    read, kept = (mask_messages(model, messages, None, RECIPES[name]).text for name in ("axolotl", "trl"))
    assert '<tool_call>f {"a": 1}</tool_call>' in read
    assert '<tool_call>f "{\\"a\\": 1}"</tool_call>' in kept
