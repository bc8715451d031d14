"""The fastest pass: lines that are surely clean supervised conversations, recognised without parsing them.

Most lines of most files are plain: messages of system, user and assistant with text alone, written as JSON without
needless white space or escapes. One regular expression knows that form, and with it that the line is JSON, keeps the
schema, repeats no key, and that the roles are in order; others know what a rule might mind in the text. A line that is
not recognised is judged the usual way, so that this pass may be narrow, but must never be wrong (a property test
holds it to that). jsonschema-rs runs the expressions: it compiles them to automata, which Python's `re` does not.

Several lines are looked at in one call, since each call costs as much as the search of half a line.
"""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Iterable, Sequence

import jsonschema_rs
import orjson

from tuneset.rules.context import Context, ShapeValidator
from tuneset.rules.engine.example_hashes import text_hashes
from tuneset.rules.families.private_data import (
    ADDRESS_PATTERN,
    CARD_PATTERN,
    COMMON_CODES,
    ESCAPED_AT,
    PHONE_PATTERNS,
    may_hold_card,
)
from tuneset.rules.secret_forms import SECRET_PATTERN
from tuneset.rules.text_rule import JSON_SPACE


@dataclasses.dataclass(frozen=True)
class RawLinePass:
    """Compiled for one context by `raw_line_pass`.

    Args:
        compact: knows plain lines as orjson writes them, without spaces; of several, all must be plain.
        spaced: knows plain lines as Python's json writes them, with a space after each colon and comma.
        suspect: knows text that a rule might mind.
        long_number: knows what a card number may be; None where they are not minded. Long numbers are common, so that
            lines that it knows are looked at exactly.
        max_bytes: a longer line may have too many tokens.
    """

    compact: ShapeValidator
    spaced: ShapeValidator
    suspect: ShapeValidator
    long_number: ShapeValidator | None
    max_bytes: float


def raw_line_pass(context: Context) -> RawLinePass | None:
    """The pass for a context; None for formats whose lines it does not know."""
    if context.format != "sft":
        return None
    suspects = [pattern for _, look in context.text.looks if (pattern := look.suspect.in_json()) is not None]
    private = any(context.on(code) for code in COMMON_CODES)
    if private:
        suspects += [f"{SECRET_PATTERN}|{ESCAPED_AT}", ADDRESS_PATTERN, *PHONE_PATTERNS]
    return RawLinePass(
        compact=_compiled({"pattern": _conversation(",", ":", context)}),
        spaced=_compiled({"pattern": _conversation(", ", ": ", context)}),
        suspect=_compiled({"anyOf": [{"pattern": pattern} for pattern in suspects]} if suspects else {"not": {}}),
        long_number=_compiled({"pattern": CARD_PATTERN}) if private else None,
        max_bytes=float("inf") if context.max_tokens is None else context.max_tokens,
    )


def raw_line_hashes(lines: Sequence[bytes], plain: RawLinePass) -> list[tuple[int, int] | None]:
    """The hashes of each line that is surely clean, as `example_hashes` gives them; None for any other line."""
    together = b"\n".join(lines)
    try:
        text = together.decode() if len(together) <= plain.max_bytes else ""
    except UnicodeDecodeError:
        text = ""
    compact = plain.compact.is_valid(text)
    if not compact and not plain.spaced.is_valid(text):
        return [raw_line_hashes((line,), plain)[0] for line in lines] if len(lines) > 1 else [None]
    suspects = _suspects(text, plain)
    return [
        None if suspect else text_hashes(line if compact else orjson.dumps(orjson.loads(line)))
        for line, suspect in zip(lines, suspects, strict=False)
    ]


def _suspects(text: str, plain: RawLinePass) -> Iterable[bool]:
    """Whether each line of a text holds what a rule might mind."""
    suspect = plain.suspect.is_valid(text)
    long_number = plain.long_number is not None and plain.long_number.is_valid(text)
    if not suspect and not long_number:
        return itertools.repeat(False)
    return [
        (suspect and plain.suspect.is_valid(line)) or (long_number and may_hold_card(line)) for line in text.split("\n")
    ]


def _conversation(comma: str, colon: str, context: Context) -> str:
    """The form of plain lines: system messages, perhaps a greeting of the assistant's, then questions and answers."""
    text = _text(context.text.characters())
    system, user, assistant = (
        rf'\{{"role"{colon}"{role}"{comma}"content"{colon}{text}\}}' for role in ("system", "user", "assistant")
    )
    questions = rf"{user}{comma}" if context.on("CNV012") else rf"(?:{user}{comma})+"
    more = rf"(?:{comma}{questions}{assistant})*"
    greeting = rf"(?:{assistant}{comma})?"
    line = rf'\{{"messages"{colon}\[(?:{system}{comma})*{greeting}{questions}{assistant}{more}\]\}}'
    return rf"^{line}(?:\n{line})*$"


def _text(excluded: str) -> str:
    r"""The form of a text in JSON with something in it beside white space, and none of the excluded characters.

    Other escapes than these (`\/`, `\u0041`) are legal, but hide text from the expressions for suspects.
    """
    plain = rf'[^"\\\x00-\x1f{excluded}]'
    visible = rf'[^\s\x85"\\\x00-\x1f{excluded}]'
    return rf'"{JSON_SPACE}*(?:{visible}|\\["\\b])(?:{plain}|\\["\\bfnrt])*"'


def _compiled(schema: dict[str, object]) -> ShapeValidator:
    options = jsonschema_rs.RegexOptions()  # linear time; the default engine may backtrack
    validator: ShapeValidator = jsonschema_rs.Draft202012Validator(schema, pattern_options=options)
    return validator
