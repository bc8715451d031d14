"""What the model sees at a position: the prompt however far it is, and nothing that is later or of another."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tests.endpoint.support import chat
from tests.training.tiny.test_corpus import ENCODING, corpus, text
from tuneset.training.chat_pieces import encode_prompt, markers
from tuneset.training.tiny import contexts
from tuneset.training.tiny.contexts import BLOCK, PROMPT, batches, next_context
from tuneset.training.tiny.corpus import Corpus
from tuneset.training.tiny.language_model import WINDOW

EXAMPLES = (chat("first", "x"), chat("U", "yz"), chat("U" * 300, "a" * 400), chat("abcab", "abd"))


def contexts_of(built: Corpus, example: int) -> list[tuple[str, str, str, str]]:
    """For each learned position its window, what followed, its memory, and the piece itself."""
    found = []
    for batch in batches(built, built.positions(example)):
        memory = batch.memory
        for number, seen in enumerate(batch.seen):
            reached = memory.pieces[memory.row[number], : memory.reach[number]]
            found.append((text(seen[:WINDOW]), text(seen[WINDOW:]), text(reached), text(batch.targets[[number]])))
    return found


def test_a_position_sees_what_was_before_and_nothing_of_another_example() -> None:
    padding = "[padding]" * (WINDOW - 4)
    assert contexts_of(corpus(*EXAMPLES), 1)[:2] == [
        (padding + "[user]U[end][assistant]", "[padding]" * 2, "[user]U[end][assistant]", "y"),
        (padding[len("[padding]") :] + "[user]U[end][assistant]y", "[padding]" * 2, "[user]U[end][assistant]y", "z"),
    ]


def test_what_followed_the_last_pieces_before_is_seen() -> None:
    found = [followed for _, followed, _, _ in contexts_of(corpus(*EXAMPLES), 3)]
    assert found == ["[padding][padding]", "b[padding]", "[end][end]", "[padding][padding]"]


def test_the_end_of_the_prompt_is_seen_from_every_place_of_a_long_answer() -> None:
    found = contexts_of(corpus(*EXAMPLES), 2)
    prompt = ("U" * 300 + "[end][assistant]")[-(PROMPT - 2 + len("[end][assistant]")) :]
    assert all(memory.startswith(prompt) for _, _, memory, _ in found)
    lengths = [len(memory) - len(prompt) for _, _, memory, _ in found]
    assert lengths == [n if n < BLOCK else BLOCK + n % BLOCK for n in range(401)]


@pytest.mark.parametrize(("positions", "rows"), [(1, 1), (7, 64), (4096, 2), (4096, 64)])
def test_how_positions_are_cut_into_batches_changes_nothing(
    monkeypatch: pytest.MonkeyPatch, positions: int, rows: int
) -> None:
    built = corpus(*EXAMPLES)
    whole = [contexts_of(built, example) for example in range(4)]
    monkeypatch.setattr(contexts, "MAX_POSITIONS", positions)
    monkeypatch.setattr(contexts, "MAX_ROWS", rows)
    assert [contexts_of(built, example) for example in range(4)] == whole
    every = np.concatenate([built.positions(example) for example in range(4)])
    assert sum(len(batch.targets) for batch in batches(built, every)) == len(every)


@pytest.mark.parametrize("example", EXAMPLES)
def test_an_answer_that_is_being_made_sees_what_one_in_training_sees(example: dict[str, Any]) -> None:
    built = corpus(example)
    prompt = encode_prompt(example["messages"][:-1], ENCODING)
    answer = built.pieces[built.positions(0)].tolist()
    for place, (window, followed, memory, _) in enumerate(contexts_of(built, 0)):
        seen, now = next_context(prompt, answer[:place], markers(ENCODING)["padding"])
        assert (text(seen[0, :WINDOW]), text(seen[0, WINDOW:]), text(now.pieces[0])) == (window, followed, memory)
