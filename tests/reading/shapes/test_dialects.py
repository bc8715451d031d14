"""Messages of libraries become the chat messages that they say, and what these cannot hold is told and not left out."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from tests.reading.shapes.reading import read, said, shape_name
from tuneset.reading.shapes.base import ShapeError
from tuneset.reading.shapes.dialects import COLUMNS

Message = dict[str, Any]
ASK = {"role": "user", "content": "Is it open?"}
REPLY = {"role": "assistant", "content": "Yes."}
IMAGE = "https://example.org/door.png"


def vercel(messages: list[Message]) -> list[Message]:
    """As an app stores it: an answer with all of its steps is one message."""
    found: list[Message] = []
    for message in messages:
        parts: list[Message] = []
        if message.get("reasoning_content"):
            parts.append({"type": "reasoning", "text": message["reasoning_content"], "state": "done"})
        if message.get("content"):
            parts.append({"type": "text", "text": message["content"]})
        for call in message.get("tool_calls", ()):
            function = call["function"]
            parts.append(
                {
                    "type": f"tool-{function['name']}",
                    "toolCallId": call["id"],
                    "state": "output-available",
                    "input": json.loads(function["arguments"]),
                }
            )
        if message["role"] == "tool":
            called = next(part for part in found[-1]["parts"] if part.get("toolCallId") == message["tool_call_id"])
            called["output"] = message["content"]
        elif message["role"] == "assistant" and found and found[-1]["role"] == "assistant":
            found[-1]["parts"] += [{"type": "step-start"}, *parts]
        else:
            found.append({"id": str(len(found)), "role": message["role"], "parts": parts})
    return found


def vercel_model(messages: list[Message]) -> list[Message]:
    found = []
    for message in messages:
        if message["role"] == "tool":
            output = {"type": "text", "value": message["content"]}
            part = {"type": "tool-result", "toolCallId": message["tool_call_id"], "toolName": "f", "output": output}
            found.append({"role": "tool", "content": [part]})
            continue
        parts = [{"type": "reasoning", "text": text} for text in (message.get("reasoning_content"),) if text]
        parts += [{"type": "text", "text": text} for text in (message.get("content"),) if text]
        parts += [
            {
                "type": "tool-call",
                "toolCallId": call["id"],
                "toolName": call["function"]["name"],
                "input": json.loads(call["function"]["arguments"]),
            }
            for call in message.get("tool_calls", ())
        ]
        found.append({"role": message["role"], "content": parts})
    return found


LANGCHAIN = {"system": "system", "user": "human", "assistant": "ai", "tool": "tool"}


def langchain_inner(message: Message) -> Message:
    inner: Message = {
        "content": message.get("content", ""),
        "additional_kwargs": {},
        "type": LANGCHAIN[message["role"]],
    }
    if message.get("reasoning_content"):
        inner["additional_kwargs"] = {"reasoning_content": message["reasoning_content"]}
    if message["role"] == "tool":
        inner["tool_call_id"] = message["tool_call_id"]
    if message.get("tool_calls"):
        inner["tool_calls"] = [
            {
                "name": call["function"]["name"],
                "args": json.loads(call["function"]["arguments"]),
                "id": call["id"],
                "type": "tool_call",
            }
            for call in message["tool_calls"]
        ]
    return inner


def langchain_dicts(messages: list[Message]) -> list[Message]:
    return [{"type": LANGCHAIN[message["role"]], "data": langchain_inner(message)} for message in messages]


def langchain_dumped(messages: list[Message]) -> list[Message]:
    return [langchain_inner(message) for message in messages]


def langchain_serialised(messages: list[Message]) -> list[Message]:
    classes = {"system": "SystemMessage", "user": "HumanMessage", "assistant": "AIMessage", "tool": "ToolMessage"}
    return [
        {
            "lc": 1,
            "type": "constructor",
            "id": ["langchain", "schema", "messages", classes[message["role"]]],
            "kwargs": langchain_inner(message),
        }
        for message in messages
    ]


def llama_index(messages: list[Message]) -> list[Message]:
    found = []
    for message in messages:
        blocks: list[Message] = []
        if message.get("reasoning_content"):
            blocks.append({"block_type": "thinking", "content": message["reasoning_content"]})
        if message.get("content") is not None:
            blocks.append({"block_type": "text", "text": message["content"]})
        beside = {key: message[key] for key in ("tool_calls", "tool_call_id") if key in message}
        found.append({"role": message["role"], "additional_kwargs": beside, "blocks": blocks})
    return found


DIALECTS = {
    "vercel_ai": (vercel, vercel_model),
    "langchain": (langchain_dicts, langchain_dumped, langchain_serialised),
    "llama_index": (llama_index,),
}
WRITERS = [(name, write) for name, writers in DIALECTS.items() for write in writers]

TEXT = st.text(st.characters(codec="utf-8", exclude_categories=("Cs", "Cc")), min_size=1, max_size=12)
ARGUMENTS = st.dictionaries(TEXT, st.one_of(TEXT, st.integers(-9, 9), st.booleans()), max_size=2)


@st.composite
def conversations(draw: st.DrawFn) -> list[Message]:
    """A system text or none, questions, answers with thoughts and calls, and what the tools gave."""
    messages: list[Message] = [{"role": "system", "content": draw(TEXT)}] if draw(st.booleans()) else []
    for turn in range(draw(st.integers(1, 3))):
        messages.append({"role": "user", "content": draw(TEXT)})
        calls = [
            {
                "id": f"c{turn}_{number}",
                "type": "function",
                "function": {"name": f"f{number}", "arguments": json.dumps(draw(ARGUMENTS), separators=(",", ":"))},
            }
            for number in range(draw(st.integers(0, 2)))
        ]
        if calls:
            said_first = {"content": draw(TEXT)} if draw(st.booleans()) else {}
            messages.append({"role": "assistant", **said_first, "tool_calls": calls})
            messages += [{"role": "tool", "content": draw(TEXT), "tool_call_id": call["id"]} for call in calls]
        thought = {"reasoning_content": draw(TEXT)} if draw(st.booleans()) else {}
        messages.append({"role": "assistant", "content": draw(TEXT), **thought})
    return messages


def spelt(messages: list[Message]) -> list[Message]:
    """The messages with arguments as values, whose spelling as text is nobody's concern."""
    return json.loads(json.dumps(messages), object_hook=_decoded)  # type: ignore[no-any-return]


