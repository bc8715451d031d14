"""The texts of one conversation, redacted together: the same person has the same placeholder in every turn.

A value that is found in one place is taken out of every other, whatever stands beside it there (`everywhere`).
"""

from __future__ import annotations

import dataclasses
import functools
from collections import Counter
from collections.abc import Mapping, Sequence

from tuneset.cleaning.private_data.detectors import kinds, numbered
from tuneset.cleaning.private_data.everywhere import known_values, spellings
from tuneset.cleaning.private_data.kinds import EVERY, Kind, Rules, Span, placeholder
from tuneset.cleaning.private_data.rewrite import rewrite, rewrite_once

# A placeholder's number is taken, also where JSON wrote `<` as an escape; each begins with a literal to search for.
_TAKEN_STARTS = {"<": "<", "u003": r"\\u003[cC]"}
_NO_DIGIT = "(?![0-9])"


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

    >>> redact_conversation(["My password is Tr0ub4dor&3", "ssh says Tr0ub4dor&3 is wrong"], Rules()).texts
    ['My password is <PASSWORD_1>', 'ssh says <PASSWORD_1> is wrong']
    >>> redact_conversation(["I am ann@acme.org", '{"to": "Ann@acme.org", "cc": "bo@acme.org"}'], Rules()).texts
    ['I am <EMAIL_1>', '{"to": "<EMAIL_1>", "cc": "<EMAIL_2>"}']
    """
    numbers: dict[tuple[Kind, str], int] = {}
    last = Counter[str]()
    known = kinds()
    for text in texts:
        for sign, start in _TAKEN_STARTS.items():
            for kind, number in numbered(start, known, _NO_DIGIT).findall(text) if sign in text else ():
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

    keeps_some = not {"flag", "drop"}.isdisjoint(rules.policies.values())
    result = list(texts)
    looks = [EVERY] * len(texts) if groups is None else list(groups)
    while any(looks):
        for index, of_text in enumerate(looks):
            if of_text:
                result[index] = rewrite(result[index], rules.regions, replace, of_text, rules.optional)
        if not numbers:
            break
        known_here = functools.partial(known_values, known=spellings(numbers))
        spread = [rewrite_once(text, known_here, replace) for text in result]
        # What is taken out changes what stands beside the rest, so that the detectors look there again.
        looks = [EVERY * (new != old) for new, old in zip(spread, result, strict=True)]
        result = spread
    if keeps_some:
        for index, text in enumerate(result):
            if groups is None or groups[index]:
                rewrite(text, rules.regions, count_kept, optional=rules.optional)
    return Redacted(result, counts)
