"""Tokens are counted as OpenAI's cookbook documents it, held against a second, literal reading of its formulas."""

import json
from typing import Any

import pytest
import tiktoken
from hypothesis import given
from hypothesis import strategies as st

from tuneset.targets import chat_format
from tuneset.targets.chat_format import ChatFormat
from tuneset.targets.encodings import get_encoding
from tuneset.targets.target import Target

O200K, CL100K = "o200k_base", "cl100k_base"
TEXT = st.text(st.characters(codec="utf-8"), max_size=20) | st.sampled_from(["a.", "wait...", "<|endoftext|>", "e.g."])
NAMES = st.text("abcdefgh_", min_size=1, max_size=8)

# The two worked examples of "How to count tokens with tiktoken", with what the API itself billed for them.
JARGON = [
    {
        "role": "system",
        "content": "You are a helpful, pattern-following assistant that translates corporate jargon "
        "into plain English.",
    },
    {"role": "system", "name": "example_user", "content": "New synergies will help drive top-line growth."},
    {"role": "system", "name": "example_assistant", "content": "Things working well together will increase revenue."},
    {
        "role": "system",
        "name": "example_user",
        "content": "Let's circle back when we have more bandwidth to touch base on opportunities "
        "for increased leverage.",
    },
    {
        "role": "system",
        "name": "example_assistant",
        "content": "Let's talk later when we're less busy about how to do better.",
    },
    {
        "role": "user",
        "content": "This late pivot means we don't have time to boil the ocean for the client deliverable.",
    },
]
WEATHER: dict[str, Any] = {
    "messages": [
        {
            "role": "system",
            "content": "You are a helpful assistant that can answer to questions about the weather.",
        },
        {"role": "user", "content": "What's the weather like in San Francisco?"},
    ],
    "tools": [
        {
            "type": "function",
            "function": {
                "name": "get_current_weather",
                "description": "Get the current weather in a given location",
                "parameters": {
                    "type": "object",
                    "properties": {
                        "location": {
                            "type": "string",
                            "description": "The city and state, e.g. San Francisco, CA",
                        },
                        "unit": {
                            "type": "string",
                            "description": "The unit of temperature to return",
                            "enum": ["celsius", "fahrenheit"],
                        },
                    },
                    "required": ["location"],
                },
            },
        }
    ],
}


def encoded(text: str, encoding: tiktoken.Encoding) -> int:
    return len(encoding.encode(text, disallowed_special=()))


def cookbook_messages(messages: list[dict[str, str]], encoding: tiktoken.Encoding) -> int:
    tokens = 3
    for message in messages:
        tokens += 3
        for key, value in message.items():
            tokens += encoded(value, encoding)
            if key == "name":
                tokens += 1
    return tokens


def cookbook_tools(tools: list[dict[str, Any]], encoding: tiktoken.Encoding, function_start: int) -> int:
    tokens = 0
    for tool in tools:
        tokens += function_start
        function = tool["function"]
        description = function["description"]
        description = description.removesuffix(".")
        tokens += encoded(function["name"] + ":" + description, encoding)
        properties = function["parameters"]["properties"]
        tokens += 3 if properties else 0
        for name, schema in properties.items():
            tokens += 3
            if "enum" in schema:
                tokens += -3
                tokens += sum(3 + encoded(item, encoding) for item in schema["enum"])
            about = schema["description"]
            about = about.removesuffix(".")
            tokens += encoded(f"{name}:{schema['type']}:{about}", encoding)
    return tokens + 12 if tools else 0


PROPERTIES = st.dictionaries(
    NAMES,
    st.fixed_dictionaries(
        {"type": st.sampled_from(["string", "number"]), "description": TEXT},
        optional={"enum": st.lists(TEXT, max_size=3)},
    ),
    max_size=3,
)
TOOLS = st.lists(
    st.builds(
        lambda name, about, properties: {
            "type": "function",
            "function": {
                "name": name,
                "description": about,
                "parameters": {"type": "object", "properties": properties},
            },
        },
        NAMES,
        TEXT,
        PROPERTIES,
    ),
    max_size=2,
)
MESSAGES = st.lists(
    st.fixed_dictionaries({"role": st.sampled_from(["system", "user", "assistant"]), "content": TEXT})
    | st.fixed_dictionaries({"role": st.just("user"), "content": TEXT, "name": NAMES}),
    max_size=4,
)


