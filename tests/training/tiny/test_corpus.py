"""What is learned of an example, and that no example sees another."""

from __future__ import annotations

from typing import Any

from tests.endpoint.support import chat
from tuneset.training.chat_pieces import MARKERS, MAX_EXAMPLE_PIECES, vocabulary_size
from tuneset.training.tiny.corpus import Corpus, build_corpus
from tuneset.training.tiny.language_model import WINDOW
from tuneset.training.vocabulary import make_encoding

ENCODING = make_encoding([])  # bytes alone, so that every piece can be read
FIRST_MARKER = vocabulary_size(ENCODING) - len(MARKERS)


def corpus(*examples: dict[str, Any]) -> Corpus:
    return build_corpus(examples, ENCODING)


def text(pieces: Any) -> str:  # noqa: ANN401  any sequence of ids
    """Pieces as text, markers in brackets."""
    return "".join(chr(piece) if piece < FIRST_MARKER else f"[{MARKERS[piece - FIRST_MARKER]}]" for piece in pieces)


def learned(*examples: dict[str, Any]) -> list[str]:
    built = corpus(*examples)
    return [text(built.pieces[built.positions(index)]) for index in range(len(built))]


def test_nothing_but_the_assistants_words_is_learned() -> None:
    messages = [
        {"role": "system", "content": "S"},
        {"role": "user", "content": "U", "name": "N"},
        {"role": "assistant", "content": "ignored", "weight": 0},
        {"role": "tool", "content": "T", "tool_call_id": "1"},
        {"role": "function", "content": "F", "name": "f"},
        {"role": "assistant", "content": "A", "weight": 1},
    ]
    assert learned({"messages": messages}) == ["A[end]"]


def test_refusals_parts_and_calls_are_learned() -> None:
    call = {"id": "1", "type": "function", "function": {"name": "f", "arguments": '{"a":1}'}}
    message = {
        "role": "assistant",
        "content": [{"type": "text", "text": "A"}, {"type": "refusal", "refusal": "R"}],
        "refusal": "no",
        "tool_calls": [call],
    }
    assert learned({"messages": [message]}) == ['A[end]R[end]no[end]f[end]{"a":1}[end]']
    legacy = {"role": "assistant", "content": None, "function_call": {"name": "g", "arguments": "{}"}}
    assert learned({"messages": [legacy]}) == ["g[end]{}[end]"]


def test_an_empty_answer_is_learned_as_an_end() -> None:
    assert learned(chat("U", "")) == ["[end]"]


def test_an_example_is_cut_at_its_end() -> None:
    built = corpus(chat("U", "a" * (2 * MAX_EXAMPLE_PIECES)), chat("U", "b"))
    assert built.starts[1] == WINDOW + MAX_EXAMPLE_PIECES
    assert len(built.positions(0)) == MAX_EXAMPLE_PIECES - len(["user", "U", "end", "assistant"])
    assert text(built.pieces[built.positions(1)]) == "b[end]"


def test_an_example_whose_answer_is_beyond_the_cut_teaches_nothing() -> None:
    assert learned(chat("U" * MAX_EXAMPLE_PIECES, "a")) == [""]


def test_text_of_special_tokens_is_plain_text() -> None:
    assert learned(chat("U", "<|endoftext|>")) == ["<|endoftext|>[end]"]
