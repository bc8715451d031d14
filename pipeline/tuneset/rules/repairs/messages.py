"""Messages: names of roles, weights, keys of the transport, numbers as content, the token that ends a text."""

from __future__ import annotations

import json
import re
from typing import Any

from tuneset.roles import AGENTS, CHAT_ROLES, OTHER_NAMES, agents_answer, plain_name, role_in
from tuneset.rules.accessors import Object, all_messages, conversation
from tuneset.rules.repairs.repair import Example, Look, Repair
from tuneset.rules.samples import ANSWER, ASK, turn
from tuneset.terms import Format

_BOTH = {"messages": [ASK, ANSWER]}

# --- roles ---------------------------------------------------------------------------------------------------------


def _rename_roles(example: Example, line_format: Format) -> bool:
    changed = False
    messages = [message for _, message in all_messages(example, line_format)]
    answers = agents_answer(message.get("role") for message in messages)
    for message in messages:
        name = message.get("role")
        is_agent = answers and isinstance(name, str) and plain_name(name) in AGENTS
        role = "assistant" if is_agent else role_in(name, line_format)
        if role is not None and role != name:
            message["role"] = role
            changed = True
    return changed


_OTHER_ROLES = rf"[A-Z]|^\s|\s$|^(?:{'|'.join(sorted({*OTHER_NAMES, *AGENTS}))})$"

ROLE_NAME = Repair(
    "REP008", "role-name",
    "A role under another name gets its own: User, human, ai, model; developer and system as the format has them.",
    "Each of these names is used for one role alone, and an agent answers where users and nobody else speak beside it.",
    ("CNV001", "PRF004"),
    {"messages": [turn("developer", "Be brief."), {**ASK, "role": "Human"}, {**ANSWER, "role": "ai"}]},
    {"messages": [turn("system", "Be brief."), ASK, ANSWER]},
    _rename_roles,
    (
        Look("role", _OTHER_ROLES), Look("role", "^developer$", formats=("sft", "dpo")),
        Look("role", "^system$", formats=("rft",)),
    ),
)  # fmt: skip

# --- weights -------------------------------------------------------------------------------------------------------


def _mend_weights(example: Example, line_format: Format) -> bool:
    changed = False
    asked = {id(message) for _, message in conversation(example, line_format)}
    for _, message in all_messages(example, line_format):
        if "weight" not in message or str(message.get("role")) not in CHAT_ROLES:
            continue
        weight = message["weight"]
        if message["role"] != "assistant" or id(message) not in asked:
            del message["weight"]
            changed = True
        elif type(weight) in (float, bool) and weight in (0, 1):
            message["weight"] = int(weight)
            changed = True
    return changed


WEIGHT = Repair(
    "REP009", "weight",
    "A weight that is 1.0, 0.0, true or false becomes the integer; one that is not on a trained message is removed.",
    "The number is the same, and only the assistant's messages are trained.",
    ("CNV006", "CNV007"),
    {"messages": [{**ASK, "weight": 0}, {**ANSWER, "weight": 1.0}]},
    {"messages": [ASK, {**ANSWER, "weight": 1}]},
    _mend_weights,
    (
        Look("weight", role="^(?:system|developer|user|tool|function)$"), Look("weight", formats=("dpo",)),
        Look("extra", '"weight":'),
    ),
)  # fmt: skip

# --- keys of the transport -----------------------------------------------------------------------------------------

