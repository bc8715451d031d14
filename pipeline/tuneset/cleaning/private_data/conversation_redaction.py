"""The texts of one conversation, redacted together: the same person has the same placeholder in every turn."""

from __future__ import annotations

import dataclasses
import re
from collections import Counter
from collections.abc import Mapping, Sequence

from tuneset.cleaning.private_data.find import EVERY
from tuneset.cleaning.private_data.kinds import KINDS, Kind, Rules, Span, placeholder
from tuneset.cleaning.private_data.rewrite import rewrite

# As PLACEHOLDER, also where JSON wrote `<` as an escape: numbers that are taken.
_NUMBERED = rf"({'|'.join(kind.upper() for kind in KINDS)})_([0-9]{{1,9}})(?![0-9])"
_TAKEN = tuple(re.compile(start + _NUMBERED) for start in ("<", r"\\u003[cC]"))  # each with a literal to search for


@dataclasses.dataclass(frozen=True)
class Redacted:
    """The texts after redaction, and how many finds of each kind there were, whatever was done about them."""

    texts: list[str]
    counts: Mapping[Kind, int]


def redact_conversation(texts: Sequence[str], rules: Rules, groups: Sequence[int] | None = None) -> Redacted:
    """Redact all the texts of one conversation, in their order; JSON among them stays JSON.

    `groups` may say, text by text, which detectors have to look (`find_suspects`); 0 skips a text. Kinds whose
    policy is `redact` are replaced; those under `flag` and `drop` are only counted; `off` is neither. Running it
    again on its own result changes nothing.

    >>> redact_conversation(["I am ann@acme.org", '{"to": "Ann@acme.org", "cc": "bo@acme.org"}'], Rules()).texts
    ['I am <EMAIL_1>', '{"to": "<EMAIL_1>", "cc": "<EMAIL_2>"}']
    """
    numbers: dict[tuple[Kind, str], int] = {}
    last = Counter[str]()
    for text in texts:
        for taken in _TAKEN:
            for kind, number in taken.findall(text):
                last[kind] = max(last[kind], int(number))
    counts: Counter[Kind] = Counter()

    def replace(span: Span) -> str | None:
        if rules.policy(span.kind) != "redact":
            return None
        key = (span.kind, span.value)
        if key not in numbers:
            last[span.kind.upper()] += 1
            numbers[key] = last[span.kind.upper()]
        counts[span.kind] += 1
        return placeholder(span.kind, numbers[key])

    def count_kept(span: Span) -> None:
        if rules.policy(span.kind) in ("flag", "drop"):
            counts[span.kind] += 1

    keeps_some = any(rules.policy(kind) in ("flag", "drop") for kind in KINDS)
    result = []
    for index, text in enumerate(texts):
        of_text = EVERY if groups is None else groups[index]
        new = rewrite(text, rules.regions, replace, of_text) if of_text else text
        if of_text and keeps_some:
            rewrite(new, rules.regions, count_kept)
        result.append(new)
    return Redacted(result, counts)
