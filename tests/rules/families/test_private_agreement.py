"""`check`, `prepare` and `upload` share one list of what is private: no sample is an error for one that another leaves.

The samples are those that were written from documents and not from the patterns
(`tests/labelled_texts/independent.py`), but for national phone numbers, which `check` leaves to `prepare`.
"""

import random
from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from tests.labelled_texts import independent
from tests.rules.support import context
from tuneset.cleaning.private_data.conversation_redaction import redact_conversation
from tuneset.cleaning.private_data.kinds import Rules
from tuneset.rules.engine.check_context import CHECK_FAMILIES
from tuneset.rules.engine.private_scan import private_findings
from tuneset.rules.families.private_data import private_issues
from tuneset.rules.samples import ASK, chat, turn

ALL_ON = {"EGR005": "warning", "EGR006": "warning", "EGR007": "error"}
EVERYTHING = context(families=CHECK_FAMILIES, severity=ALL_ON)
DICE = random.Random("agreement")
TEXTS = [
    *DICE.sample([text for text, _ in independent.bare_keys(DICE)], 150),
    *DICE.sample([text for text, _ in independent.named_keys(DICE)], 150),
    *DICE.sample([text for text, _ in independent.said_passwords(DICE)], 150),
    *DICE.sample(list(independent.clean_texts(DICE)), 50),
]


def said(texts: Sequence[str]) -> list[bool]:
    """Whether `check` finds something in the answer of each chat."""
    lines = [chat(ASK, turn("assistant", text)) for text in texts]
    found = {one.line for one in private_findings(lines, EVERYTHING)}
    common = [list(private_issues({"messages": [ASK, turn("assistant", text)]}, EVERYTHING)) for text in texts]
    return [number in found or bool(issues) for number, issues in enumerate(common, start=1)]


def agree(texts: Sequence[str]) -> None:
    left = [redact_conversation([text], Rules()).texts[0] for text in texts]
    assert [text for text, found in zip(left, said(left), strict=True) if found] == []
    told = said(texts)
    assert [text for text, after, found in zip(texts, left, told, strict=True) if (after != text) != found] == []


def test_what_check_finds_prepare_removes_and_what_prepare_leaves_check_does_not_find() -> None:
    agree(TEXTS)


@given(st.lists(st.sampled_from(TEXTS[:450]), min_size=2, max_size=3), st.sampled_from([" ", "\n", ", ", "\n\n"]))
def test_they_agree_on_texts_that_hold_several(texts: list[str], between: str) -> None:
    agree([between.join(texts)])
