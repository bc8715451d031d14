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
import re
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
from tuneset.rules.families.text import CODE_MARKS, MISSING_VALUES, MOJIBAKE_CHARACTERS
from tuneset.rules.secret_forms import SECRET_PATTERN

# White space that is no control character, which JSON allows in no string. Python counts U+0085 as white space, JSON
# Schema's `\s` does not.
_SPACE = r"(?:[^\S\x00-\x1f]|\x85|\\[nrtf])"
_PLAIN = rf'[^"\\\x00-\x1f{MOJIBAKE_CHARACTERS}]'
_VISIBLE = rf'[^\s\x85"\\\x00-\x1f{MOJIBAKE_CHARACTERS}]'
# Text with something in it beside white space. Other escapes than these (`\/`, `\u0041`) are legal, but hide text from
# the expressions below.
_TEXT = rf'"{_SPACE}*(?:{_VISIBLE}|\\["\\b])(?:{_PLAIN}|\\["\\bfnrt])*"'
# A placeholder is none where a mark of code follows on its line (`has_placeholder`); in a string `\n` ends a line.
_PLACEHOLDER = rf"\{{ ?[A-Za-z_][A-Za-z0-9_.]{{1,40}} ?\}}(?:[^{CODE_MARKS}]|\\[tbfr])*(?:\"|\\n)"


@dataclasses.dataclass(frozen=True)
class PlainPass:
    """Compiled for one context by `plain_pass`.

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


def plain_pass(context: Context) -> PlainPass | None:
    """The pass for a context; None for formats whose lines it does not know."""
    if context.format != "sft":
        return None
    alternating = context.on("CNV012")
    tokens = context.special_tokens.pattern
    missing = "|".join(_any_case(value) for value in sorted(MISSING_VALUES))
    suspects = [_PLACEHOLDER, tokens, rf'"content": ?"{_SPACE}*(?:{missing}){_SPACE}*"']
    private = any(context.on(code) for code in COMMON_CODES)
    if private:
        suspects += [f"{SECRET_PATTERN}|{ESCAPED_AT}", ADDRESS_PATTERN, *PHONE_PATTERNS]
    return PlainPass(
        compact=_compiled({"pattern": _conversation(",", ":", alternating=alternating)}),
        spaced=_compiled({"pattern": _conversation(", ", ": ", alternating=alternating)}),
        suspect=_compiled({"anyOf": [{"pattern": pattern} for pattern in suspects]}),
        long_number=_compiled({"pattern": CARD_PATTERN}) if private else None,
        max_bytes=float("inf") if context.max_tokens is None else context.max_tokens,
    )


def plain_hashes(lines: Sequence[bytes], plain: PlainPass) -> list[tuple[int, int] | None]:
    """The hashes of each line that is surely clean, as `example_hashes` gives them; None for any other line."""
    together = b"\n".join(lines)
    try:
        text = together.decode() if len(together) <= plain.max_bytes else ""
    except UnicodeDecodeError:
        text = ""
    compact = plain.compact.is_valid(text)
    if not compact and not plain.spaced.is_valid(text):
        return [plain_hashes((line,), plain)[0] for line in lines] if len(lines) > 1 else [None]
    suspects = _suspects(text, plain)
    return [
        None if suspect else text_hashes(line if compact else orjson.dumps(orjson.loads(line)))
        for line, suspect in zip(lines, suspects, strict=False)
    ]


def _suspects(text: str, plain: PlainPass) -> Iterable[bool]:
    """Whether each line of a text holds what a rule might mind."""
    suspect = plain.suspect.is_valid(text)
    long_number = plain.long_number is not None and plain.long_number.is_valid(text)
    if not suspect and not long_number:
        return itertools.repeat(False)
    return [
        (suspect and plain.suspect.is_valid(line)) or (long_number and may_hold_card(line)) for line in text.split("\n")
    ]


def _conversation(comma: str, colon: str, *, alternating: bool) -> str:
    """The form of plain lines: system messages, perhaps a greeting of the assistant's, then questions and answers."""
    system, user, assistant = (
        rf'\{{"role"{colon}"{role}"{comma}"content"{colon}{_TEXT}\}}' for role in ("system", "user", "assistant")
    )
    questions = rf"{user}{comma}" if alternating else rf"(?:{user}{comma})+"
    more = rf"(?:{comma}{questions}{assistant})*"
    greeting = rf"(?:{assistant}{comma})?"
    line = rf'\{{"messages"{colon}\[(?:{system}{comma})*{greeting}{questions}{assistant}{more}\]\}}'
    return rf"^{line}(?:\n{line})*$"


def _any_case(literal: str) -> str:
    """A pattern for a literal in capitals, small letters or both.

    >>> _any_case("n/a")
    '[Nn]/[Aa]'
    """
    return "".join(f"[{c.upper()}{c}]" if c.isalpha() else re.escape(c) for c in literal)


def _compiled(schema: dict[str, object]) -> ShapeValidator:
    options = jsonschema_rs.RegexOptions()  # linear time; the default engine may backtrack
    validator: ShapeValidator = jsonschema_rs.Draft202012Validator(schema, pattern_options=options)
    return validator
