"""Texts that fold to the same have one hint, however they are written."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tuneset.cleaning.question_folding import fold_question
from tuneset.execution.gate.hints import CUT, EDGE, hints

WORDS = st.sampled_from(["word", "WORD", "it's", "its", "caf\u00e9", "cafe", "\u65e5\u672c", "\uff21\uff22", "3", "-"])
GAPS = st.sampled_from([" ", ", ", " - ", "?! ", "." * CUT, "\n"])
TEXTS = st.lists(st.tuples(WORDS, GAPS), max_size=30).map(lambda parts: "".join(word + gap for word, gap in parts))


def test_texts_that_differ_at_an_end_have_different_hints() -> None:
    middle = "x" * 3 * CUT
    assert len(set(hints([middle, f"{middle}.b", f"b, {middle}", "b" * EDGE, "b", ""]).tolist())) == 6


@given(st.lists(TEXTS, max_size=6))
def test_a_hint_is_that_of_the_folded_text(texts: list[str]) -> None:
    folded = [fold_question(text).decode() for text in texts]
    assert hints(texts).tolist() == hints(folded).tolist()
    assert hints(texts).tolist() == [int(hints([text])[0]) for text in texts]
