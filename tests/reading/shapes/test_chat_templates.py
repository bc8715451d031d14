"""A rendered conversation is taken apart where the template accounts for all of it, and else it is left alone."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.reading.shapes.reading import said, shape_name
from tuneset.reading.shapes.chat_templates import turns_in

TURNS = [("user", "Which one?"), ("assistant", "The red one.")]
CHATML = """<|im_start|>system
Be brief.<|im_end|>
<|im_start|>user
Which one?<|im_end|>
<|im_start|>assistant
The red one.<|im_end|>
<|endoftext|>"""
LLAMA = """<|begin_of_text|><|start_header_id|>system<|end_header_id|>

Be brief.<|eot_id|><|start_header_id|>user<|end_header_id|>

Which one?<|eot_id|><|start_header_id|>assistant<|end_header_id|>

The red one.<|eot_id|>"""
WITH_RULE = [("system", "Be brief."), *TURNS]


@pytest.mark.parametrize(
    "text",
    [
        "A text about how chat templates look.",
        "Use <|im_start|>user\nHi<|im_end|> to begin.",
        "<|im_start|>user\nHi<|im_end|>\nand more",
        "<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\nnever ended",
        "<|im_start|>user\nSay <|im_start|>!<|im_end|>\n<|im_start|>assistant\nHo<|im_end|>\n",
        "<|start_header_id|>narrator<|end_header_id|>\n\nHi<|eot_id|>",
        "<s>[INST] Hi [/INST]",
        "[INST] Hi [/INST] Ho [INST] open",
        "An intro.\n### Human: Hi\n### Assistant: Ho",
        "### Human: Hi\n### Human: Hello?\n### Assistant: Ho",
        "### Instruction:\nHi\n\n### Response:\nHo\n\n### Response:\nHum",
        "### Response:\nHo",
        "### Assistant: Ho ### Human: Hi",
        "USER: Hi\n\n\nASSISTANT: <functioncall> {} <|endoftext|>",
    ],
)
def test_a_text_of_which_something_would_be_left_over_is_not_taken_apart(text: str) -> None:
    assert shape_name({"text": text}) is None


@pytest.mark.parametrize(
    "text",
    [
        CHATML,
        LLAMA,
        "<|system|>\nBe brief.<|end|>\n<|user|>\nWhich one?<|end|>\n<|assistant|>\nThe red one.<|end|>\n<|endoftext|>",
        "<|system|>\nBe brief.</s>\n<|user|>\nWhich one?</s>\n<|assistant|>\nThe red one.</s>\n",
        "<s>[INST] <<SYS>>\nBe brief.\n<</SYS>>\n\nWhich one? [/INST] The red one. </s>",
        "### System: Be brief.\n### Human: Which one?\n### Assistant: The red one.</s>",
    ],
)
def test_templates_with_a_system_text(text: str) -> None:
    assert said({"text": text}) == WITH_RULE


@pytest.mark.parametrize(
    "text",
    [
        "<bos><start_of_turn>user\nWhich one?<end_of_turn>\n<start_of_turn>model\nThe red one.<end_of_turn>\n",
        "<s>[INST] Which one? [/INST] The red one.</s>",
        "[INST]Which one?[/INST]The red one.",
        "### Human: Which one?### Assistant: The red one.",
        "### Instruction:\nWhich one?\n\n### Response:\nThe red one.",
        "USER: Which one?\n\n\nASSISTANT: The red one. <|endoftext|>\n\n\n",
        "\n\nHuman: Which one?\n\nAssistant: The red one.",
    ],
)
def test_templates_without_one(text: str) -> None:
    assert said({"text": text}) == TURNS


def test_the_words_before_an_instruction_and_its_input_are_not_lost() -> None:
    text = "Below is an instruction.\n\n### Instruction:\nSort.\n\n### Input:\nb a\n\n### Response:\na b"
    assert said({"text": text}) == [
        ("system", "Below is an instruction."),
        ("user", "Sort.\n\nb a"),
        ("assistant", "a b"),
    ]


@given(st.lists(st.tuples(st.text(max_size=20), st.text(max_size=20)), min_size=1, max_size=3))
def test_what_chatml_renders_comes_back(pairs: list[tuple[str, str]]) -> None:
    turns = [turn for pair in pairs for turn in zip(("user", "assistant"), pair, strict=True)]
    text = "".join(f"<|im_start|>{role}\n{words}<|im_end|>\n" for role, words in turns)
    assert turns_in(text) == [{"role": role, "content": words} for role, words in turns]