TRANSPORT_KEYS = frozenset(
    {
        "id", "_id", "uuid", "message_id", "messageId", "parent_id", "parentId", "childrenIds", "index", "object",
        "timestamp", "created", "created_at", "createdAt", "updated_at", "updatedAt", "date", "time",
        "model", "models", "modelName", "model_name", "provider", "system_fingerprint", "done", "status",
        "cache_control", "usage", "usage_metadata", "response_metadata", "finish_reason", "stop_reason",
        "stop_sequence", "logprobs", "annotations", "latency", "latency_ms", "cost", "token_count", "tokens",
        "n_tokens", "num_tokens", "ts", "thread_id", "run_id", "assistant_id", "conversation_id", "session_id",
        "turn_id", "turn_identifier", "user_id", "author_id", "edited_at", "editedAt", "metadata", "meta",
        "toxic", "redacted", "language", "country", "state", "hashed_ip", "header", "openai_id", "temperature",
        "agent", "message_type", "is_demo", "tool_call_ids",
    }
)  # fmt: skip
"""What APIs, chat interfaces and logs write beside what was said: who sent it when, and what it cost."""
_JUDGED = {"additional_kwargs", "parts", "type", "action", "thinking_blocks"}
"""Keys that are of the transport by what they hold."""
_CALLS_WITHIN = ("tool_calls", "function_call")
_MARKED = rf'"(?:{"|".join(sorted(TRANSPORT_KEYS | _JUDGED))})":'


def _drop_transport_keys(example: Example, line_format: Format) -> bool:
    changed = False
    for _, message in all_messages(example, line_format):
        gone = [key for key, value in message.items() if _is_transport(key, value, message)]
        for key in gone:
            del message[key]
        changed |= bool(gone)
        content = message.get("content")
        for part in content if isinstance(content, list) else ():
            if isinstance(part, dict) and "cache_control" in part:
                del part["cache_control"]
                changed = True
        calls = message.get("tool_calls")
        for call in calls if isinstance(calls, list) else ():
            if isinstance(call, dict) and isinstance(call.get("index"), int):  # its place in a stream
                del call["index"]
                changed = True
    return changed


def _is_transport(key: str, value: Any, message: Object) -> bool:  # noqa: ANN401  any JSON value
    """Whether a key says nothing of what was said.

    LangChain's `additional_kwargs` may hold calls, and `parts` may say more than `content`: then they stay. The
    `action` of a message of SWE-agent is the command that its content or its call holds already.
    """
    if key == "action":
        return "message_type" in message and "agent" in message
    if key == "thinking_blocks":
        return not value
    if key == "additional_kwargs":
        return not isinstance(value, dict) or not any(value.get(name) for name in _CALLS_WITHIN)
    if key == "type":
        return bool(value == "message")
    if key == "parts":
        texts = [part.get("text") for part in value if isinstance(part, dict)] if isinstance(value, list) else []
        return bool(texts) and texts == [message.get("content")] and len(value) == 1
    return key in TRANSPORT_KEYS


TRANSPORT_KEY = Repair(
    "REP010", "transport-key",
    "Keys that an API, a chat interface or a log keeps beside a message are removed: id, timestamp, model and others.",
    "They are no part of what was said, and no format has them.",
    ("SHP002",),
    {"messages": [{**ASK, "id": "m-1", "timestamp": 1}, {**ANSWER, "model": "m", "finish_reason": "stop"}]},
    _BOTH,
    _drop_transport_keys,
    (Look("extra", _MARKED), Look("parts", '"cache_control":'), Look("tool_calls", '"index":')),
)  # fmt: skip

# --- contents ------------------------------------------------------------------------------------------------------


def _numbers_as_text(example: Example, line_format: Format) -> bool:
    changed = False
    for _, message in all_messages(example, line_format):
        if type(message.get("content")) in (int, float):
            message["content"] = json.dumps(message["content"])
            changed = True
    return changed


NUMBER_AS_CONTENT = Repair(
    "REP011", "number-as-content",
    "A content that is a number becomes its text.",
    "A message is text; the digits are the same.",
    ("SHP004",),
    {"messages": [ASK, {**ANSWER, "content": 42}]},
    {"messages": [ASK, {**ANSWER, "content": "42"}]},
    _numbers_as_text,
    (Look("extra", r'"content":\s*-?[0-9]'),),
)  # fmt: skip

END_TOKENS = (
    "<|endoftext|>", "<|im_end|>", "<|eot_id|>", "<|end_of_text|>", "<|eom_id|>", "<end_of_turn>", "<|end|>",
)  # fmt: skip
"""Texts with which templates and base models end a turn, of GPT, ChatML, Llama, Gemma and Phi."""
_AT_THE_END = re.compile(rf"(?:[ \t\r\n]*(?:{'|'.join(map(re.escape, END_TOKENS))}))+[ \t\r\n]*\Z")

