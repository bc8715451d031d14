"""The text of messages: special tokens, emptiness, words that stand for missing values, placeholders, mojibake."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator

from tuneset.rules.accessors import Object, Step, all_messages, calls, texts
from tuneset.rules.context import Context
from tuneset.rules.issue import Issue, issue
from tuneset.rules.rule import Rule, Sample
from tuneset.rules.samples import ASK, GOOD_CHAT, chat, turn

_SEEN = dt.date(2026, 11, 20)
_AT = "$.messages[1].content"


def _says(text: str) -> bytes:
    return chat(ASK, turn("assistant", text))


MISSING_VALUES = frozenset(
    {"nan", "none", "null", "undefined", "n/a", "#n/a", "nil", "<na>", "nat", "[object object]", "#ref!", "#value!"}
)
"""What exports write for a missing value, in small letters."""
LONGEST_MISSING_VALUE = max(map(len, MISSING_VALUES)) + 4

# A placeholder in prose: {name} or {{ name }}. What stands in a line of code, or beside a $, is none.
# It begins with a literal, which `re` looks for fast; what must not stand before it is looked at afterwards.
PLACEHOLDER = re.compile(r"\{(?<![{$\w]\{)\{? ?[A-Za-z_][A-Za-z0-9_.]{1,40} ?\}{1,2}(?![}\w])")
CODE_MARKS = r"""=();<>"'`\\$|"""
"""What a line of code holds and prose with placeholders does not, as the inside of a character class."""
_CODE_MARK = re.compile(f"[{CODE_MARKS}]")
# Characters that wrongly decoded UTF-8 is full of; text without any of them is not looked at more closely.
MOJIBAKE_CHARACTERS = "\u00c2\u00c3\u00c5\u00d0\u00d1\u00e2\u0102\u00cb\u00ce\u00cf\u00f0\u0413\u0420\ufffd"
MOJIBAKE_HINT = re.compile(f"[{MOJIBAKE_CHARACTERS}]")


def text_issues(example: Object, context: Context) -> Iterator[Issue]:
    """Yield what is wrong with the texts of all messages."""
    for path, message in all_messages(example, context.format):
        yield from _emptiness(path, message)
        for place, text in texts(path, message):
            yield from _special_tokens(place, text, context)
            yield from _leftovers(place, text)
        for place, _, function in calls(path, message):
            if isinstance(function.get("arguments"), str):
                yield from _special_tokens((*place, "function", "arguments"), function["arguments"], context)


def is_missing_value(text: str) -> bool:
    """Whether a whole text is the name of a missing value.

    >>> is_missing_value(" NaN "), is_missing_value("None of them")
    (True, False)
    """
    return len(text) <= LONGEST_MISSING_VALUE and text.strip().lower() in MISSING_VALUES


def is_mojibake(text: str) -> bool:
    """Whether a text was decoded with the wrong encoding, as far as ftfy can tell.

    >>> is_mojibake("OrlÃ©ans"), is_mojibake("Orléans")
    (True, False)
    """
    import ftfy.badness  # noqa: PLC0415  0.1 s that most runs do without

    return bool(MOJIBAKE_HINT.search(text)) and ftfy.badness.is_bad(text)


def has_placeholder(text: str) -> bool:
    """Whether prose holds a placeholder that nobody filled in; lines that look like code are passed over.

    >>> has_placeholder("Dear {name},"), has_placeholder('print(f"Dear {name}")'), has_placeholder("${HOME}")
    (True, False, False)
    """
    if "{" not in text or "```" in text:
        return False
    for found in PLACEHOLDER.finditer(text):
        start, end = text.rfind("\n", 0, found.start()) + 1, text.find("\n", found.end())
        line = text[start : end if end >= 0 else len(text)]
        if not _CODE_MARK.search(line):
            return True
    return False


def _emptiness(path: Step, message: Object) -> Iterator[Issue]:
    """Tool results may be empty, and an assistant message that calls a tool needs no words."""
    if message.get("role") in ("tool", "function") or message.get("tool_calls") or message.get("function_call"):
        return
    for place, text in texts(path, message):
        if not text or text.isspace():
            found = "white space alone" if text else "empty"
            yield issue("TXT002", place, f"the text is {found}", "write the text, or drop the message")


def _special_tokens(place: Step, text: str, context: Context) -> Iterator[Issue]:
    found = context.special_tokens.search(text)
    if found:
        said = f"the text holds the special token {found.group()}"
        yield issue("TXT001", place, said, "remove it, or break it up with a space")


def _leftovers(place: Step, text: str) -> Iterator[Issue]:
    if is_missing_value(text):
        hint = "drop the example, or write the value that is missing"
        yield issue("TXT003", place, f"the whole text is {text.strip()}, the name of a missing value", hint)
    if has_placeholder(text):
        yield issue("TXT004", place, "the text holds a placeholder in braces", "fill it in")
    if text.isascii() or not MOJIBAKE_HINT.search(text):
        return
    if "\ufffd" in text:
        yield issue("TXT006", place, "the text holds U+FFFD", "write the character that was lost, or drop the example")
    if is_mojibake(text):
        hint = "repair it: `tuneset prepare` does, or decode the source with its real encoding"
        yield issue("TXT005", place, "the text was decoded with the wrong encoding", hint)


RULES = (
    Rule(
        "TXT001", "special-token", "error", "The text holds a special token of the model's vocabulary.",
        "'Example 6174 message contains an invalid token: <|fim_suffix|>': the job fails.",
        "llmcomp#59 (OpenAI error text)", dt.date(2026, 2, 12),
        Sample(_says("Paris.<|endoftext|>"), path=_AT), GOOD_CHAT,
    ),
    Rule(
        "TXT002", "empty-content", "error", "A message's content is empty or white space.",
        "The model learns to say nothing, or to answer nothing.",
        "oumi turn statistics; together-python utils/files.py", _SEEN,
        Sample(_says("  "), path=_AT), GOOD_CHAT,
    ),
    Rule(
        "TXT003", "suspicious-literal", "warning", "A message is the name of a missing value, such as nan or None.",
        "An export wrote its missing values as words.",
        "oumi dataset tests (serialised NaN, None, undefined)", _SEEN,
        Sample(_says("None"), path=_AT), Sample(_says("None of them.")),
    ),
    Rule(
        "TXT004", "unfilled-placeholder", "warning", "The text holds a template's placeholder that was not filled in.",
        "The model learns to write the placeholder.",
        "data-juicer and promptfoo template syntax", _SEEN,
        Sample(_says("Dear {customer_name}, it is Paris."), path=_AT), Sample(_says("Call f({name}) to get it.")),
    ),
    Rule(
        "TXT005", "mojibake", "warning", "The text was decoded with the wrong encoding.",
        "The model learns sequences such as Ã© in place of é.",
        "ftfy documentation, badness", _SEEN,
        Sample(_says("OrlÃ©ans, and itâ€™s old."), path=_AT), Sample(_says("Orléans, and it's old.")),
    ),
    Rule(
        "TXT006", "replacement-character", "warning", "The text holds U+FFFD, the mark of a character that was lost.",
        "What stood there cannot be recovered, and the model learns to write it.",
        "Unicode standard, 3.9 (U+FFFD substitution)", _SEEN,
        Sample(_says("Orl\ufffdans"), path=_AT), GOOD_CHAT,
    ),
)  # fmt: skip
