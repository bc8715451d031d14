"""Inputs of the kinds that people bring: what each file holds, and what has to come of it.

`@` stands for the number of the kind, so that no two of them are duplicates. What is expected is written as it is said:
`user: Open @?` and so on, `+` and `-` before the better and the worse answer, `good` or `bad` before a labelled one.
"""

from __future__ import annotations

import bz2
import gzip
import io
import json
import lzma
import tarfile
import zipfile
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import polars as pl

Pack = Callable[[bytes], bytes]


class Kind(NamedTuple):
    """A file, and what comes of it.

    Args:
        name: of the kind.
        data: the file.
        said: what its examples say, in order.
        rejects: the codes of its rows that give none, in order.
        told: columns with text that no example says.
        method: of the run in which it is read.
        pack: what is done with the data in the end.
    """

    name: str
    data: bytes
    said: Sequence[str]
    rejects: tuple[str, ...] = ()
    told: tuple[str, ...] = ()
    method: str = "supervised"
    pack: Pack | None = None


Row = dict[str, Any]
ASK, SAY = {"role": "user", "content": "Open @?"}, {"role": "assistant", "content": "At nine."}
WORSE = {"role": "assistant", "content": "Who cares."}
CHAT: Row = {"messages": [ASK, SAY]}
PAIR: Row = {"question": "Open @?", "answer": "At nine."}
SHARE: Row = {"conversations": [{"from": "human", "value": "Open @?"}, {"from": "gpt", "value": "At nine."}]}
ONE = ["user: Open @? | assistant: At nine."]
TWO = [*ONE, "user: Far @? | assistant: A mile."]
RULED = ["system: Be kind. | user: Open @? | assistant: At nine."]
FAR: Row = {"question": "Far @?", "answer": "A mile."}
TOOL: Row = {"type": "function", "function": {"name": "hours", "parameters": {"type": "object", "properties": {}}}}
CALL: Row = {"id": "c1", "type": "function", "function": {"name": "hours", "arguments": "{}"}}
CALLED = [
    "user: Open @? | assistant calls hours {} | tool: 9 | assistant: At nine. | with hours",
]
PREFERRED = ["user: Open @? | + At nine. | - Who cares."]


def lines(*rows: object) -> bytes:
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows).encode()


def document(value: object, indent: int | None = None) -> bytes:
    return json.dumps(value, ensure_ascii=False, indent=indent).encode()


def rows(
    name: str,
    *given: Row,
    said: Sequence[str] = ONE,
    rejects: tuple[str, ...] = (),
    told: tuple[str, ...] = (),
    method: str = "supervised",
) -> Kind:
    """A file of JSON lines, which gives the one usual example where nothing else is said."""
    return Kind(name, lines(*given), said, rejects, told, method)


def text(
    name: str, data: str, said: Sequence[str] = TWO, rejects: tuple[str, ...] = (), pack: Pack | None = None
) -> Kind:
    """A file of text, which gives two examples where nothing else is said."""
    return Kind(name, data.encode(), said, rejects, pack=pack)


def written_as(encoding: str) -> Pack:
    return lambda data: data.decode().encode(encoding)


