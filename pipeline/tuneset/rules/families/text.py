"""The text of messages: special tokens, emptiness, words that stand for missing values, placeholders, mojibake.

Each rule is one declaration, with its function above it; the passes derive from it (`text_rule.py`).
"""

from __future__ import annotations

import datetime as dt
import re

from tuneset.profile import Profile
from tuneset.rules.accessors import Object
from tuneset.rules.rule import Sample
from tuneset.rules.samples import ASK, GOOD_CHAT, chat, turn
from tuneset.rules.text_rule import JSON_SPACE, Suspect, TextLook, TextRule

_SEEN = dt.date(2026, 11, 20)
_AT = "$.messages[1].content"


def _says(text: str) -> bytes:
    return chat(ASK, turn("assistant", text))


# --- emptiness -----------------------------------------------------------------------------------------------------


def _needs_no_words(message: Object) -> bool:
    """Tool results may be empty, and an assistant message that calls a tool needs no words."""
    return bool(
        message.get("role") in ("tool", "function") or message.get("tool_calls") or message.get("function_call")
    )


def _emptiness(text: str) -> str | None:
    if text and not text.isspace():
        return None
    return "the text is white space alone" if text else "the text is empty"


_EMPTY_CONTENT = TextRule(
    "TXT002", "empty-content", "error", "A message's content is empty or white space.",
    "The model learns to say nothing, or to answer nothing.",
    "oumi turn statistics; together-python utils/files.py", _SEEN,
    Sample(_says("  "), path=_AT), GOOD_CHAT,
    look=TextLook(_emptiness, Suspect(blank=True)),
    hint="write the text, or drop the message", spares=_needs_no_words,
)  # fmt: skip

# --- special tokens ------------------------------------------------------------------------------------------------


def _special_tokens(profile: Profile) -> TextLook | None:
    """A look for the tokens that the profile names; each begins with one of few pairs of characters."""
    if not profile.special_tokens:
        return None
    pattern = _one_of(profile.special_tokens)

    def find(text: str) -> str | None:
        found = pattern.search(text)
        return f"the text holds the special token {found.group()}" if found else None

    starts = tuple(sorted({token[:2] for token in profile.special_tokens}))
    return TextLook(find, Suspect(literals=starts, json_pattern=pattern.pattern))


def _one_of(literals: list[str]) -> re.Pattern[str]:
    """A pattern for any of the literals, the longest first.

    >>> _one_of(["<|end|>", "[INST]"]).findall("[INST] <|end|>")
    ['[INST]', '<|end|>']
    """
    return re.compile("|".join(re.escape(literal) for literal in sorted(literals, key=len, reverse=True)))


_SPECIAL_TOKEN = TextRule(
    "TXT001", "special-token", "error", "The text holds a special token of the model's vocabulary.",
    "'Example 6174 message contains an invalid token: <|fim_suffix|>': the job fails.",
    "llmcomp#59 (OpenAI error text)", dt.date(2026, 2, 12),
    Sample(_says("Paris.<|endoftext|>"), path=_AT), GOOD_CHAT,
    look=_special_tokens, hint="remove it, or break it up with a space", in_arguments=True,
)  # fmt: skip

# --- missing values ------------------------------------------------------------------------------------------------

MISSING_VALUES = frozenset(
    {
        "nan", "none", "null", "undefined", "n/a", "#n/a", "nil", "<na>", "nat", "[object object]", "#ref!", "#value!",
        "#name?", "#div/0!", "#num!", "#null!", "[deleted]", "[removed]",
    }
)  # fmt: skip
"""What exports, spreadsheets and forums write for a missing value, in small letters."""
_LONGEST_MISSING_VALUE = max(map(len, MISSING_VALUES)) + 4
"""Characters, with some white space around it."""


def is_missing_value(text: str) -> bool:
    """Whether a whole text is the name of a missing value.

    >>> is_missing_value(" NaN "), is_missing_value("None of them")
    (True, False)
    """
    return len(text) <= _LONGEST_MISSING_VALUE and text.strip().lower() in MISSING_VALUES


def _missing_value(text: str) -> str | None:
    return f"the whole text is {text.strip()}, the name of a missing value" if is_missing_value(text) else None


def _any_case(literal: str) -> str:
    """A pattern for a literal in capitals, small letters or both.

    >>> _any_case("n/a")
    '[Nn]/[Aa]'
    """
    return "".join(f"[{c.upper()}{c}]" if c.isalpha() else re.escape(c) for c in literal)


_MISSING_IN_JSON = (
    rf'"content": ?"{JSON_SPACE}*(?:{"|".join(_any_case(value) for value in sorted(MISSING_VALUES))}){JSON_SPACE}*"'
)
_SUSPICIOUS_LITERAL = TextRule(
    "TXT003", "suspicious-literal", "warning", "A message is the name of a missing value, such as nan or None.",
    "An export wrote its missing values as words.",
    "oumi dataset tests (serialised NaN, None, undefined)", _SEEN,
    Sample(_says("None"), path=_AT), Sample(_says("None of them.")),
    look=TextLook(_missing_value, Suspect(longest=_LONGEST_MISSING_VALUE, json_pattern=_MISSING_IN_JSON)),
    hint="write the value that is missing, or drop such examples: validate.severity: {TXT003: error}",
)  # fmt: skip

