"""Marks of a chat template in turns are taken off where they are all that a template makes, and nowhere else."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tuneset.reading.rendered_turns import begins_with_marks, without_marks

WORDS = st.text(alphabet="abc dé?.!\n", min_size=1, max_size=20).map(str.strip).filter(bool)
TALKS = st.lists(st.tuples(WORDS, WORDS), min_size=1, max_size=3)
TEMPLATES = {
    "mistral": ("[INST] {} [/INST]", " {}</s>"),
    "mistral, its begin told": ("<s>[INST] {} [/INST]", "{} </s>"),
    "mistral, no end": ("[INST] {} [/INST]", "{}"),
    "chatml": ("<|im_start|>user\n{}<|im_end|>\n<|im_start|>assistant\n", "{}<|im_end|>"),
    "chatml, no end": ("<|im_start|>user\n{}<|im_end|>\n<|im_start|>assistant\n", "{}"),
    "llama 3": (
        "<|start_header_id|>user<|end_header_id|>\n\n{}<|eot_id|><|start_header_id|>assistant<|end_header_id|>\n\n",
        "{}<|eot_id|>",
    ),
    "gemma": ("<start_of_turn>user\n{}<end_of_turn>\n<start_of_turn>model\n", "{}"),
    "alpaca": ("### Instruction:\n{}\n\n### Response:\n", "{}"),
    "headed": ("### Human: {}\n### Assistant:", " {}"),
}


def chat(*texts: str) -> dict[str, Any]:
    roles = ("user", "assistant")
    return {"messages": [{"role": roles[place % 2], "content": text} for place, text in enumerate(texts)]}


@pytest.mark.parametrize(
    "example",
    [
        chat("What does [INST] mean?", "It begins an instruction."),
        chat("[INST] is a mark. Which others are there?", "[/INST] is one."),
        chat("[INST] a [/INST] and [INST] b [/INST]", "Two of them."),
        chat("<|im_start|> begins a turn; what ends it?", "<|im_end|> does."),
        chat("<|im_start|>user\nHi<|im_end|>", "You wrote ChatML."),
        chat("<p>Translate this.</p>", "<p>Done.</p>"),
        chat("### Title\nWhat is wrong with this heading?", "Nothing."),
        chat("[INST] Hi [/INST]", "Ho", "And [INST] what [/INST] now?", "Nothing."),
        chat("[INST] Hi [/INST]", ""),
        chat("<<SYS>> and <</SYS>> stand around what?", "The system text."),
        {"messages": [{"role": "user", "content": "[INST] Hi"}]},
        {"messages": [*chat("[INST] Hi [/INST]", "Ho")["messages"], {"role": "tool", "content": "x"}]},
        {"messages": [{"role": "user", "content": [{"type": "text", "text": "[INST] Hi [/INST]"}]}]},
        {
            "messages": [
                {"role": "system", "content": "Be long."},
                *chat("[INST] <<SYS>>\nBe brief.\n<</SYS>>\n\nHi [/INST]", "Ho")["messages"],
            ]
        },
    ],
)
def test_what_may_be_a_text_about_marks_stays(example: dict[str, Any]) -> None:
    assert without_marks(example) is example


@pytest.mark.parametrize("name", TEMPLATES)
@given(talk=TALKS)
def test_a_talk_comes_back_from_the_marks_of_any_template(name: str, talk: list[tuple[str, str]]) -> None:
    question, answer = TEMPLATES[name]
    marked = chat(*(text for asked, said in talk for text in (question.format(asked), answer.format(said))))
    assert begins_with_marks(marked)
    assert without_marks(marked) == chat(*(text for pair in talk for text in pair))


@given(WORDS, TALKS)
def test_the_system_text_among_the_marks_is_one_of_its_own(system: str, talk: list[tuple[str, str]]) -> None:
    (asked, said), *rest = talk
    plain = chat(*(text for pair in talk for text in pair))
    expected = {"messages": [{"role": "system", "content": system}, *plain["messages"]]}
    later = [text for pair in rest for text in pair]
    within = f"<<SYS>>\n{system}\n<</SYS>>\n\n{asked}"
    assert without_marks(chat(within, said, *later)) == expected
    marked = [text for other, answer in rest for text in (f"[INST] {other} [/INST]", answer)]
    assert without_marks(chat(f"<s>[INST] {within} [/INST]", f" {said} </s>", *marked)) == expected


def test_a_prompt_that_holds_the_turns_before_gives_all_of_them() -> None:
    prompt = (
        "<|im_start|>system\nBe brief.<|im_end|>\n<|im_start|>user\na<|im_end|>\n<|im_start|>assistant\nb<|im_end|>\n"
    )
    asked = "<|im_start|>user\nc<|im_end|>\n<|im_start|>assistant\n"
    found = without_marks(chat(prompt + asked, "d"))
    assert found["messages"] == [{"role": "system", "content": "Be brief."}, *chat("a", "b", "c", "d")["messages"]]


def test_a_system_message_stays_before_what_is_taken_apart() -> None:
    system = {"role": "system", "content": "Be brief."}
    found = without_marks({"messages": [system, *chat("[INST] Hi [/INST]", "Ho")["messages"]]})
    assert found == {"messages": [system, *chat("Hi", "Ho")["messages"]]}


@pytest.mark.parametrize("template", TEMPLATES)
@given(asked=WORDS, better=WORDS, worse=WORDS)
@settings(max_examples=10, deadline=None)
def test_of_a_pair_and_of_a_question_alone_the_marks_are_taken_off_too(
    template: str, asked: str, better: str, worse: str
) -> None:
    question, answer = TEMPLATES[template]
    asks = {"messages": [{"role": "user", "content": question.format(asked)}]}
    answers = {
        side: [{"role": "assistant", "content": answer.format(text)}]
        for side, text in (("preferred_output", better), ("non_preferred_output", worse))
    }
    pair = {"input": asks, **answers}
    assert begins_with_marks(pair)
    plain = [{"role": "user", "content": asked}]
    assert without_marks(pair) == {
        "input": {"messages": plain},
        "preferred_output": [{"role": "assistant", "content": better}],
        "non_preferred_output": [{"role": "assistant", "content": worse}],
    }
    assert without_marks({**asks, "reference": better}) == {"messages": plain, "reference": better}
    other = {**answers, "non_preferred_output": [{"role": "assistant", "content": ""}]}
    assert without_marks({"input": asks, **other}) == {"input": asks, **other}
