"""Plain conversations judged by columns: never clean where a rule finds something, and clean where nothing is odd."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.builders import chat, pair, tables_of
from tuneset.example_tables import Example, to_examples
from tuneset.profile import load_profile
from tuneset.rules.context import Context
from tuneset.rules.engine.check_context import make_context
from tuneset.rules.passes.exact import exact_issues
from tuneset.rules.passes.table import surely_clean

CONTEXT = make_context("sft", load_profile("openai"), "gpt-4.1-nano-2025-04-14")
STRICT = make_context("sft", CONTEXT.profile, CONTEXT.model_name, severity={"CNV012": "warning"})
TEXTS = (
    "", " ", "\t\n", "\x1c\x1f", "\u2003", "nan", " None ", "N/A", "Hi {name}!", "print(f'{name}')", "{{ city }}",
    "<|endoftext|>", "a <| b", "Orl\u00c3\u00a9ans", "Orl\u00e9ans", "lost \ufffd", "  indented", "fine", "Why?",
)  # fmt: skip
ROLES = ("system", "user", "assistant", "developer", "tool", "other")

texts = st.sampled_from(TEXTS) | st.text(max_size=8)
keys = st.sampled_from(
    [{}, {}, {}, {}, {"name": "ann"}, {"weight": 0}, {"tool_calls": []}, {"tool_call_id": "1"}, {"odd": None}]
)
messages = st.builds(
    lambda role, content, further: {"role": role, "content": content, **further},
    st.sampled_from(ROLES[:3]) | st.sampled_from(ROLES),
    texts | st.none() | st.just([{"type": "text", "text": "part"}]),
    keys,
)
talks = st.lists(messages, max_size=5) | st.tuples(texts, texts).map(lambda said: chat(*said)["messages"])
examples = st.builds(lambda said, more: {"messages": said, **more}, talks, st.sampled_from([{}, {}, {}, {"tools": []}]))


def clean(*found: Example) -> list[bool]:
    return surely_clean(tables_of(found), CONTEXT).to_list()


@pytest.mark.parametrize("text", TEXTS)
def test_what_the_rules_mind_in_a_text_is_not_clean(text: str) -> None:
    for example in (chat(text, "fine"), chat("fine", text), chat("fine", "fine", system=text)):
        assert not (clean(example)[0] and exact_issues(example, CONTEXT))


@pytest.mark.parametrize(
    "roles",
    [
        ("user",), ("assistant",), ("system", "assistant"), ("user", "assistant", "user"),
        ("user", "assistant", "assistant"), ("user", "system", "assistant"), ("developer", "user", "assistant"), (),
    ],
)  # fmt: skip
def test_other_than_a_talk_by_turns_is_not_clean(roles: tuple[str, ...]) -> None:
    assert clean({"messages": [{"role": role, "content": "fine"} for role in roles]}, chat("q", "a")) == [False, True]


def test_two_questions_in_a_row_are_clean_unless_the_rule_about_them_holds() -> None:
    asked = {"messages": [{"role": role, "content": "fine"} for role in ("user", "user", "assistant")]}
    assert surely_clean(tables_of([asked]), CONTEXT).to_list() == [True]
    assert surely_clean(tables_of([asked]), STRICT).to_list() == [False]


def test_pairs_and_what_has_tools_are_left_to_the_exact_look() -> None:
    assert clean({**chat("q", "a"), "tools": [{"type": "function"}]}, {**chat("q", "a"), "odd": 1}) == [False, False]
    pairs = dataclasses.replace(CONTEXT, format="dpo")
    assert surely_clean(tables_of([pair("q", "a", "b")], line_format="dpo"), pairs).to_list() == [False]


def test_plain_talks_are_clean() -> None:
    talk = ("system", "system", "user", "assistant", "user", "assistant")
    plain = {"messages": [{"role": role, "content": "  fine\n"} for role in talk]}
    assert clean(plain, chat("q", "a"), chat("f(x) = {1: 2}", "Gr\u00fc\u00df Gott")) == [True, True, True]


@given(st.lists(examples, min_size=1, max_size=4), st.sampled_from([CONTEXT, STRICT]))
def test_what_is_surely_clean_has_no_issue(found: list[dict[str, Any]], context: Context) -> None:
    tables = tables_of(found)
    for example, is_clean in zip(to_examples(tables), surely_clean(tables, context), strict=True):
        assert not is_clean or not exact_issues(example, context)