def zipped(data: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name in ("data/a.jsonl", "README.md"):
            archive.writestr(zipfile.ZipInfo(name), data if name.endswith("jsonl") else "About.")
    return out.getvalue()


def tarred(data: bytes) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as archive:
        member = tarfile.TarInfo("a.jsonl")
        member.size = len(data)
        archive.addfile(member, io.BytesIO(data))
    return out.getvalue()


def framed(write: Callable[[pl.DataFrame, io.BytesIO], object]) -> Pack:
    def pack(data: bytes) -> bytes:
        out = io.BytesIO()
        write(pl.read_ndjson(data), out)
        return out.getvalue()

    return pack


def calls(call: Mapping[str, Any] = {}, answer: Mapping[str, Any] = {}, tools: object = (TOOL,)) -> Row:
    """A conversation with a call; its parts may be changed, and with None left out."""
    asked = {"role": "assistant", "tool_calls": [{k: v for k, v in {**CALL, **call}.items() if v is not None}]}
    whole = {"role": "tool", "tool_call_id": "c1", "content": "9", **answer}
    given = {k: v for k, v in whole.items() if v is not None}
    return {"messages": [ASK, asked, given, SAY], "tools": tools}


def thought(**how: object) -> Row:
    return {"messages": [ASK, {**SAY, **how}]}


KINDS: tuple[Kind, ...] = (
    # What a line may hold beside an object.
    rows("a bare list of messages a line", CHAT["messages"]),
    rows("a bare list of turns a line", SHARE["conversations"]),
    Kind("bare lists in an array", document([CHAT["messages"]], 2), ONE),
    rows("two rows on a line", said=TWO)._replace(data=lines(PAIR).strip() + b" " + lines(FAR)),
    rows("an array a line", said=TWO)._replace(data=lines([PAIR], [FAR])),
    # Names of columns and speakers.
    rows("capitals", {"Question": "Open @?", "ANSWER": "At nine."}),
    rows("query and response", {"query": "Open @?", "response": "At nine."}),
    rows("input and output", {"input": "Open @?", "output": "At nine."}),
    rows("user and assistant", {"user": "Open @?", "assistant": "At nine."}),
    rows(
        "an instruction with its input",
        {"instruction": "Open", "input": "@?", "output": "At nine."},
        said=["user: Open\n\n@? | assistant: At nine."],
    ),
    rows("odd cases of roles", {"messages": [{**ASK, "role": "User "}, {**SAY, "role": "AI"}]}),
    rows(
        "an unknown speaker", {"conversations": [{"from": "narator", "value": "Open @?"}]}, said=[], rejects=("CNV001",)
    ),
    rows("dialogue", {"dialogue": [ASK, SAY]}),
    rows(
        "turns of speaker and text",
        {"dialog": [{"speaker": "Human", "text": "Open @?"}, {"speaker": "Bot", "text": "At nine."}]},
    ),
    rows("turns by who speaks", {"conversation": [{"user": "Open @?"}, {"assistant": "At nine."}]}),
    rows(
        "an answer first",
        {"conversations": [{"from": "gpt", "value": "Hi."}, *SHARE["conversations"]]},
        said=["assistant: Hi. | user: Open @? | assistant: At nine."],
    ),
    rows("ShareGPT", SHARE),
    # What stands beside a conversation.
    rows("a system column", {**CHAT, "system": "Be kind."}, said=RULED),
    rows("system parts", {**CHAT, "system": [{"text": "Be kind."}]}, said=RULED),
    rows("another system column", {**PAIR, "Sys_Prompt": "Be kind."}, said=RULED),
    rows("a context", {**PAIR, "context": "By day."}, said=["user: By day.\n\nOpen @? | assistant: At nine."]),
    rows(
        "choices",
        {**PAIR, "options": ["At nine.", "At ten."]},
        said=["user: Open @?\n\nA. At nine.\nB. At ten. | assistant: At nine."],
    ),
    rows(
        "choices of a column each",
        {**PAIR, "A": "nine", "B": "ten"},
        said=["user: Open @?\n\nA. nine\nB. ten | assistant: At nine."],
    ),
    rows(
        "a history",
        {**PAIR, "history": [["Hi?", "Ho."]]},
        said=["user: Hi? | assistant: Ho. | user: Open @? | assistant: At nine."],
    ),
    rows(
        "tools beside", {**PAIR, "available_tools": [TOOL]}, said=["user: Open @? | assistant: At nine. | with hours"]
    ),
    rows("a picture's file", {**SHARE, "image": "a.png"}, told=("image",)),
    rows("a suffix", {**PAIR, "suffix": "}"}, told=("suffix",)),
    rows("a persona", {**PAIR, "persona": "A clerk of the shop."}, told=("persona",)),
    rows("what is said already", {**CHAT, "prompt": "Open @?", "prompt_id": "a-1"}),
    # Rows that say that they are bad.
    rows("a label", {**PAIR, "label": True}, {**FAR, "label": False}, rejects=("LBL001",)),
    rows("a tag", {**SHARE, "kto_tag": False}, said=[], rejects=("LBL001",)),
    rows("a thumb in the metadata", {**PAIR, "metadata": {"feedback": "thumbs_down"}}, said=[], rejects=("LBL001",)),
    rows(
        "labels to be trained",
        {"prompt": "Open @?", "completion": "At nine.", "label": True},
        {"prompt": "Far @?", "completion": "A mile.", "label": False},
        method="kto",
        said=["good user: Open @? | assistant: At nine.", "bad user: Far @? | assistant: A mile."],
    ),
    # Preferences.
    rows(
        "chosen and rejected",
        {"prompt": "Open @?", "chosen": "At nine.", "rejected": "Who cares."},
        method="dpo",
        said=PREFERRED,
    ),
    rows(
        "whole dialogues as texts",
        {
            "chosen": "\n\nHuman: Open @?\n\nAssistant: At nine.",
            "rejected": "\n\nHuman: Open @?\n\nAssistant: Who cares.",
        },
        method="dpo",
        said=PREFERRED,
    ),
    rows(
        "chosen as conversations",
        {"chosen": {"messages": [ASK, SAY]}, "rejected": {"messages": [ASK, WORSE]}},
        method="dpo",
        said=PREFERRED,
    ),
    rows("a rejected answer beside a chat", {**CHAT, "rejected_response": "Who cares."}, method="dpo", said=PREFERRED),
    rows(
        "two answers and which is better",
        {"prompt": "Open @?", "response_0": "Who cares.", "response_1": "At nine.", "better_response_id": 1},
        method="dpo",
        said=PREFERRED,
    ),
    rows("a row under two names", {"prompt": ASK, "completion": SAY, "id": "a-1"}),
    rows(
        "a system beside a pair",
        {"system": "Be kind.", "question": "Open @?", "chosen": "At nine.", "rejected": "Who cares."},
        method="dpo",
        said=["system: Be kind. | user: Open @? | + At nine. | - Who cares."],
    ),
    rows(
        "pairs where one answer is wanted",
        {"prompt": "Open @?", "chosen": "a", "rejected": "b"},
        said=[],
        rejects=("ING001",),
    ),
    # Reasoning, which the profile of these runs does not take.
    rows("reasoning_content", thought(reasoning_content="So.")),
    rows(
        "thinking as a part",
        thought(content=[{"type": "thinking", "thinking": "So."}, {"type": "text", "text": "At nine."}]),
    ),
    rows(
        "an analysis before", {"messages": [ASK, {"role": "assistant", "channel": "analysis", "content": "So."}, SAY]}
    ),
    rows(
        "think in the text",
        thought(content="<think>So.</think>At nine."),
        said=["user: Open @? | assistant: <think>So.</think>At nine."],
    ),
    # Calls.
    rows("a call", calls(), said=CALLED),
    rows("tools as text", calls(tools=json.dumps([TOOL])), said=CALLED),
    rows("arguments as an object", calls(call={"function": {"name": "hours", "arguments": {}}}), said=CALLED),
    rows(
        "a call without an id",
        calls(call={"id": None, "type": None}, answer={"tool_call_id": None, "name": "hours"}),
        said=CALLED,
    ),
    rows(
        "a call in ShareGPT's form",
        {
            "tools": json.dumps([TOOL["function"]]),
            "conversations": [
                {"from": "human", "value": "Open @?"},
                {"from": "function_call", "value": '{"name": "hours", "arguments": {}}'},
                {"from": "observation", "value": "9"},
                {"from": "gpt", "value": "At nine."},
            ],
        },
        said=CALLED,
    ),
    # What is repaired.
    rows("nulls", {**CHAT, "tools": None, "functions": None, "parallel_tool_calls": None}),
    rows("weights", {"messages": [{**ASK, "weight": 1}, {**SAY, "weight": 1.0}]}),
    rows("keys of transport", {"messages": [{**ASK, "id": "1", "timestamp": 7}, {**SAY, "model": "m"}]}),
    rows("a developer", {"messages": [{"role": "developer", "content": "Be kind."}, ASK, SAY]}, said=RULED),
    rows("parts without a type", {"messages": [{"role": "user", "content": [{"text": "Open @?"}]}, SAY]}),
    rows("a number as an answer", {"question": "Open @?", "answer": 9}, said=["user: Open @? | assistant: 9"]),
    rows("a message as a completion", {"prompt": ASK, "completion": SAY}),
    rows("a token for the end", {"prompt": "Open @?", "completion": "At nine.<|endoftext|>"}),
    # What is told, for nothing certain can be done.
    rows("an answer that is a list", {"question": "Open @?", "answer": ["At nine."]}, said=[], rejects=("SHP004",)),
    rows("no answer", {"question": "Open @?", "answer": ""}, said=[], rejects=("CLN001",)),
    rows("a text alone", {"text": "We open at nine, every day @."}, said=[], rejects=("ING001",)),
    rows("columns of no known name", {"frage": "Offen @?", "antwort": "Um neun."}, said=[], rejects=("ING001",)),
    rows("a question at the end", {"messages": [ASK, SAY, {"role": "user", "content": "Sure?"}]}),
    # Templates.
    rows("ChatML", {"text": "<|im_start|>user\nOpen @?<|im_end|>\n<|im_start|>assistant\nAt nine.<|im_end|>\n"}),
    rows("Llama's instructions", {"text": "<s>[INST] Open @? [/INST] At nine. </s>"}),
    rows("hashes", {"text": "### Instruction:\nOpen @?\n\n### Response:\nAt nine."}),
    # Forms of providers, logs and exports.
    rows(
        "Anthropic",
        {"system": "Be kind.", "messages": [ASK, {**SAY, "content": [{"type": "text", "text": "At nine."}]}]},
        said=RULED,
    ),
    rows(
        "Gemini",
        {
            "contents": [
                {"role": "user", "parts": [{"text": "Open @?"}]},
                {"role": "model", "parts": [{"text": "At nine."}]},
            ]
        },
    ),
    rows(
        "Bedrock",
        {
            "schemaVersion": "bedrock-conversation-2024",
            "messages": [
                {"role": "user", "content": [{"text": "Open @?"}]},
                {"role": "assistant", "content": [{"text": "At nine."}]},
            ],
        },
    ),
    rows(
        "Responses",
        {
            "input": "Open @?",
            "output": [
                {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "At nine."}]}
            ],
        },
    ),
    rows("a stored completion", {"input": [ASK], "choices": [{"message": SAY}]}),
    rows("a logged call", {"request": {"messages": [ASK]}, "response": {"choices": [{"message": SAY}]}}),
    rows("a run of a tracer", {"inputs": {"messages": [ASK]}, "outputs": {"choices": [{"message": SAY}]}}),
    rows("evals", {"input": [ASK], "ideal": "At nine."}),
    rows(
        "a batch without its answers",
        {"custom_id": "r@", "method": "POST", "url": "/v1/chat/completions", "body": {"messages": [ASK]}},
        said=[],
        rejects=("ING005",),
    ),
    Kind(
        "ChatGPT's export",
        document(
            [
                {
                    "mapping": {
                        "r": {"id": "r", "parent": None, "message": None},
                        "a": {
                            "id": "a",
                            "parent": "r",
                            "message": {
                                "author": {"role": "user"},
                                "recipient": "all",
                                "content": {"content_type": "text", "parts": ["Open @?"]},
                            },
                        },
                        "b": {
                            "id": "b",
                            "parent": "a",
                            "message": {
                                "author": {"role": "assistant"},
                                "recipient": "all",
                                "content": {"content_type": "text", "parts": ["At nine."]},
                            },
                        },
                    },
                    "current_node": "b",
                }
            ]
        ),
        ONE,
    ),
    Kind(
        "Claude's export",
        document(
            [{"chat_messages": [{"sender": "human", "text": "Open @?"}, {"sender": "assistant", "text": "At nine."}]}]
        ),
        ONE,
    ),
    Kind(
        "Discord's export",
        document(
            {
                "messages": [
                    {"author": {"name": "ann", "isBot": False}, "content": "Open @?"},
                    {"author": {"name": "bo", "isBot": True}, "content": "At nine."},
                ]
            }
        ),
        ONE,
    ),
    Kind(
        "Slack's export",
        document(
            [
                {"type": "message", "user": "U1", "text": "Open @?", "ts": "1.0"},
                {"type": "message", "bot_id": "B1", "text": "At nine.", "ts": "2.0"},
            ]
        ),
        ONE,
        ("ING002",),
    ),
    text(
        "WhatsApp's export", "5/7/21, 6:12 AM - Ann: Open @?\n5/7/21, 6:13 AM - Bo: At nine.\n", [], rejects=("CNV001",)
    ),
    Kind(
        "Zendesk's export",
        document(
            {
                "tickets": [
                    {
                        "requester_id": 1,
                        "comments": [{"author_id": 1, "body": "Open @?"}, {"author_id": 2, "body": "At nine."}],
                    }
                ]
            }
        ),
        ONE,
    ),
    rows("a message a line", ASK, SAY, rejects=("ING002",)),
    rows("a message a line with an id", {"thread_id": 1, **ASK}, {"thread_id": 1, **SAY}, rejects=("ING002",)),
    rows(
        "a session of an agent",
        {"type": "user", "uuid": "1", "sessionId": "s", "message": ASK},
        {"type": "assistant", "uuid": "2", "sessionId": "s", "message": SAY},
        rejects=("ING002",),
    ),
    # Containers.
    Kind("splits", document({"train": [PAIR], "test": [FAR]}), TWO),
    Kind("an envelope in an envelope", document({"v": 1, "data": {"items": [PAIR, FAR]}}), TWO),
    Kind("pages", lines({"data": [PAIR], "page": 1}, {"data": [FAR], "page": 2}), TWO),
    Kind("rows by name", document({"x": PAIR, "y": FAR}), TWO),
    Kind("a viewer's rows", document({"rows": [{"row_idx": 0, "row": PAIR}, {"row_idx": 1, "row": FAR}]}), TWO),
    Kind(
        "a table by columns",
        document({"question": {"0": "Open @?", "1": "Far @?"}, "answer": {"0": "At nine.", "1": "A mile."}}),
        TWO,
    ),
    Kind(
        "a table by rows",
        document({"columns": ["question", "answer"], "data": [["Open @?", "At nine."], ["Far @?", "A mile."]]}),
        TWO,
    ),
    Kind("an object over lines", document(CHAT, 2), ONE),
    Kind("commas and comments", b"[ // rows\n" + lines(PAIR).strip() + b",\n" + lines(FAR).strip() + b", ]", TWO),
    Kind("commas after lines", lines(PAIR).replace(b"\n", b",\n") + lines(FAR).replace(b"\n", b",\n"), TWO),
    Kind("an array that is cut", b"[\n" + lines(PAIR).strip() + b',\n{"question": "Fa', ONE, ("JSN001",)),
    Kind("Python's own notation", b"{'question': 'Far @?', 'answer': True}\n" + lines(PAIR), ONE, ("JSN001",)),
    Kind("NaN", b'{"question": "Far @?", "answer": NaN}\n' + lines(PAIR), ONE, ("JSN003",)),
    # Tables.
    text("CSV", "id,question,answer\n1,Open @?,At nine.\n2,Far @?,A mile.\n"),
    text("semicolons", "sep=;\r\nquestion;answer\r\nOpen @?;At nine.\r\nFar @?;A mile.\r\n"),
    text("a title above", "Export\n\nquestion,answer\nOpen @?,At nine.\nFar @?,A mile.\n"),
    text("carriage returns", "question,answer\rOpen @?,At nine.\rFar @?,A mile.\r"),
    text("no header", "Open @?,At nine.\nFar @?,A mile.\n", [], rejects=("ING001", "ING001")),
    text("a column alone", "text\nOpen at nine @\n", [], rejects=("ING001",)),
    text("a short row", "question,answer\nOpen @?,At nine.\nHow\n", ONE, rejects=("CSV001",)),
    text("cells of Python", f'id,messages\n1,"{CHAT["messages"]}"\n', ONE),
    text("UTF-16", "question\tanswer\nOpen @?\tAt nine.\nFar @?\tA mile.\n", pack=written_as("utf-16")),
    text("cp1252", "question,answer\nGeöffnet @?,Schön.\n", [], ("FIL001",), written_as("cp1252")),
    Kind("Parquet", lines(PAIR, FAR), TWO, pack=framed(lambda frame, out: frame.write_parquet(out))),
    Kind("Feather", lines(PAIR, FAR), TWO, pack=framed(lambda frame, out: frame.write_ipc(out))),
    Kind("Avro", lines(PAIR, FAR), TWO, pack=framed(lambda frame, out: frame.write_avro(out))),
    # Packed, and not read.
    Kind("gzip", lines(PAIR, FAR), TWO, pack=lambda data: gzip.compress(data, mtime=0)),
    Kind("bzip2", lines(PAIR, FAR), TWO, pack=bz2.compress),
    Kind("xz", lines(PAIR, FAR), TWO, pack=lzma.compress),
    Kind("zip", lines(PAIR, FAR), TWO, pack=zipped),
    Kind("tar", lines(PAIR, FAR), TWO, pack=tarred),
    text("plain text", "Q: Open @?\nA: At nine.\n", [], rejects=("FIL001",)),
    text("HTML", "<!doctype html><p>Open @?</p>", [], rejects=("FIL001",)),
    Kind("a pickle", b"\x80\x04\x95\x0b\0\0\0\0\0\0\0]\x94.", [], ("FIL001",)),
    # What a model is not asked.
    rows("an empty prompt", {"prompt": "", "completion": " A voice @."}, said=[], rejects=("CLN001",)),
    rows("prompts alone", {"messages": [ASK]}, said=[], rejects=("CNV005",)),
    rows(
        "a task of reinforcement",
        {"messages": [{"role": "system", "content": "Be kind."}, ASK], "reference": "nine"},
        method="reinforcement",
        said=["developer: Be kind. | user: Open @?"],
    ),
    rows(
        "a special token",
        {"messages": [{"role": "user", "content": "What is <|endoftext|> @?"}, SAY]},
        said=[],
        rejects=("TXT001",),
    ),
)
