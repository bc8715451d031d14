"""What becomes of reasoning: nothing is lost that was to be kept, and what goes is counted."""

from typing import Any

import pytest

from tests.builders import tables_of
from tuneset.cleaning.reasoning import Policy, settle_reasoning
from tuneset.example_tables import to_examples

ASK = {"role": "user", "content": "6 times 7?"}
PLAIN = {"role": "assistant", "content": "42"}
THOUGHT = {**PLAIN, "reasoning_content": "Seven sixes."}
INLINE = {**PLAIN, "content": "<think>Seven sixes.</think>\n\n42"}


def settled(messages: list[Any], policy: Policy, *, taken: bool = False) -> tuple[list[Any], int]:
    tables, count = settle_reasoning(tables_of([{"messages": messages}]), policy, kept_by_default=taken)
    return to_examples(tables)[0]["messages"], count


@pytest.mark.parametrize(("policy", "taken"), [("keep", False), ("keep", True), ("auto", True)])
def test_what_is_kept_is_kept_whole(policy: Policy, taken: bool) -> None:
    messages = [ASK, THOUGHT, ASK, INLINE]
    assert settled(messages, policy, taken=taken) == (messages, 0)


def test_a_thought_within_a_text_stays_unless_somebody_asks_for_it_to_go() -> None:
    assert settled([ASK, INLINE, ASK, THOUGHT], "auto") == ([ASK, INLINE, ASK, PLAIN], 1)
    quoted = {**ASK, "content": "<think>What is that?</think>"}
    late = {**PLAIN, "content": "It is <think>this</think>."}
    assert settled([quoted, late], "drop") == ([quoted, late], 0)


def test_drop_takes_both_forms() -> None:
    assert settled([ASK, INLINE, ASK, THOUGHT], "drop") == ([ASK, PLAIN, ASK, PLAIN], 2)


def test_last_leaves_the_reasoning_of_the_last_answer() -> None:
    assert settled([ASK, THOUGHT, ASK, INLINE], "last") == ([ASK, PLAIN, ASK, INLINE], 1)
    assert settled([ASK, INLINE, ASK, THOUGHT, ASK], "last") == ([ASK, PLAIN, ASK, THOUGHT, ASK], 1)


@pytest.mark.parametrize(
    "text",
    [
        "<thinking>Seven sixes.</thinking>42",
        "\n<thought>\nSeven sixes.\n</thought>\n\n42",
        "<reasoning>Seven <b>sixes</b>.</reasoning> 42",
        "[THINK]Seven sixes.[/THINK]42",
        "<|begin_of_thought|>\nSeven sixes.\n<|end_of_thought|>\n<|begin_of_solution|>\n\n42\n\n<|end_of_solution|>",
    ],
)
def test_a_thought_between_other_marks_goes_too(text: str) -> None:
    said = {**PLAIN, "content": text}
    assert settled([ASK, said], "auto") == ([ASK, said], 0)
    assert settled([ASK, said], "drop") == ([ASK, PLAIN], 1)
    assert settled([ASK, said], "last") == ([ASK, said], 0)


@pytest.mark.parametrize(
    "text", ["<think>It</thought> is 42", "<answer>42</answer>", "<reason>x</reason>42", "[THINK] 42"]
)
def test_marks_that_enclose_no_thought_stay(text: str) -> None:
    said = {**PLAIN, "content": text}
    assert settled([ASK, said], "drop") == ([ASK, said], 0)
