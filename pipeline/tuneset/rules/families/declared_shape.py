"""Rules on the shape of a line, and on the messages of a conversation."""

from __future__ import annotations

import datetime as dt

from tuneset.rules.rule import ANSWER, ASK, GOOD_CHAT, Rule, Sample, chat, message

_SPEC = "OpenAI API specification, FineTuneChatRequestInput"
_SPEC_DAY = dt.date(2025, 5, 20)
_SEEN = dt.date(2026, 11, 20)
_SYSTEM = message("system", "You are a geographer.")

RULES = (
    Rule(
        "SHP001", "unknown-shape", "error", "The line is none of the formats that can be trained on.",
        "'Unexpected file format, expected either prompt/completion pairs or chat messages.'",
        "OpenAI error text (invalid_training_file)", _SEEN,
        Sample(b'{"question":"What is the capital of France?","answer":"Paris."}', path="$"), GOOD_CHAT,
    ),
    Rule(
        "SHP002", "unknown-key", "error", "An object has a key that the format does not know.",
        "The server refuses it by name: 'Example 1 contains an extra \"weight\"'.",
        "OpenAI error text (invalid_file_format)", _SEEN,
        Sample(chat(ASK, ANSWER, source="atlas"), path="$.source"), GOOD_CHAT,
    ),
    Rule(
        "SHP003", "missing-key", "error", "A key that the format needs is missing.",
        "'Example 1 is missing key 'messages'.'",
        "OpenAI error text (invalid_training_file)", _SEEN,
        Sample(chat({"role": "user"}, ANSWER), path="$.messages[0].content"), GOOD_CHAT,
    ),
    Rule(
        "SHP004", "wrong-type", "error", "A value has another type than the format asks for.",
        "The server refuses the line.",
        _SPEC, _SPEC_DAY,
        Sample(chat(message("user", 7), ANSWER), path="$.messages[0].content"), GOOD_CHAT,
    ),
    Rule(
        "SHP005", "empty-messages", "error", "The list of messages is empty.",
        "There is nothing to learn from; the published schema asks for at least one message.",
        _SPEC, _SPEC_DAY,
        Sample(chat(), path="$.messages"), GOOD_CHAT,
    ),
    Rule(
        "SHP006", "null-value", "error", "A key is present with the value null where the format allows no null.",
        "Arrow and pandas fill absent keys with null; the server takes a key as given.",
        "axolotl pull request 3136, trl pull request 5307", _SEEN,
        Sample(chat({**ASK, "name": None}, ANSWER), path="$.messages[0].name"), GOOD_CHAT, fixable=True,
    ),
    Rule(
        "SHP007", "unsupported-content-part", "error", "A content part has a type that cannot stand in this message.",
        "Users may send text and images, everybody else text; audio and files cannot be trained on.",
        _SPEC, _SPEC_DAY,
        Sample(chat(message("user", [{"type": "input_audio"}]), ANSWER), path="$.messages[0].content[0].type"),
        Sample(chat(message("user", [{"type": "text", "text": "What is the capital of France?"}]), ANSWER)),
    ),
    Rule(
        "SHP008", "mixed-formats", "error", "The line has another format than the rest of the file.",
        "A file is one format; the server judges it by its first examples and refuses the rest.",
        "Together AI documentation, data preparation", _SEEN,
        Sample(
            chat(ASK, ANSWER) + b"\n" + chat(message("user", "Peru?"), message("assistant", "Lima."))
            + b"\n" + chat(ASK, reference_answer="Paris"),
            line=3, path="$",
        ),
        GOOD_CHAT,
    ),
    Rule(
        "SHP009", "unexpected-value", "error", "A value is none of those that are allowed.",
        "The server refuses the line.",
        _SPEC, _SPEC_DAY,
        Sample(chat(ASK, {"role": "assistant", "tool_calls": []}), path="$.messages[1].tool_calls"),
        GOOD_CHAT,
    ),
    Rule(
        "CNV001", "unknown-role", "error", "A message has a role that the format does not know.",
        "'Discriminator 'role' is missing in value'; reinforcement takes developer and not system, chat the reverse.",
        _SPEC, _SPEC_DAY,
        Sample(chat(message("human", "Hi"), ASK, ANSWER), path="$.messages[0].role"), GOOD_CHAT,
    ),
    Rule(
        "CNV002", "last-message-not-assistant", "error", "The last message is not the assistant's.",
        "What follows the last answer is never learnt from, and several providers refuse it.",
        "Azure and Nebius dataset documentation; clone-factory#3", _SEEN,
        Sample(chat(ASK, ANSWER, message("user", "Thanks!")), path="$.messages[2].role"), GOOD_CHAT,
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
        Sample(chat(ASK, ANSWER, message("assistant", "In France.")), path="$.messages[2].role"), GOOD_CHAT,
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
        Sample(chat(ASK, message("user", "Please."), ANSWER), path="$.messages[1].role", profile="together",
               model="meta-llama/Meta-Llama-3.1-8B-Instruct-Reference"),
        GOOD_CHAT, optional=True,
    ),
)  # fmt: skip
