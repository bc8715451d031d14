"""tokenize: both ways of counting agree; what is too long is dropped, cut or refused, and a prompt is never cut."""

from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.builders import chat, pair, tables_of
from tuneset.errors import CheckFailedError
from tuneset.example_tables import Example, to_examples
from tuneset.model import Tables
from tuneset.stages.tokenize import Length, count_tokens, tokenize
from tuneset.targets.target import Target

O200K = Target("o200k_base")
TEXT = st.text(st.characters(codec="utf-8"), max_size=12) | st.sampled_from(["hello world", "<|endoftext|>", "日本語"])
JSON = TEXT | st.none() | st.integers() | st.lists(TEXT, max_size=2) | st.dictionaries(TEXT, TEXT, max_size=2)
CALLS = st.lists(
    st.fixed_dictionaries({"id": TEXT, "function": st.fixed_dictionaries({"name": TEXT, "arguments": TEXT})}),
    max_size=2,
)
PARTS = st.lists(
    st.fixed_dictionaries({"type": st.just("text"), "text": TEXT})
    | st.just({"type": "image_url", "image_url": {"url": "https://x.org/a.png", "detail": "low"}}),
    max_size=3,
)
PLAIN = st.fixed_dictionaries({"role": st.sampled_from(["system", "user", "assistant"]), "content": TEXT})
RICH = st.fixed_dictionaries(
    {},
    optional={
        "role": st.sampled_from(["user", "assistant", "tool", "odd role"]) | st.none(),
        "content": TEXT | PARTS | st.none(),
        "name": TEXT | st.integers(),
        "tool_calls": CALLS | JSON,
        "function_call": st.fixed_dictionaries({"name": TEXT, "arguments": TEXT}) | st.none(),
        "tool_call_id": TEXT,
        "weight": st.integers(0, 1),
        "refusal": JSON,
    },
)
MESSAGES = st.lists(PLAIN | RICH, max_size=4)
TOOLS = st.lists(
    st.fixed_dictionaries({"type": st.just("function"), "function": st.dictionaries(TEXT, JSON, max_size=2)}),
    max_size=2,
)
CHAT = st.builds(
    lambda messages, rest: {"messages": messages, **rest},
    MESSAGES,
    st.fixed_dictionaries({}, optional={"tools": TOOLS | st.none(), "functions": TOOLS, "parallel": st.booleans()}),
)
PAIR = st.builds(
    lambda prompt, good, bad: {"input": prompt, "preferred_output": good, "non_preferred_output": bad},
    CHAT,
    MESSAGES,
    MESSAGES,
)
LONG = st.builds(
    lambda question, answer: chat(question, " ".join(answer)),
    TEXT,
    st.lists(TEXT | st.sampled_from(["🙂🙃", "word " * 5, "\n\n"]), max_size=12),
)


def numbers(examples: list[Example], **options: Any) -> list[int]:  # noqa: ANN401  passed on
    return count_tokens(tables_of(examples, **options), O200K).to_list()


def shape(tables: Tables) -> list[Example]:
    return to_examples(tables)


@given(st.lists(CHAT, max_size=5))
def test_counting_over_columns_gives_what_counting_one_by_one_gives(examples: list[Example]) -> None:
    assert numbers(examples) == [O200K.count_example(example).tokens for example in examples]


@given(st.lists(PAIR, max_size=3))
def test_pairs_too(examples: list[Example]) -> None:
    assert numbers(examples, line_format="dpo") == [O200K.count_example(example).tokens for example in examples]


def test_tokens_stand_beside_their_example_whatever_is_odd_about_others() -> None:
    rich = {**chat("hello world", "hello world"), "tools": [{"type": "function", "function": {"name": "f"}}]}
    examples = [chat("hello world", "a"), rich, {"messages": []}, chat("", "")]
    result = tokenize(tables_of(examples), Length(O200K, None, "drop"))
    assert result.tables.examples["tokens"].to_list() == [O200K.count_example(example).tokens for example in examples]
    assert result.metrics["tokens.counted"] == sum(O200K.count_example(example).tokens for example in examples)
    assert shape(result.tables) == examples


