"""Texts that fold to the same have one hint, however they are written."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tuneset.cleaning.question_folding import fold_question
from tuneset.execution.gate import texts as module_of_texts
from tuneset.execution.gate.examples import texts_of
from tuneset.execution.gate.exchanges import answers
from tuneset.execution.gate.hints import CUT, EDGE, hints, hints_of
from tuneset.execution.gate.texts import unit_batches
from tuneset.stages.gate import asked_text, prompt_digests

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


@given(TEXTS, TEXTS)
def test_a_hint_of_two_texts_is_that_of_both_folded(one: str, other: str) -> None:
    folded = [fold_question(text).decode() for text in (one, other)]
    assert hints([f"{one}\n{other}"]).tolist() == hints(["\n".join(folded)]).tolist()


PLAIN = st.lists(st.sampled_from(["word", "IT'S", "3", "- ", "Well, ", "\n"]), max_size=24).map(" ".join)
MESSAGE = st.builds(
    lambda role, text: {"role": role, "content": text},
    st.sampled_from(["user", "assistant", "assistant"]),
    st.one_of(PLAIN, PLAIN, TEXTS),
)
EXAMPLE = st.builds(
    lambda system, messages, more: {"messages": [*system, *messages], **more},
    st.sampled_from([[], [{"role": "system", "content": "Be kind."}]]),
    st.lists(MESSAGE, min_size=1, max_size=4),
    st.sampled_from([{}, {}, {"tools": []}]),
)


def punctuated(text: str) -> str:
    """The same text for who folds it."""
    return f" {text.upper() if text.isascii() else text}?!"


@given(st.lists(EXAMPLE, min_size=1, max_size=5), st.integers(1, 3))
def test_what_sides_say_has_the_hints_of_its_texts(examples: list[dict[str, Any]], at_once: int) -> None:
    texts = texts_of(examples)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(module_of_texts, "BATCH_EXAMPLES", at_once)
        found = hints_of(texts, list(unit_batches(texts.sides, texts.beside)))
    expected = [(place, hints([reply])[0]) for place, one in enumerate(examples) for reply in answers(one)]
    assert sorted(zip(found.owners.tolist(), found.answers.tolist(), strict=True)) == sorted(expected)
    assert found.asked.tolist() == hints([asked_text(one) for one in examples]).tolist()


@given(EXAMPLE)
def test_examples_of_one_digest_have_one_hint(example: dict[str, Any]) -> None:
    again = example | {"messages": [one | {"content": punctuated(one["content"])} for one in example["messages"]]}
    texts = texts_of([example, again, example | {"tools": []}])
    asked = hints_of(texts, list(unit_batches(texts.sides, texts.beside))).asked.tolist()
    digests = prompt_digests([example, again, example | {"tools": []}])
    assert all(one == asked[0] for one, digest in zip(asked, digests, strict=True) if digest == digests[0])