def _decoded(value: Message) -> Message:
    return {**value, "arguments": json.loads(value["arguments"])} if type(value.get("arguments")) is str else value


@pytest.mark.parametrize(("name", "write"), WRITERS, ids=lambda each: getattr(each, "__name__", each))
@given(messages=conversations(), column=st.sampled_from(COLUMNS))
def test_a_conversation_is_the_same_in_every_dialect(
    name: str, write: Callable[[list[Message]], list[Message]], messages: list[Message], column: str
) -> None:
    assume(write is not vercel_model or any("tool_calls" in message for message in messages))  # else it is a chat
    row = {column: write(messages), "id": 7}
    assert shape_name(row) == name
    example, unused = read(row)
    assert (spelt(example["messages"]), unused) == (spelt(messages), [])


USED = {"id": "c1", "type": "function", "function": {"name": "f", "arguments": "{}"}}
CALLED: list[Message] = [
    ASK,
    {"role": "assistant", "tool_calls": [USED]},
    {"role": "tool", "content": "9 to 5", "tool_call_id": "c1"},
    REPLY,
]


@pytest.mark.parametrize(
    "row",
    [
        {"messages": [ASK, REPLY]},
        {"messages": [{**ASK, "id": "1", "createdAt": "x"}, REPLY]},
        {"messages": [{"type": "human", "content": "?"}, {"type": "ai", "content": "!"}]},
        {"messages": [{"role": "user", "content": [{"type": "text", "text": "?"}]}, REPLY]},
        {"messages": [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": IMAGE}}]}, REPLY]},
        {"messages": [{"role": "user", "content": "?", "parts": []}, REPLY]},
        {"messages": [{"type": "message", "data": {"content": "?"}}]},
        {"question": "?", "answer": "!", "history": langchain_dicts([ASK, REPLY])},
        {"input": "?", "output": "!", "chat_history": llama_index([ASK, REPLY])},
        {"messages": langchain_dicts([ASK]), "output": {"content": "!"}},
        {"messages": {"role": ["user"], "content": ["?", "!"]}},
        {"messages": {"role": "user", "content": "?"}},
        {"role": ["user", "assistant"], "content": "?"},
        {"role": "user", "content": "?"},
        {"conversation": {"open": [1, 2], "close": [3, 4]}},
    ],
)
def test_what_is_of_no_library_is_read_as_it_was(row: dict[str, Any]) -> None:
    assert shape_name(row) not in (*DIALECTS, "assistants_thread", "column_lists")


@pytest.mark.parametrize("write", [write for _, write in WRITERS], ids=lambda each: each.__name__)
def test_a_role_that_is_not_known_is_told(write: Callable[[list[Message]], list[Message]]) -> None:
    listed = write([ASK, REPLY])
    for held in (listed[0], listed[0].get("data", {}), listed[0].get("kwargs", {})):
        held.update({key: "remove" for key in ("role", "type") if key in held and held[key] != "constructor"})
        held.update({"id": ["Remove"]} if "lc" in held else {})
    with pytest.raises(ShapeError) as told:
        read({"messages": [*listed, *write(CALLED)]})
    assert told.value.code == "CNV001"


def ui(*parts: Message, role: str = "assistant") -> Message:
    return {"role": role, "parts": list(parts)}


CALL = {"type": "tool-f", "toolCallId": "t", "input": {}}
PDF = {"type": "file", "mediaType": "application/pdf", "url": "https://example.org/a.pdf"}


def test_sources_and_data_of_the_app_say_nothing_in_the_text_and_are_told() -> None:
    parts: list[Message] = [
        {"type": "source-url", "sourceId": "1", "url": IMAGE},
        {"type": "data-weather", "data": {"c": 18}},
    ]
    asked = ui({"type": "text", "text": "Is it open?"}, role="user")
    shaped = read({"messages": [asked, ui(*parts, {"type": "text", "text": "Yes."})]})
    assert shaped[0]["messages"][-1] == {"role": "assistant", "content": "Yes."}
    assert shaped[1] == ["messages (sources)", "messages (data of the app)"]


@pytest.mark.parametrize(
    "stopped",
    [
        ui({"type": "text", "text": "It", "state": "streaming"}),
        {**ui({"type": "text", "text": "It"}), "metadata": {"finishReason": "length"}},
        {"type": "ai", "data": {"content": "It", "response_metadata": {"finish_reason": "length"}}},
    ],
)
def test_an_answer_without_its_end_is_not_learned_wherever_it_stands(stopped: Message) -> None:
    asked: Message = (
        {"type": "human", "data": {"content": "?"}}
        if "type" in stopped
        else ui({"type": "text", "text": "?"}, role="user")
    )
    messages = read({"messages": [asked, stopped, asked]})[0]["messages"]
    assert [message.get("weight") for message in messages] == [None, 0, None]


@pytest.mark.parametrize(
    "message",
    [
        ui(PDF, role="user"),
        ui({**CALL, "state": "output-denied"}),
        ui({"type": "step-start"}, {"type": "audio"}),
        {"role": "user", "content": "See.", "parts": [], "experimental_attachments": [{"contentType": "text/csv"}]},
        {"role": "user", "content": [{"type": "file", "mediaType": "application/pdf", "data": "JVBE"}]},
        {"type": "human", "data": {"content": [{"type": "input_audio", "input_audio": {}}]}},
        {"type": "human", "data": {"content": [{"type": "image", "source_type": "id", "id": "f1"}]}},
        {"type": "ai", "data": {"content": "", "invalid_tool_calls": [{"name": "f", "args": "{"}]}},
        {"type": "ai", "data": {"content": "", "tool_calls": [{"args": {}}]}},
        {"role": "user", "blocks": [{"block_type": "document", "path": "a.pdf"}]},
        {"role": "user", "blocks": [{"block_type": "image", "path": "a.png"}]},
        {"role": "tool", "blocks": [{"block_type": "image", "url": IMAGE}], "additional_kwargs": {"tool_call_id": "t"}},
        {"object": "thread.message", "role": "user", "content": [{"type": "image_file", "image_file": {}}]},
        {"object": "thread.message", "role": "user", "content": [], "attachments": [{"file_id": "f"}]},
        {"object": "thread.message", "role": "assistant", "content": [], "status": "incomplete"},
        {
            "object": "thread.message",
            "role": "assistant",
            "content": [{"type": "text", "text": {"value": "Yes[1].", "annotations": [{"type": "file_citation"}]}}],
        },
    ],
)
def test_what_no_chat_message_can_hold_is_told(message: Message) -> None:
    sign = {"role": "user", "content": "?", "toolInvocations": []} if "experimental_attachments" in message else None
    with pytest.raises(ShapeError):
        read({"messages": [message, *([sign] if sign else [])]})


@pytest.mark.parametrize(
    "message",
    [
        ui({"type": "text", "text": "?"}, {"type": "file", "mediaType": "image/png", "url": IMAGE}, role="user"),
        {"role": "user", "content": [{"type": "text", "text": "?"}, {"type": "image", "image": IMAGE}]},
        {
            "type": "human",
            "data": {"content": [{"type": "text", "text": "?"}, {"type": "image_url", "image_url": IMAGE}]},
        },
        {"role": "user", "blocks": [{"block_type": "text", "text": "?"}, {"block_type": "image", "url": IMAGE}]},
        {
            "object": "thread.message",
            "role": "user",
            "content": [
                {"type": "text", "text": {"value": "?"}},
                {"type": "image_url", "image_url": {"url": IMAGE}},
            ],
        },
    ],
)
def test_an_image_with_an_address_is_kept(message: Message) -> None:
    parts = [{"type": "text", "text": "?"}, {"type": "image_url", "image_url": {"url": IMAGE}}]
    assert read({"messages": [message]})[0]["messages"] == [{"role": "user", "content": parts}]


def test_an_image_that_is_held_is_kept_with_its_kind() -> None:
    for message in (
        {"role": "user", "content": [{"type": "image", "image": "iVBO", "mediaType": "image/png"}]},
        {"type": "human", "data": {"content": [{"type": "image", "base64": "iVBO", "mime_type": "image/png"}]}},
        {"role": "user", "blocks": [{"block_type": "image", "image": "iVBO", "image_mimetype": "image/png"}]},
    ):
        (found,) = read({"messages": [message]})[0]["messages"]
        assert found["content"][0]["image_url"]["url"] == "data:image/png;base64,iVBO"


def test_version_4_of_the_ai_sdk_says_its_texts_twice_and_they_are_read_once() -> None:
    invocation = {"state": "result", "toolCallId": "t", "toolName": "f", "args": {"n": 1}, "result": [2]}
    answer = {"role": "assistant", "content": "Yes.", "toolInvocations": [invocation]}
    parts = [{"type": "tool-invocation", "toolInvocation": invocation}, {"type": "text", "text": "Yes."}]
    for each in (answer, {**answer, "parts": parts}):
        messages = read({"messages": [{**ASK, "parts": [{"type": "text", "text": ASK["content"]}]}, each]})[0][
            "messages"
        ]
        assert [(one["role"], one.get("content")) for one in messages] == [
            ("user", "Is it open?"),
            ("assistant", None),
            ("tool", "[2]"),
            ("assistant", "Yes."),
        ]
    failed = ui({**CALL, "state": "output-error", "errorText": "late"}, {"type": "text", "text": "Sorry."})
    assert said({"messages": [ui({"type": "text", "text": "?"}, role="user"), failed]})[2] == ("tool", "late")


def thread(*texts: str) -> list[Message]:
    """A thread as it is listed, the newest message first."""
    return [
        {
            "object": "thread.message",
            "created_at": number,
            "role": ("user", "assistant")[number % 2],
            "content": [{"type": "text", "text": {"value": text, "annotations": []}}],
        }
        for number, text in reversed(list(enumerate(texts)))
    ]


def test_a_thread_is_read_from_its_beginning_and_a_page_of_one_is_none() -> None:
    assert [text for _, text in said({"data": thread("a", "b", "c", "d")})] == ["a", "b", "c", "d"]
    with pytest.raises(ShapeError) as told:
        read({"data": thread("a", "b"), "has_more": True})
    assert told.value.code == "ING003"


@pytest.mark.parametrize(
    "row",
    [
        {"messages": {"role": ["user", "assistant"], "content": ["Is it open?", "Yes."]}},
        {"conversation": '{"role": ["user", "assistant"], "content": ["Is it open?", "Yes."]}'},
        {"conversations": {"from": ["human", "gpt"], "value": ["Is it open?", "Yes."]}},
        {"dialogue": {"speaker": ["User", "Bot"], "text": ["Is it open?", "Yes."]}},
        {"role": ["user", "assistant"], "content": ["Is it open?", "Yes."], "source": "desk"},
        {"speakers": ["User", "Bot"], "utterances": ["Is it open?", "Yes."]},
    ],
)
def test_turns_as_a_list_for_each_key_are_put_together(row: dict[str, Any]) -> None:
    assert shape_name(row) == "column_lists"
    assert said(row) == [("user", "Is it open?"), ("assistant", "Yes.")]


def test_of_lists_for_each_key_nothing_of_a_turn_is_lost() -> None:
    calls = [{"id": "c", "type": "function", "function": {"name": "f", "arguments": "{}"}}]
    columns = {
        "role": ["user", "assistant", "tool", "assistant"],
        "content": ["?", None, "18", "!"],
        "tool_calls": [None, calls, None, None],
        "tool_call_id": [None, None, "c", None],
    }
    assert read({"messages": columns})[0]["messages"] == [
        {"role": "user", "content": "?"},
        {"role": "assistant", "tool_calls": calls},
        {"role": "tool", "content": "18", "tool_call_id": "c"},
        {"role": "assistant", "content": "!"},
    ]


@pytest.mark.parametrize(
    ("answers", "pair"),
    [
        ([("a", {"rank": 2.0}), ("b", {"rank": 1.0}), ("c", {"rank": 3.0})], ("b", "c")),
        ([("a", {"overall_score": 5}), ("b", {"overall_score": 2.5})], ("a", "b")),
        ([("a", {"rank": 1}), ("b", {"rank": 1}), ("c", {"rank": 2})], ("a", "c")),
    ],
)
def test_of_listed_answers_the_best_and_the_worst_are_a_pair(answers: list[Any], pair: tuple[str, str]) -> None:
    row = {"prompt": "\n\nHuman: ?\n\nAssistant: ", "answers": [{"answer": text, **mark} for text, mark in answers]}
    example = read(row, "dpo")[0]
    assert example["input"]["messages"] == [{"role": "user", "content": "?"}]
    found = (example["preferred_output"][0]["content"], example["non_preferred_output"][0]["content"])
    assert found == pair


def test_listed_answers_without_an_order_are_no_pair() -> None:
    assert shape_name({"prompt": "?", "answers": [{"answer": "a"}, {"answer": "b"}]}, "dpo") is None
    with pytest.raises(ShapeError, match="one rank"):
        read({"prompt": "?", "answers": [{"answer": "a", "rank": 1}, {"answer": "b", "rank": 1}]}, "dpo")


LISTS = {"role": ["user", "assistant"], "content": ["Hello?", "Hi!"]}
SIDES = [{"direction": "incoming", "text": "Hello?"}, {"direction": "outgoing", "text": "Hi!"}]


@pytest.mark.parametrize(
    "own",
    [
        {"question": "Who says hello?", "answer": "The first."},
        {"instruction": "Name the second speaker.", "input": "", "output": "Ann."},
        {"prompt": "Sum it up.", "completion": "A greeting."},
        {"messages": [ASK, REPLY]},
    ],
)
@pytest.mark.parametrize(
    "beside", [{"dialogue": LISTS}, {"transcript": LISTS}, LISTS, {"payload": SIDES}, {"results": SIDES}]
)
def test_a_conversation_beside_a_question_and_its_answer_is_what_these_are_about(own: Message, beside: Message) -> None:
    assert said({**own, **beside}) == said(own)


def test_a_text_beside_an_empty_list_of_blocks_is_said() -> None:
    messages = [{**message, "blocks": [], "additional_kwargs": {}} for message in (ASK, REPLY)]
    assert said({"messages": messages}) == [("user", "Is it open?"), ("assistant", "Yes.")]


@pytest.mark.parametrize("path", ["images/door.png", "file:///door.png", "C:\\door.png"])
def test_the_path_of_an_image_is_not_the_image(path: str) -> None:
    image = {"type": "image", "image": path}
    asked = {"role": "user", "content": [image, {"type": "text", "text": "Open?"}]}
    assert shape_name({"messages": [asked, REPLY]}) == "chat"
    with pytest.raises(ShapeError, match="not in the export"):
        read({"messages": [{**asked, "content": [{**image, "mediaType": "image/png"}]}, REPLY]})