_TOKEN = re.compile("|".join(map(re.escape, END_TOKENS)))
_SUBJECT = re.compile(
    r"special tokens?|special_tokens|end[- ]of[- ](?:text|turn|sequence|sentence|message)"
    r"|(?:stop|end|eos|eot|bos) ?(?:token|sequence|marker)"
    r"|\beos\b|\beot\b|chatml|chat[_ -]templates?|tokeni[sz]er|endoftext|im_end|eot_id",
    re.IGNORECASE,
)
"""Words of those who speak about the tokens of templates."""
# What stands before a token that a sentence names: a quote, a bracket, a colon, a word that something must follow.
_INTRODUCED = re.compile(
    r"(?:[\"'`\u2018\u201c\u00ab\u300c(\[=:,+|\u662f\u306f]|\S[ \t]+(?:is|are|was|be|an|the|as|by|with|to|of|for|and|or"
    r"|like|than|called|named|writes?|prints?|emits?|outputs?|returns?|adds?|appends?|inserts?|uses?|sees?|tags?"
    r"|markers?|symbols?|ist|das|der|die|mit|als|und|oder|est|le|la|avec|et|ou|es|el|con))[ \t]*\Z"
    r"|(?:token|\u30c8\u30fc\u30af\u30f3|\u6807\u8bb0|\u4ee4\u724c|\ud1a0\ud070)[^.!?\u3002\uff01\uff1f\n]{0,40}\Z",
    re.IGNORECASE,
)


def _spoken_of(texts: list[str]) -> bool:
    """Whether a conversation speaks about such tokens, or has one where no template writes it.

    >>> _spoken_of(["Hi<|im_end|>", "Hello."]), _spoken_of(["What is <|im_end|>?"]), _spoken_of(["a chat template"])
    (False, True, True)
    """
    bare = [_AT_THE_END.sub("", text) for text in texts]
    return any(_TOKEN.search(text) or _SUBJECT.search(text) for text in bare)


def _without_end_token(example: Example, line_format: Format) -> bool:
    messages = [message for _, message in all_messages(example, line_format)]
    ends = []
    for message in messages:
        content = message.get("content")
        if message.get("role") == "assistant" and isinstance(content, str):
            kept = _AT_THE_END.sub("", content)
            if kept != content and kept and not _INTRODUCED.search(kept):
                ends.append((message, kept))
    if not ends or _spoken_of([text for message in messages if isinstance(text := message.get("content"), str)]):
        return False
    for message, kept in ends:
        message["content"] = kept
    return True


END_TOKEN = Repair(
    "REP012", "end-token",
    "A special token that ends a turn is removed from the end of the assistant's text where nobody speaks of it.",
    "The template that the model is trained with writes its own; one that is named, quoted or asked about is text.",
    ("TXT001",),
    {"messages": [ASK, {**ANSWER, "content": f"{ANSWER['content']}<|endoftext|>"}]},
    _BOTH,
    _without_end_token,
    (Look("content", ends=">", role="^assistant$"),),
)  # fmt: skip


def _without_nul(example: Example, line_format: Format) -> bool:
    del line_format
    return _strip_nul(example)


def _strip_nul(value: Any) -> bool:  # noqa: ANN401  any JSON value
    changed = False
    items = list(value.items()) if isinstance(value, dict) else list(enumerate(value))
    for key, inner in items:
        if isinstance(inner, str) and "\0" in inner:
            value[key] = inner.replace("\0", "")
            changed = True
        elif isinstance(inner, dict | list):
            changed |= _strip_nul(inner)
    return changed


NUL_CHARACTER = Repair(
    "REP013", "nul-in-text",
    "The character U+0000 is removed from texts.",
    "It is no text; programs written in C end a text there. `prepare` drops rows in which cleaning left it.",
    ("JSN006",),
    {"messages": [ASK, {**ANSWER, "content": "Par\0is."}]},
    _BOTH,
    _without_nul,
)  # fmt: skip
