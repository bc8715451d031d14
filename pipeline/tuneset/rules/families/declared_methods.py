"""Rules on preference pairs and on reinforcement lines with their graders."""

from __future__ import annotations

import dataclasses
import datetime as dt

import orjson

from tuneset.rules.rule import ANSWER, ASK, GOOD_PAIR, GOOD_PROMPT, RFT_MODEL, Rule, Sample, chat, message, pair

_DPO_GUIDE = "OpenAI direct preference optimization guide"
_RFT_GUIDE = "OpenAI reinforcement fine-tuning guide and grader reference"
_SEEN = dt.date(2026, 11, 20)
_LYON = message("assistant", "Lyon.")
_GRADER = {"type": "string_check", "name": "capital", "operation": "eq", "input": "{{sample.output_text}}"}


def _grader(**more: object) -> bytes:
    return orjson.dumps({**_GRADER, **more})


_GOOD_GRADED = dataclasses.replace(GOOD_PROMPT, grader=_grader(reference="{{item.reference_answer}}"))
_SEES = [{"type": "image_url", "image_url": {"url": "https://example.com/map.png"}}]

RULES = (
    Rule(
        "PRF001", "wrong-output-key", "error", "The outputs are called preferred_completion, not preferred_output.",
        "The published schema and clients generated from it have the wrong name; the server takes _output.",
        _DPO_GUIDE, _SEEN,
        Sample(
            orjson.dumps({"input": {"messages": [ASK]}, "preferred_completion": [ANSWER],
                          "non_preferred_output": [_LYON]}),
            path="$.preferred_completion",
        ),
        GOOD_PAIR, fixable=True,
    ),
    Rule(
        "PRF002", "output-count", "error", "An output is not exactly one assistant message.",
        "Only the last turn is compared; earlier turns belong to input.messages.",
        _DPO_GUIDE, _SEEN,
        Sample(pair([ANSWER, ANSWER], [_LYON]), path="$.preferred_output"), GOOD_PAIR,
    ),
    Rule(
        "PRF003", "identical-outputs", "error", "The preferred output is the same as the one that is not preferred.",
        "A pair without a difference teaches nothing.",
        _DPO_GUIDE, _SEEN,
        Sample(pair([ANSWER], [ANSWER]), path="$.non_preferred_output"), GOOD_PAIR,
    ),
    Rule(
        "PRF004", "output-not-assistant", "error", "An output is not the assistant's message.",
        "What is compared is what the model says.",
        _DPO_GUIDE, _SEEN,
        Sample(pair([message("user", "Paris.")], [_LYON]), path="$.preferred_output[0].role"), GOOD_PAIR,
    ),
    Rule(
        "PRF005", "method-mismatch", "error", "The lines have another format than the method that was asked for.",
        "'Input file is in the fine-tune-chat format, but the specified fine-tuning job is not using supervised.'",
        "OpenAI error text (invalid_training_file)", _SEEN,
        Sample(chat(ASK, ANSWER), path="$", format="dpo"), Sample(GOOD_PAIR.data, format="dpo"),
    ),
    Rule(
        "PRF006", "image-in-preference", "error", "A preference line shows an image.",
        "Preference optimization is for text only.",
        _DPO_GUIDE, _SEEN,
        Sample(
            orjson.dumps({"input": {"messages": [message("user", _SEES)]}, "preferred_output": [ANSWER],
                          "non_preferred_output": [_LYON]}),
            path="$.input.messages[0].content[0]", model="gpt-4.1-2025-04-14",
        ),
        GOOD_PAIR,
    ),
    Rule(
        "PRF007", "input-ends-with-assistant", "warning", "The input ends with an assistant message.",
        "The outputs are the answer to the input; here they would be a second one.",
        _DPO_GUIDE, _SEEN,
        Sample(
            orjson.dumps({"input": {"messages": [ASK, ANSWER]}, "preferred_output": [ANSWER],
                          "non_preferred_output": [_LYON]}),
            path="$.input.messages[1].role",
        ),
        GOOD_PAIR,
    ),
    Rule(
        "RFT001", "last-message-not-user", "error", "A reinforcement prompt does not end with the user's message.",
        "The model writes the answer itself, and the grader judges it.",
        "Azure reinforcement fine-tuning documentation", _SEEN,
        Sample(chat(ASK, ANSWER, reference_answer="Paris"), path="$.messages[1].role", format="rft",
               profile="azure", model=RFT_MODEL),
        GOOD_PROMPT,
    ),
    Rule(
        "RFT002", "unreachable-column", "warning", "A column's name cannot be written in a grader's {{item.NAME}}.",
        "Templates take letters, digits and _; `item` and `sample` are the templates' own names.",
        _RFT_GUIDE, _SEEN,
        Sample(chat(ASK, **{"reference answer": "Paris"}), path="$['reference answer']", format="rft",
               profile="azure", model=RFT_MODEL),
        GOOD_PROMPT,
    ),
    Rule(
        "RFT003", "missing-grader-column", "error", "The grader refers to a column that the line does not have.",
        "The grader fails on every such line, and the job with it.",
        _RFT_GUIDE, _SEEN,
        dataclasses.replace(GOOD_PROMPT, path="$", grader=_grader(reference="{{item.capital}}")), _GOOD_GRADED,
    ),
    Rule(
        "RFT004", "invalid-grader", "error", "The grader's definition has not the form of one.",
        "The job is refused when it is created.",
        "OpenAI API specification, GraderStringCheck to GraderMulti", dt.date(2026, 8, 21),
        dataclasses.replace(GOOD_PROMPT, line=0, path="$.reference", grader=_grader()), _GOOD_GRADED,
    ),
)  # fmt: skip
