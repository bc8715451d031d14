"""The shape of an example: what its JSON Schema says, in a person's words.

The schema decides; this file only renders its errors. A compiled validator tells beforehand whether there are any. Some
of what a schema says is told under codes of other families, which the schema names.
"""

from __future__ import annotations

import datetime as dt
import difflib
import functools
from collections.abc import Callable, Iterator
from typing import Any

from tuneset.line_schemas import PLAIN_KEYS, REASONING_KEYS, LineKeys, line_schema
from tuneset.profile import Profile, load_profile, profile_names
from tuneset.rules.accessors import WRONG_OUTPUT_KEYS, Object
from tuneset.rules.engine.line_format import certain_format
from tuneset.rules.engine.line_forms import line_form
from tuneset.rules.issue import Issue, issue, kind, show
from tuneset.rules.rule import Rule, Sample
from tuneset.rules.samples import ANSWER, ASK, GOOD_CHAT, chat, turn
from tuneset.rules.schema_errors import schema_errors
from tuneset.terms import Format

_SPEC = "OpenAI API specification, FineTuneChatRequestInput"
_SPEC_DAY = dt.date(2025, 5, 20)
_SEEN = dt.date(2026, 11, 20)

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
        Sample(chat(turn("user", 7), ANSWER), path="$.messages[0].content"), GOOD_CHAT,
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
        Sample(chat(turn("user", [{"type": "input_audio"}]), ANSWER), path="$.messages[0].content[0].type"),
        Sample(chat(turn("user", [{"type": "text", "text": "What is the capital of France?"}]), ANSWER)),
    ),
    Rule(
        "SHP008", "mixed-formats", "error", "The line has another format than the rest of the file.",
        "A file is one format; the server judges it by its first examples and refuses the rest.",
        "Together AI documentation, data preparation", _SEEN,
        Sample(
            chat(ASK, ANSWER) + b"\n" + chat(turn("user", "Peru?"), turn("assistant", "Lima."))
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
)  # fmt: skip

# Keys that may be absent: Arrow fills them with null, and removing them changes nothing.
OPTIONAL_KEYS = frozenset(
    {
        "name", "weight", "refusal", "tool_calls", "function_call", "tools", "functions", "parallel_tool_calls",
        "description", "parameters", "strict", "detail",
    }
)  # fmt: skip

_NAMES: dict[Format, str] = {
    "sft": "supervised (sft)",
    "dpo": "preference (dpo)",
    "rft": "reinforcement (rft)",
    "kto": "unpaired preference (kto)",
}


def shape_issues(example: Object, line_format: Format, keys: LineKeys = PLAIN_KEYS) -> Iterator[Issue]:
    """Yield every violation of the format's schema, in which a line may have further keys.

    A line of another format gets one issue that says so, instead of an issue for each of its keys.
    """
    other = certain_format(example)
    if other is None and not _known_keys(example):
        hint = "convert it first: `tuneset prepare` reads prompt/completion, instruction, ShareGPT and other shapes"
        taken = _taken_as_it_is(example)
        hint += f"; --profile {taken} takes it as it is" if taken else ""
        yield issue("SHP001", (), f"keys are {_listed(example)}; {_needs(line_format)}", hint)
        return
    nearly = other == "sft" and (line_format == "rft" or (line_format == "kto" and "label" in example))
    if other is not None and other != line_format and not nearly:
        found = f"the line is {_NAMES[other]}, not {_NAMES[line_format]}"
        yield issue("PRF005", (), found, f"check it with --format {other}, or choose the method that fits")
        return
    for error in schema_errors(_validator(line_format, keys), example):
        yield from _render(error)


@functools.cache
def _validator(line_format: Format, keys: LineKeys) -> Any:  # noqa: ANN401  jsonschema ships no types
    import jsonschema  # noqa: PLC0415  0.1 s that files without a wrong shape do without

    return jsonschema.Draft202012Validator(line_schema(line_format, keys))


def _who(takes: Callable[[Profile], bool]) -> str:
    """The profiles of which something holds, as a hint names them."""
    return " or ".join(name for name in profile_names() if takes(load_profile(name)))


def _taken_as_it_is(example: Object) -> str:
    """The profiles that take a line of prompt and completion, or of a text; empty for any other line."""
    form = line_form(example)
    return _who(lambda profile: form in profile.lines.forms) if form is not None else ""


def _known_keys(example: Object) -> bool:
    keys = {"messages", "input", *WRONG_OUTPUT_KEYS, *WRONG_OUTPUT_KEYS.values()}
    return not keys.isdisjoint(example)


def _needs(line_format: Format) -> str:
    keys = ", ".join(line_schema(line_format)["required"])
    return f"a {_NAMES[line_format]} line has {keys}"


def _listed(example: Object) -> str:
    """The keys of an object as a finding lists them.

    >>> _listed({"question": 1, "answer": 2}), _listed({})
    ('question, answer', 'absent')
    """
    names = [key if len(key) <= 30 and key.isprintable() else "…" for key in list(example)[:8]]
    return ", ".join([*names, "…"] if len(example) > 8 else names) or "absent"


def _render(error: Any) -> Iterator[Issue]:  # noqa: ANN401  jsonschema ships no types
    path, schema, found = tuple(error.absolute_path), error.schema, error.instance
    keyword = error.validator
    if keyword == "additionalProperties":
        known = list(schema["properties"])
        for key in found:
            if key not in known:
                yield _unknown_key((*path, key), found, known, _code(schema, keyword))
    elif keyword == "required":
        for key in schema["required"]:
            if key not in found and not _renamed(key, found):
                code = _code(schema, keyword) or "SHP003"
                hint = schema.get("x-hint") or f"add {key}"
                yield issue(code, (*path, key), f"{key} is missing; there are {_listed(found)}", hint)
    elif found is None and path and path[-1] in OPTIONAL_KEYS:
        yield issue("SHP006", path, f"{path[-1]} is null; allowed: {_allowed(schema, keyword)}", f"remove {path[-1]}")
    elif keyword == "type":
        code = _code(schema, keyword) or "SHP004"
        said = f"{path[-1] if path else 'the line'} is {kind(found)}; allowed: {_allowed(schema, keyword)}"
        yield issue(code, path, said, schema.get("x-hint") or "write a value of the type that is allowed")
    else:
        code = _code(schema, keyword) or "SHP009"
        if code == "SHP007" and found == "image_url":
            hint = "move the image to a user message"
            yield issue("VIS007", path, "an image in a message that is not the user's", hint)
            return
        said = f"{path[-1]} is {_short(found)}; allowed: {_allowed(schema, keyword)}"
        yield issue(code, path, said, schema.get("x-hint") or "write one of the values that are allowed")


def _renamed(key: str, found: Object) -> bool:
    """Whether a missing output stands there under the published schema's wrong name."""
    return any(right == key and wrong in found for wrong, right in WRONG_OUTPUT_KEYS.items())


def _unknown_key(path: tuple[str | int, ...], holder: Object, known: list[str], code: str | None) -> Issue:
    key = path[-1]
    assert isinstance(key, str)
    if len(path) == 1 and key in WRONG_OUTPUT_KEYS:
        right = WRONG_OUTPUT_KEYS[key]
        return issue("PRF001", path, f"{key} is the wrong name; allowed: {right}", f"rename it to {right}")
    shown = _listed({key: None})
    if holder[key] is None:
        return issue("SHP006", path, f"{shown} is null, and not a key of this object", f"remove {shown}")
    if key == "weight" and "role" in holder:
        said = f"weight stands on a message of role {show(holder['role'])}; allowed: assistant alone"
        return issue("CNV007", path, said, "remove the weight")
    near = difflib.get_close_matches(key, known, n=1, cutoff=0.6)
    hint = f"did you mean {near[0]}?" if near else f"remove {shown}"
    if key in REASONING_KEYS:
        hint = f"remove it, or keep it where it is taken: --profile {_who(lambda profile: profile.reasoning)}"
    if key == "weight" and len(path) == 1:
        hint = f"remove it, or keep it where it is taken: --profile {_who(lambda one: one.lines.sample_weight)}"
    return issue(code or "SHP002", path, f"unknown key {shown}; allowed: {', '.join(known)}", hint)


def _code(schema: Object, keyword: str) -> str | None:
    """The rule that a schema assigns to a violation of one of its keywords.

    >>> _code({"x-code": {"minItems": "SHP005"}}, "type"), _code({"x-code": "CNV006"}, "enum")
    (None, 'CNV006')
    """
    code = schema.get("x-code")
    found = code.get(keyword) if isinstance(code, dict) else code
    return str(found) if found else None


def _allowed(schema: Object, keyword: str) -> str:
    """What a schema's keyword allows, in words.

    >>> _allowed({"type": ["string", "null"]}, "type"), _allowed({"minItems": 1}, "minItems")
    ('string or null', 'at least 1 entry')
    """
    if "x-allowed" in schema:
        return str(schema["x-allowed"])
    if keyword == "const":
        return show(schema["const"])
    if keyword == "enum":
        return " or ".join(show(value) for value in schema["enum"])
    if keyword in ("minItems", "minLength"):
        return "at least 1 entry" if keyword == "minItems" else "at least 1 character"
    types = schema.get("type", "another value")
    return " or ".join(types) if isinstance(types, list) else str(types)


def _short(found: Any) -> str:  # noqa: ANN401  any JSON value
    """An unexpected value as a finding shows it.

    >>> _short([]), _short("")
    ('an empty array', 'an empty string')
    """
    if found in ([], ""):
        return "an empty array" if isinstance(found, list) else "an empty string"
    return show(found)
