"""Every form of a key has a key that is found, and one that is a character too short."""

import polars as pl
import pytest

from tests.labelled_texts.key_forms import SHAPE_OF, shortest_key
from tuneset.cleaning.private_data.find import find_private
from tuneset.cleaning.private_data.key_forms import FORMS
from tuneset.cleaning.private_data.keys import api_keys
from tuneset.cleaning.private_data.strength import is_random
from tuneset.cleaning.private_data.suspects import find_suspects

LITERALS = [literal for _, literal, _ in FORMS]


def test_every_form_has_a_key_here() -> None:
    assert sorted(LITERALS) == sorted(SHAPE_OF)


@pytest.mark.parametrize("literal", SHAPE_OF)
def test_a_key_that_is_too_short_by_a_character_is_none(literal: str) -> None:
    assert list(api_keys(f"use {shortest_key(literal)[:-1]} here")) == []


@pytest.mark.parametrize("literal", SHAPE_OF)
def test_a_key_of_every_form_is_found_whole_and_is_a_suspect(literal: str) -> None:
    key = shortest_key(literal)
    text = f"use {key} here"
    groups = int(find_suspects(pl.Series([text]))[0])
    assert [(span.kind, text[span.start : span.end]) for span in find_private(text, groups=groups)] == [
        ("api_key", key)
    ]


@pytest.mark.parametrize("literal", SHAPE_OF)
def test_a_key_whose_body_is_one_character_is_none(literal: str) -> None:
    shape = SHAPE_OF[literal]
    body = shape.alphabet[-1] * shape.length
    assert list(api_keys(f"use {literal}{shape.between}{body} here")) == []


BODY = "q7Zx0LmP2vB9sKd4TjW8nR5cY1hF6gEaU"


@pytest.mark.parametrize(
    "key",
    [
        f"12345678:AA{BODY}",
        "3f786850e387550fdab836ed7e6dc881-us1",
        f"q7Z0Q~{BODY}",
        f"q7Zx0LmP2vB9sK.atlasv1.{BODY}{BODY}",
        "3f786850e387550fdab836ed7e6dc881-ab29bbf7-f527736d",
        f"q7Zx0L_{BODY[:29]}_mmk",
        "A3-Q7ZX0L-MP2VB9SKD4T-JW8NR-5CY1H-2QK7Z",
        "juix0ebnn1mshqc14847zn54jenkp15288iijsn5f0l55bdr5gu",
        "1/3532738808752637:3f786850e387550fdab836ed7e6dc881",
        f"NzA5NzgzODc0NTg2Mzc5MDY0.hvyD9R.{BODY}",
    ],
)
def test_a_key_without_a_prefix_is_found_by_its_shape(key: str) -> None:
    assert [key[span.start : span.end] for span in api_keys(key)] == [key]
    assert list(api_keys(key[1:])) == []


def test_letters_alone_are_random_from_thirty_on() -> None:
    letters = "qZxLmPvBsKdTjWnRcYhFgEaUqZxLmP"
    assert not is_random(letters[:29])
    assert is_random(letters)
    assert not is_random(letters.lower())
