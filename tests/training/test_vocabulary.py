"""The vocabulary: it loses no text, and the same texts give the same pieces."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tests.endpoint.support import examples
from tuneset.training.vocabulary import MIN_PAIR_COUNT, learn_merges, make_encoding

TEXTS = [message["content"] for example in examples()[:40] for message in example["messages"]]
MERGES = learn_merges(TEXTS, 30)
ENCODING = make_encoding(MERGES)


def test_a_pair_that_is_seen_too_rarely_is_no_piece() -> None:
    assert learn_merges(["ab"] * (MIN_PAIR_COUNT - 1), 10) == []
    assert learn_merges(["ab"] * MIN_PAIR_COUNT, 10) == [b"ab"]


def test_no_text_gives_no_piece() -> None:
    assert learn_merges([], 10) == []


def test_a_pair_never_crosses_words() -> None:
    assert learn_merges(["a, b"] * MIN_PAIR_COUNT, 10) == [b" b"]


def test_no_more_pieces_are_learned_than_asked_for_and_each_once() -> None:
    assert len(set(MERGES)) == len(MERGES) == 30


def test_the_order_of_the_texts_does_not_matter() -> None:
    assert learn_merges(TEXTS[::-1], 30) == MERGES


def test_learned_pieces_shorten_the_text_they_were_learned_from() -> None:
    text = " ".join(TEXTS)
    assert len(ENCODING.encode_ordinary(text)) < 0.8 * len(text.encode())


@given(st.text())
def test_any_text_comes_back(text: str) -> None:
    pieces = ENCODING.encode_ordinary(text)
    assert ENCODING.decode_bytes(pieces) == text.encode()
    assert all(0 <= piece < 256 + len(MERGES) for piece in pieces)


@given(st.text(alphabet=" \t\n\r\u2028\u00a0_1a\u00e9\u0301\u203f\u00b2,<|>", min_size=1))
def test_text_of_awkward_characters_comes_back(text: str) -> None:
    assert ENCODING.decode_bytes(ENCODING.encode_ordinary(text)) == text.encode()
