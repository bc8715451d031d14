"""What a rule on single texts is: one declaration, from which every pass is derived.

The exact pass asks `TextLook.find` of each text. The fast passes ask first what `Suspect` says: of one example
(`passes/example.py`), of columns of many (`passes/table.py`), of a line that nobody has parsed (`passes/raw_line.py`).
A suspect is then judged by `find` like any other text, so that a `Suspect` may be wide, but must hold of each text that
`find` minds; tests hold every rule to that.
"""

from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Callable, Iterable
from typing import Any

from tuneset.profile import Profile
from tuneset.rules.rule import Rule

JSON_SPACE = r"(?:[^\S\x00-\x1f]|\x85|\\[nrtf])"
"""White space within a JSON string, as a pattern for the raw-line pass. Control characters are escaped there. Python
counts U+0085 as white space, JSON Schema's `\\s` does not."""

Find = Callable[[str], str | None]
"""What is wrong with a text, in words; None where nothing is."""


@dataclasses.dataclass(frozen=True)
class Suspect:
    r"""What holds of each text that a rule minds, and is cheap to look for: all that is given must hold.

    Where nothing is given, every text is looked at exactly. That is right, and slow.

    Args:
        blank: the text is empty, or white space alone.
        longest: it has at most so many characters.
        literals: one of these is in it.
        characters: one of these is in it; none of them is ASCII.
        json_pattern: matches the text within a line of JSON, quotes included; for the raw-line pass, in place of what
            it derives from the others. Escapes are none but those of a quote, a backslash and `\\b\\f\\n\\r\\t`. It is
            compiled to an automaton: no look-around, no back-references.
    """

    blank: bool = False
    longest: int | None = None
    literals: tuple[str, ...] = ()
    characters: str = ""
    json_pattern: str = ""

    def __post_init__(self) -> None:
        assert all(ord(character) > 127 for character in self.characters), "give ASCII characters as literals"
        assert "" not in self.literals

    def in_json(self) -> str | None:
        r"""A pattern that matches the JSON of each such text; None where the form of plain lines excludes them all.

        >>> Suspect(literals=("a|b", "\n")).in_json(), Suspect(longest=3).in_json(), Suspect(blank=True).in_json()
        ('a\\|b|\\\\n', '"content": ?"(?:[^"\\\\]|\\\\.){0,3}"', None)
        """
        if self.json_pattern:
            return self.json_pattern
        if self.blank or self.characters:
            return None
        if self.literals:
            return "|".join(re.escape(json.dumps(literal, ensure_ascii=False)[1:-1]) for literal in self.literals)
        most = "*" if self.longest is None else f"{{0,{self.longest}}}"
        return rf'"content": ?"(?:[^"\\]|\\.){most}"'


@dataclasses.dataclass(frozen=True)
class TextLook:
    """How a rule looks at a text."""

    find: Find
    suspect: Suspect


@dataclasses.dataclass(frozen=True, kw_only=True)
class TextRule(Rule):
    """A rule that judges each text of a message by itself.

    Args:
        look: how; or what gives it for a profile, None where that profile knows nothing to look for.
        hint: what to do.
        in_arguments: whether the arguments of tool calls are looked at as well.
        spares: the messages that are not looked at. The findings of rules that spare some come before the others of a
            message.
    """

    look: TextLook | Callable[[Profile], TextLook | None]
    hint: str
    in_arguments: bool = False
    spares: Callable[[dict[str, Any]], bool] | None = None


class TextRules:
    """The text rules that hold in one check, bound to its profile, and sorted by what makes a text a suspect.

    Args:
        rules: those that hold, in the order of their findings.
        profile: the provider.
    """

    def __init__(self, rules: Iterable[TextRule], profile: Profile) -> None:
        bound = [(rule, rule.look if isinstance(rule.look, TextLook) else rule.look(profile)) for rule in rules]
        self.looks: list[tuple[TextRule, TextLook]] = [(rule, look) for rule, look in bound if look is not None]
        # One of a suspect's conditions is enough to know it by: the one that is looked for fastest.
        groups: dict[str, list[TextLook]] = {"longest": [], "blank": [], "literals": [], "characters": [], "": []}
        for _, look in self.looks:
            groups[_condition(look.suspect)].append(look)
        self._short = [look.find for look in groups["longest"]]
        self._longest = max((look.suspect.longest or 0 for look in groups["longest"]), default=-1)
        self._blank = [look.find for look in groups["blank"]]
        self._literals = [
            (literal[0], literal, look.find) for look in groups["literals"] for literal in look.suspect.literals
        ]
        self._characters = re.compile(f"[{self.characters()}]") if groups["characters"] else None
        self._others = [look.find for look in groups[""]]
        self._foreign_and_others = [look.find for look in groups["characters"]] + self._others

    def characters(self) -> str:
        """All characters that make a text a suspect, as the inside of a character class."""
        return "".join(re.escape(character) for _, look in self.looks for character in look.suspect.characters)

    def mind(self, contents: list[Any]) -> bool:
        """Whether a rule minds one of the contents of an example, or one is no text, by the cheapest means.

        This is the example pass.
        """
        longest = self._longest
        for text in contents:
            if type(text) is not str:
                return True
            if len(text) <= longest and _found(self._short, text):
                return True
            if (not text or text.isspace()) and _found(self._blank, text):
                return True
        # What is left is looked for in all texts at once; a line end keeps them apart.
        joined = "\n".join(contents)
        for first, literal, find in self._literals:
            # A single character is searched for several times as fast as two.
            if first in joined and literal in joined:
                for text in contents:
                    if literal in text and find(text) is not None:
                        return True
        others = self._others
        if self._characters is not None and not joined.isascii() and self._characters.search(joined):
            others = self._foreign_and_others
        return bool(others) and any(_found(others, text) for text in contents)


def _condition(suspect: Suspect) -> str:
    """The condition of a suspect that is looked for fastest; empty where it has none.

    >>> _condition(Suspect(longest=0, literals=("a",))), _condition(Suspect())
    ('longest', '')
    """
    if suspect.longest is not None:
        return "longest"
    if suspect.blank:
        return "blank"
    return "literals" if suspect.literals else "characters" if suspect.characters else ""


def _found(finds: list[Find], text: str) -> bool:
    return any(find(text) is not None for find in finds)