# --- placeholders --------------------------------------------------------------------------------------------------

# A placeholder in prose: {name} or {{ name }}. What stands in a line of code, or beside a $, is none.
# It begins with a literal, which `re` looks for fast; what must not stand before it is looked at afterwards.
_PLACEHOLDER = re.compile(r"\{(?<![{$\w]\{)\{? ?[A-Za-z_][A-Za-z0-9_.]{1,40} ?\}{1,2}(?![}\w])")
_CODE_MARKS = r"""=();<>"'`\\$|"""
"""What a line of code holds and prose with placeholders does not, as the inside of a character class."""
_CODE_MARK = re.compile(f"[{_CODE_MARKS}]")
# In a line of JSON `\n` ends a line of the text. A mark of code before the placeholder is left to the exact look.
_PLACEHOLDER_IN_JSON = rf"\{{ ?[A-Za-z_][A-Za-z0-9_.]{{1,40}} ?\}}(?:[^{_CODE_MARKS}]|\\[tbfr])*(?:\"|\\n)"


def has_placeholder(text: str) -> bool:
    """Whether prose holds a placeholder that nobody filled in; lines that look like code are passed over.

    >>> has_placeholder("Dear {name},"), has_placeholder('print(f"Dear {name}")'), has_placeholder("${HOME}")
    (True, False, False)
    """
    if "{" not in text or "```" in text:
        return False
    for found in _PLACEHOLDER.finditer(text):
        start, end = text.rfind("\n", 0, found.start()) + 1, text.find("\n", found.end())
        line = text[start : end if end >= 0 else len(text)]
        if not _CODE_MARK.search(line):
            return True
    return False


def _placeholder(text: str) -> str | None:
    return "the text holds a placeholder in braces" if has_placeholder(text) else None


_UNFILLED_PLACEHOLDER = TextRule(
    "TXT004", "unfilled-placeholder", "warning", "The text holds a template's placeholder that was not filled in.",
    "The model learns to write the placeholder.",
    "data-juicer and promptfoo template syntax", _SEEN,
    Sample(_says("Dear {customer_name}, it is Paris."), path=_AT), Sample(_says("Call f({name}) to get it.")),
    look=TextLook(_placeholder, Suspect(literals=("{",), json_pattern=_PLACEHOLDER_IN_JSON)), hint="fill it in",
)  # fmt: skip

# --- lost characters -----------------------------------------------------------------------------------------------

# Characters that wrongly decoded UTF-8 is full of; text without any of them is not looked at more closely.
_MOJIBAKE_CHARACTERS = "\u00c2\u00c3\u00c5\u00d0\u00d1\u00e2\u0102\u00cb\u00ce\u00cf\u00f0\u0413\u0420\ufffd"
_MOJIBAKE_HINT = re.compile(f"[{_MOJIBAKE_CHARACTERS}]")


def is_mojibake(text: str) -> bool:
    """Whether a text was decoded with the wrong encoding, as far as ftfy can tell.

    >>> is_mojibake("OrlÃ©ans"), is_mojibake("Orléans")
    (True, False)
    """
    if not _MOJIBAKE_HINT.search(text):
        return False
    import ftfy.badness  # noqa: PLC0415  0.1 s that most runs do without

    return bool(ftfy.badness.is_bad(text))


def _mojibake(text: str) -> str | None:
    return "the text was decoded with the wrong encoding" if is_mojibake(text) else None


def _replacement(text: str) -> str | None:
    return "the text holds U+FFFD" if "\ufffd" in text else None


_REPLACEMENT_CHARACTER = TextRule(
    "TXT006", "replacement-character", "warning", "The text holds U+FFFD, the mark of a character that was lost.",
    "What stood there cannot be recovered, and the model learns to write it.",
    "Unicode standard, 3.9 (U+FFFD substitution)", _SEEN,
    Sample(_says("Orl\ufffdans"), path=_AT), GOOD_CHAT,
    look=TextLook(_replacement, Suspect(characters="\ufffd")),
    hint="write the character that was lost, or drop the example",
)  # fmt: skip
_MOJIBAKE = TextRule(
    "TXT005", "mojibake", "warning", "The text was decoded with the wrong encoding.",
    "The model learns sequences such as Ã© in place of é.",
    "ftfy documentation, badness", _SEEN,
    Sample(_says("OrlÃ©ans, and itâ€™s old."), path=_AT), Sample(_says("Orléans, and it's old.")),
    look=TextLook(_mojibake, Suspect(characters=_MOJIBAKE_CHARACTERS)),
    hint="repair it: `tuneset prepare` does, or decode the source with its real encoding",
)  # fmt: skip

RULES = (
    _EMPTY_CONTENT,
    _SPECIAL_TOKEN,
    _SUSPICIOUS_LITERAL,
    _UNFILLED_PLACEHOLDER,
    _REPLACEMENT_CHARACTER,
    _MOJIBAKE,
)
"""In the order in which their findings on one text are told."""