def count_texts(texts: list[str], encoding: str) -> list[int]:
    return Target(encoding).count_texts(texts).tokens


def count_text(text: str, encoding: str) -> int:
    return count_texts([text], encoding)[0]


def count_example(example: dict[str, Any], encoding: str) -> int:
    return Target(encoding).count_example(example).tokens


def count_message(message: dict[str, Any], encoding: str) -> int:
    return count_example({"messages": [message]}, encoding) - ChatFormat.reply


def count_tools(tools: list[Any], encoding: str) -> int:
    return count_example({"messages": [], "tools": tools}, encoding) - ChatFormat.reply


@pytest.mark.parametrize(("encoding", "billed"), [(O200K, 124), (CL100K, 129)])
def test_the_cookbooks_messages_cost_what_the_api_billed(encoding: str, billed: int) -> None:
    assert count_example({"messages": JARGON}, encoding) == billed


@pytest.mark.parametrize(("encoding", "billed"), [(O200K, 101), (CL100K, 105)])
def test_the_cookbooks_tools_cost_what_the_api_billed(encoding: str, billed: int) -> None:
    assert count_example(WEATHER, encoding) == billed


@pytest.mark.parametrize(("encoding", "function_start"), [(O200K, 7), ("o200k_harmony", 7), (CL100K, 10)])
@given(messages=MESSAGES, tools=TOOLS)
def test_any_example_costs_what_the_cookbook_documents(
    encoding: str, function_start: int, messages: list[dict[str, str]], tools: list[dict[str, Any]]
) -> None:
    reference = get_encoding(encoding)
    expected = cookbook_messages(messages, reference) + cookbook_tools(tools, reference, function_start)
    example = {"messages": messages, "tools": tools} if tools else {"messages": messages}
    assert count_example(example, encoding) == expected


@given(st.lists(TEXT, max_size=4))
def test_texts_are_counted_by_tiktoken_and_each_alone(texts: list[str]) -> None:
    assert count_texts(texts, O200K) == [encoded(text, get_encoding(O200K)) for text in texts]


@pytest.mark.parametrize("token", ["<|endoftext|>", "<|im_start|>", "<|fim_suffix|>"])
def test_a_special_token_in_a_text_counts_as_the_plain_text_that_it_is(token: str) -> None:
    assert count_text(token, O200K) == len(get_encoding(O200K).encode_ordinary(token)) > 1


def test_no_text_has_no_tokens() -> None:
    assert count_texts(["", "a", ""], O200K) == [0, 1, 0]
    assert count_texts([], O200K) == []
    assert count_example({"messages": []}, O200K) == 3


def test_a_message_without_content_costs_its_frame_and_role_alone() -> None:
    for message in ({"role": "user"}, {"role": "user", "content": None}, {"role": "user", "content": ""}):
        assert count_message(message, O200K) == 4
    assert count_message({}, O200K) == 3


def test_neither_weight_nor_call_id_is_billed() -> None:
    bare = {"role": "assistant", "content": "a"}
    assert count_message({**bare, "weight": 1, "tool_call_id": "call_1"}, O200K) == count_message(bare, O200K)


def test_a_call_costs_its_name_and_arguments_also_in_the_legacy_form() -> None:
    function = {"name": "get_weather", "arguments": '{"city": "Paris"}'}
    call = 3 + sum(count_texts(["get_weather", '{"city": "Paris"}'], O200K))
    tools = {"role": "assistant", "tool_calls": [{"id": "1", "type": "function", "function": function}] * 2}
    assert count_message(tools, O200K) == 4 + 2 * call
    assert count_message({"role": "assistant", "function_call": function}, O200K) == 4 + call


def test_arguments_that_are_no_text_are_counted_as_json() -> None:
    call = {"function": {"name": "f", "arguments": {"a": 1}}}
    written = {"function": {"name": "f", "arguments": '{"a":1}'}}
    assert count_message({"tool_calls": [call]}, O200K) == count_message({"tool_calls": [written]}, O200K)


