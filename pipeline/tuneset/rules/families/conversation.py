"""The conversation of a chat line: order of roles, the last message, weights."""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Iterator

from tuneset.roles import SYSTEM_ROLES
from tuneset.rules.accessors import Object, Step, conversation
from tuneset.rules.context import Context
from tuneset.rules.issue import Issue, issue, show
from tuneset.rules.rule import Rule, Sample
from tuneset.rules.samples import ANSWER, ASK, GOOD_CHAT, chat, turn

_SPEC = "OpenAI API specification, FineTuneChatRequestInput"
_SPEC_DAY = dt.date(2025, 5, 20)
_SEEN = dt.date(2026, 11, 20)
_SYSTEM = turn("system", "You are a geographer.")

RULES = (
    Rule(
        "CNV001", "unknown-role", "error", "A message has a role that the format does not know.",
        "'Discriminator 'role' is missing in value'; reinforcement takes developer and not system, chat the reverse.",
        _SPEC, _SPEC_DAY,
        Sample(chat(turn("human", "Hi"), ASK, ANSWER), path="$.messages[0].role"), GOOD_CHAT,
    ),
    Rule(
        "CNV002", "last-message-not-assistant", "error", "The last message is not the assistant's.",
        "What follows the last answer is never learnt from, and several providers refuse it.",
        "Azure and Nebius dataset documentation; clone-factory#3", _SEEN,
        Sample(chat(ASK, ANSWER, turn("user", "Thanks!")), path="$.messages[2].role"), GOOD_CHAT,
    ),
    Rule(
        "CNV003", "system-message-not-first", "warning", "A system message stands after other messages.",
        "Chat templates put it first or refuse it; the model is not called in this way later.",
        "Together AI documentation, data preparation", _SEEN,
        Sample(chat(ASK, _SYSTEM, ANSWER), path="$.messages[1].role"), Sample(chat(_SYSTEM, ASK, ANSWER)),
    ),
    Rule(
        "CNV004", "no-trained-message", "error", "Every assistant message has weight 0.",
        "The example costs tokens and teaches nothing.",
        "OpenAI fine-tuning guide (weight)", _SEEN,
        Sample(chat(ASK, {**ANSWER, "weight": 0}), path="$.messages"), Sample(chat(ASK, {**ANSWER, "weight": 1})),
    ),
    Rule(
        "CNV005", "no-assistant-message", "error", "The conversation has no assistant message.",
        "There is nothing to learn from.",
        "OpenAI cookbook, chat fine-tuning data preparation (example_missing_assistant_message)", _SEEN,
        Sample(chat(ASK), path="$.messages", format="sft"), GOOD_CHAT,
    ),
    Rule(
        "CNV006", "invalid-weight", "error", "A weight is not the integer 0 or 1.",
        "The server knows trained (1) and not trained (0), nothing between.",
        _SPEC, _SPEC_DAY,
        Sample(chat(ASK, {**ANSWER, "weight": True}), path="$.messages[1].weight"),
        Sample(chat(ASK, {**ANSWER, "weight": 1})), fixable=True,
    ),
    Rule(
        "CNV007", "weight-not-on-assistant", "error", "A message that is not the assistant's has a weight.",
        "'Example 1 contains an extra \"weight\"'; only assistant messages are trained.",
        "OpenAI error text (invalid_file_format)", _SEEN,
        Sample(chat({**ASK, "weight": 0}, ANSWER), path="$.messages[0].weight"),
        Sample(chat(ASK, {**ANSWER, "weight": 1})), fixable=True,
    ),
    Rule(
        "CNV008", "assistant-says-nothing", "error", "An assistant message has no content, call or refusal.",
        "Content is required unless the message calls a tool.",
        _SPEC, _SPEC_DAY,
        Sample(chat(ASK, {"role": "assistant"}), path="$.messages[1].content"), GOOD_CHAT,
    ),
    Rule(
        "CNV009", "consecutive-assistant-messages", "warning", "Two assistant messages follow one another.",
        "Azure has answered 'contains invalid schema (20)' to it; at inference it does not occur.",
        "microsoft-foundry/fine-tuning#23", dt.date(2026, 3, 1),
        Sample(chat(ASK, ANSWER, turn("assistant", "In France.")), path="$.messages[2].role"), GOOD_CHAT,
    ),
    Rule(
        "CNV010", "invalid-name", "error", "A participant's name has characters that are not allowed.",
        "The chat API takes names without white space and < | \\ / >.",
        "OpenAI chat API error text ('messages.name' does not match pattern)", _SEEN,
        Sample(chat({**ASK, "name": "Ann Smith"}, ANSWER), path="$.messages[0].name"),
        Sample(chat({**ASK, "name": "ann_smith"}, ANSWER)),
    ),
    Rule(
        "CNV011", "no-user-message", "warning", "The conversation has no user message.",
        "The model learns to speak unasked; in use it is always asked.",
        "mistral-finetune utils/validate_data.py", _SEEN,
        Sample(chat(_SYSTEM, ANSWER), path="$.messages"), GOOD_CHAT,
    ),
    Rule(
        "CNV012", "roles-not-alternating", "error", "User and assistant messages do not alternate.",
        "Templates of open models refuse two turns of the same side; OpenAI allows it.",
        "Together AI documentation, data preparation; unsloth#334", _SEEN,
        Sample(chat(ASK, turn("user", "Please."), ANSWER), path="$.messages[1].role", profile="together",
               model="meta-llama/Meta-Llama-3.1-8B-Instruct-Reference"),
        GOOD_CHAT, optional=True,
    ),
)  # fmt: skip