def test_why_rows_are_an_estimate_is_what_counting_one_by_one_says() -> None:
    called = {"role": "assistant", "tool_calls": [{"function": {"name": "f", "arguments": "{}"}}]}
    examples = [chat("hello", "a"), {"messages": [called]}]
    for target in (O200K, Target("o200k_harmony")):
        result = tokenize(tables_of(examples), Length(target, None, "drop"))
        precisions = [target.count_example(example).precision for example in examples]
        assert result.tables.examples["exact"].to_list() == [one.exact for one in precisions]
        told = {name.removeprefix("estimated.") for name in result.metrics if name.startswith("estimated.")}
        assert told == {one.reason for one in precisions if one.reason}


def test_no_rows_have_no_tokens() -> None:
    result = tokenize(tables_of([]), Length(O200K, 10, "truncate"))
    assert (result.tables.examples["tokens"].to_list(), result.metrics["tokens.counted"]) == ([], 0)
    assert result.tables.examples.schema["tokens"] == pl.Int64


@pytest.mark.parametrize("policy", ["drop", "truncate", "error"])
def test_an_example_of_exactly_the_limit_stays(policy: Any) -> None:  # noqa: ANN401  a literal
    example = chat("hello world", "hello world")
    result = tokenize(tables_of([example]), Length(O200K, O200K.count_example(example).tokens, policy))
    assert shape(result.tables) == [example]
    assert (result.metrics["over_length"], result.metrics["truncated"], result.rejects.height) == (0, 0, 0)


def test_without_a_limit_nothing_is_too_long() -> None:
    result = tokenize(tables_of([chat("q", "word " * 9000)]), Length(O200K, None, "error"))
    assert (result.tables.examples.height, result.metrics["over_length"]) == (1, 0)


def test_what_is_too_long_is_dropped_with_its_length() -> None:
    examples = [chat("q", "a"), chat("q", "one two three four five")]
    result = tokenize(tables_of(examples), Length(O200K, 13, "drop"))
    assert shape(result.tables) == examples[:1]
    assert result.rejects.select("line", "stage", "code", "detail").rows() == [
        (2, "tokenize", "TOK001", "17 tokens, the limit is 13")
    ]
    assert result.metrics == {"tokens.counted": 13 + 17, "over_length": 1, "truncated": 0}


def test_what_is_too_long_can_be_an_error_that_names_the_first_places() -> None:
    long = chat("q", "one two three four five")
    with pytest.raises(CheckFailedError) as caught:
        tokenize(tables_of([chat("q", "a"), long]), Length(O200K, 16, "error"))
    assert str(caught.value) == (
        "1 examples are longer than 16 tokens: raw.jsonl:2 (17 tokens)\n"
        "  do: shorten them, or set tokenize.over_length to drop or truncate"
    )
    with pytest.raises(CheckFailedError) as caught:
        tokenize(tables_of([long] * 7), Length(O200K, 16, "error"))
    places = ", ".join(f"raw.jsonl:{line} (17 tokens)" for line in range(1, 6))
    assert caught.value.message == f"7 examples are longer than 16 tokens: {places} and 2 more"
    with pytest.raises(CheckFailedError) as caught:
        tokenize(tables_of([long] * 5), Length(O200K, 16, "error"))
    assert caught.value.message == f"5 examples are longer than 16 tokens: {places}"


def test_truncating_cuts_the_end_of_the_last_answer_alone() -> None:
    talk = chat("q", "first answer")
    talk["messages"] += chat("r", "one two three four five")["messages"]
    result = tokenize(tables_of([talk]), Length(O200K, O200K.count_example(talk).tokens - 2, "truncate"))
    (cut,) = shape(result.tables)
    assert cut["messages"][:-1] == talk["messages"][:-1]
    assert cut["messages"][-1]["content"] == "one two three"
    assert (
        result.tables.examples["tokens"].item()
        == O200K.count_example(cut).tokens
        == O200K.count_example(talk).tokens - 2
    )
    assert (result.metrics["over_length"], result.metrics["truncated"], result.rejects.height) == (1, 1, 0)