@pytest.mark.parametrize("calls", [None, "call", 7, [], ["x", None], [{}], [{"function": "f"}]])
def test_calls_of_no_known_form_cost_nothing(calls: object) -> None:
    assert count_message({"role": "assistant", "tool_calls": calls}, O200K) == 4


def test_parts_cost_their_text_and_images_by_their_detail() -> None:
    def cost(*parts: object) -> int:
        return count_message({"role": "user", "content": list(parts)}, O200K) - 4

    assert cost({"type": "text", "text": "hello world"}, {"type": "refusal", "refusal": "no"}) == 3
    assert cost({"type": "image_url", "image_url": {"url": "https://x.org/y.png", "detail": "low"}}) == 85
    assert cost({"type": "image_url", "image_url": {"url": "https://x.org/y.png"}}) == 765
    assert cost({"type": "image_url", "image_url": {"url": "data:;base64,AAAA", "detail": "high"}}) == 765
    assert cost({"type": "image_url", "image_url": "broken"}, "no part", {"type": "other"}) == 765


def test_legacy_functions_cost_what_tools_cost() -> None:
    legacy = {"messages": WEATHER["messages"], "functions": [WEATHER["tools"][0]["function"]]}
    assert count_example(legacy, O200K) == count_example(WEATHER, O200K) == 101


def test_no_tools_cost_nothing() -> None:
    assert count_tools([], O200K) == 0
    assert count_example({"messages": [], "tools": []}, O200K) == 3


def test_a_tool_without_parameters_costs_its_name_and_description() -> None:
    tool = {"type": "function", "function": {"name": "now", "description": "The time."}}
    assert count_tools([tool], O200K) == 7 + count_text("now:The time", O200K) + 12


def test_a_nested_schema_is_counted_as_its_json() -> None:
    nested = {"type": "object", "properties": {"city": {"type": "string"}}}

    def tool(schema: object) -> dict[str, Any]:
        return {"function": {"name": "f", "parameters": {"properties": {"place": schema}}}}

    flat = count_tools([tool({"type": "object"})], O200K)
    written = json.dumps(nested["properties"], separators=(",", ":"))
    assert count_tools([tool(nested)], O200K) == flat + count_text(written, O200K)


def test_an_integer_of_any_size_is_counted_by_its_digits() -> None:
    def tool(largest: int) -> dict[str, Any]:
        schema = {"type": "array", "items": {"type": "integer", "maximum": largest}}
        return {"function": {"name": "f", "parameters": {"properties": {"n": schema}}}}

    small, large = (count_tools([tool(number)], O200K) for number in (7, 2**80))
    assert large - small == count_text(f'"maximum":{2**80}', O200K) - count_text('"maximum":7', O200K)


@pytest.mark.parametrize("tool", [None, "x", {}, {"function": 7}, {"function": {"parameters": []}}])
def test_a_tool_of_no_known_form_costs_its_frame(tool: object) -> None:
    assert count_tools([tool], O200K) == 7 + count_text(":", O200K) + 12


def test_a_preference_pair_costs_its_prompt_and_both_outputs() -> None:
    prompt = {"messages": JARGON, "tools": WEATHER["tools"]}
    outputs = [{"role": "assistant", "content": text} for text in ("Good answer.", "Worse.")]
    example = {"input": prompt, "preferred_output": outputs[:1], "non_preferred_output": outputs[1:]}
    answers = sum(count_message(output, O200K) for output in outputs)
    assert count_example(example, O200K) == count_example(prompt, O200K) + answers


def test_the_assumptions_that_nobody_documents_are_named() -> None:
    told = chat_format.__doc__
    assert told is not None
    assert "Not documented" in told
    for number in (ChatFormat.tool_call, *chat_format.UNKNOWN_SIZE):
        assert str(number) in told


def test_reasoning_is_counted_and_its_count_is_an_estimate() -> None:
    plain = {"role": "assistant", "content": "42"}
    without = chat_format.example_parts({"messages": [plain]}, ChatFormat())
    for key in ("reasoning_content", "reasoning"):
        parts = chat_format.example_parts({"messages": [{**plain, key: "Seven sixes."}]}, ChatFormat())
        assert parts.texts == [*without.texts, "Seven sixes."]
        assert (parts.overhead, bool(parts.assumed), bool(without.assumed)) == (without.overhead, True, False)