def conversation_issues(example: Object, context: Context) -> Iterator[Issue]:
    """Yield what is wrong with the order and the weights of the messages."""
    messages = conversation(example, context.format)
    if not messages:
        return
    yield from _order(messages)
    if context.on("CNV012"):
        yield from _alternation(messages)
    if context.format in ("sft", "kto"):
        yield from _training(messages)
    if not any(message.get("role") == "user" for _, message in messages):
        yield issue("CNV011", messages[0][0][:-1], "no message is the user's", "add the request that is answered")


def _order(messages: list[tuple[Step, Object]]) -> Iterator[Issue]:
    for (_, before), (path, message) in itertools.pairwise(messages):
        role = message.get("role")
        if role in SYSTEM_ROLES and before.get("role") not in SYSTEM_ROLES:
            hint = "move it to the start, or make it part of the user's message"
            yield issue("CNV003", (*path, "role"), f"a {role} message follows other messages", hint)
        if role == before.get("role") == "assistant":
            hint = "join the two, or put what was said between them back in"
            yield issue("CNV009", (*path, "role"), "an assistant message follows an assistant message", hint)


def _alternation(messages: list[tuple[Step, Object]]) -> Iterator[Issue]:
    """User and assistant must take turns; system and tool messages stand outside the turns."""
    before = ""
    for path, message in messages:
        role = message.get("role")
        if role == before and role in ("user", "assistant"):
            said = f"a second {role} message in a row; allowed: user and assistant in turns"
            yield issue("CNV012", (*path, "role"), said, "join the two messages")
        if role in ("user", "assistant", "tool"):
            before = str(role)


def _training(messages: list[tuple[Step, Object]]) -> Iterator[Issue]:
    assistants = [(path, message) for path, message in messages if message.get("role") == "assistant"]
    if not assistants:
        said = "no message is the assistant's: prompts alone are a set for reinforcement"
        hint = "add the answer, or take it as reinforcement lines (--format rft, tune.method: reinforcement)"
        yield issue("CNV005", messages[0][0][:-1], said, hint)
        return
    path, last = messages[-1]
    if last.get("role") in ("system", "user", "tool", "function"):
        said = f"the last message is of role {show(last['role'])}; allowed: assistant"
        yield issue("CNV002", (*path, "role"), said, "remove what follows the last answer, or add the answer")
    for path, message in assistants:
        if isinstance(message.get("weight"), float) and message["weight"] in (0.0, 1.0):
            said = f"weight is {show(message['weight'])}; allowed: the integer 0 (not trained) or 1 (trained)"
            yield issue("CNV006", (*path, "weight"), said, "write it as an integer")
    if all(_is_zero(message.get("weight")) for _, message in assistants):
        hint = "give one of them weight 1, or drop the example"
        yield issue("CNV004", messages[0][0][:-1], "every assistant message has weight 0", hint)


def _is_zero(weight: object) -> bool:
    return isinstance(weight, int | float) and not isinstance(weight, bool) and weight == 0