@pytest.mark.parametrize(
    "answer",
    ['{"items": [1, 2, 3, 4, 5, 6, 7, 8]}', " [1, 2, 3, 4, 5, 6, 7, 8]\n", "<think>\nsum them up\n</think>\n\n36"],
)
def test_an_answer_that_a_cut_would_break_goes_whole(answer: str) -> None:
    limit = O200K.count_example(chat("q", answer)).tokens
    kept = tokenize(tables_of([chat("q", answer)]), Length(O200K, limit, "truncate"))
    assert (kept.rejects.height, kept.metrics["truncated"]) == (0, 0)
    cut = tokenize(tables_of([chat("q", answer)]), Length(O200K, limit - 6, "truncate"))
    assert (cut.rejects["code"].to_list(), cut.metrics["truncated"]) == (["TOK001"], 0)


def test_what_follows_a_thought_may_be_cut() -> None:
    talk = chat("q", "<think>\nsum them up\n</think>\n\nIt is 36, as you can see.")
    cut = tokenize(tables_of([talk]), Length(O200K, O200K.count_example(talk).tokens - 3, "truncate"))
    assert cut.metrics["truncated"] == 1


def test_truncating_ends_between_characters_and_without_white_space() -> None:
    for limit in range(9, 22):
        result = tokenize(tables_of([chat("q", "🙂🙃 日本語 🏳️‍🌈\n\nend")]), Length(O200K, limit, "truncate"))
        for example in shape(result.tables):
            answer = example["messages"][-1]["content"]
            assert "🙂🙃 日本語 🏳️‍🌈\n\nend".startswith(answer)
            assert answer == answer.rstrip() != ""
            assert "\ufffd" not in answer


@pytest.mark.parametrize(
    "example",
    [
        chat("one two three four five six seven", "a"),
        {"messages": [{"role": "user", "content": "one two three four five six"}]},
        {
            "messages": [
                {"role": "user", "content": "q"},
                {"role": "assistant", "content": [{"type": "text", "text": "one two three four five six"}]},
            ]
        },
        {
            "messages": [
                {"role": "user", "content": "q"},
                {
                    "role": "assistant",
                    "content": "one two three four five six",
                    "tool_calls": [{"id": "1", "function": {"name": "f", "arguments": "{}"}}],
                },
            ]
        },
        {
            "messages": [
                {"role": "assistant", "content": "one two three four five six"},
                {"role": "tool", "content": "t", "tool_call_id": "1"},
            ]
        },
    ],
)
def test_what_cannot_be_cut_is_dropped(example: Example) -> None:
    result = tokenize(tables_of([example]), Length(O200K, 11, "truncate"))
    assert (result.tables.examples.height, result.metrics["truncated"]) == (0, 0)
    tokens = O200K.count_example(example).tokens
    assert result.rejects["detail"].item() == f"{tokens} tokens, the limit is 11"


@pytest.mark.parametrize("line_format", ["dpo", "rft"])
def test_only_sft_examples_are_cut(line_format: Any) -> None:  # noqa: ANN401  a literal
    long = "one two three four five six seven"
    example = pair("q", long, long) if line_format == "dpo" else chat("q", long)
    result = tokenize(tables_of([example], line_format=line_format), Length(O200K, 12, "truncate"))
    assert (result.tables.examples.height, result.rejects["code"].to_list()) == (0, ["TOK001"])


@given(st.lists(LONG, max_size=5), st.integers(1, 40))
def test_after_truncating_all_are_within_the_limit_and_have_their_prompt(examples: list[Example], limit: int) -> None:
    result = tokenize(tables_of(examples), Length(O200K, limit, "truncate"))
    for line, example in zip(result.tables.examples["line"], shape(result.tables), strict=True):
        before = examples[line - 1]
        assert O200K.count_example(example).tokens <= limit
        assert example["messages"][0] == before["messages"][0]
        assert before["messages"][1]["content"].startswith(example["messages"][1]["content"])
        if O200K.count_example(before).tokens <= limit:
            assert example == before
    counted = result.tables.examples["tokens"].to_list()
    assert counted == [O200K.count_example(example).tokens for example in shape(result.tables)]
    assert result.metrics["over_length"] == result.metrics["truncated"] + result.rejects.height
