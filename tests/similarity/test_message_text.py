"""What stands beside a text is no word of it: the same leaves two texts as alike as they are, another parts them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.amounts import drawn
from tests.builders import chat, tables_of
from tuneset.params import NearParams
from tuneset.similarity.message_text import beside, spoken
from tuneset.similarity.set_store import least_jaccard, write_sets
from tuneset.similarity.shingles import shingle_sets
from tuneset.stages.near_texts import near_pieces, near_sides

IMAGE = {"type": "image_url", "image_url": {"url": "https://example.com/a.png", "detail": "low"}}
OTHER = {"type": "image_url", "image_url": {"url": "https://example.com/b.png"}}
SOUND = {"type": "input_audio", "input_audio": {"data": "UklGRg==", "format": "wav"}}
FILE = {"type": "file", "file": {"file_id": "file-1"}}
WORDS = st.lists(st.sampled_from(["what", "is", "it", "here", "blue", "two"]), min_size=1, max_size=8).map(" ".join)
BESIDE = st.lists(st.sampled_from([IMAGE, OTHER, SOUND, FILE]), max_size=2)
TOOLS = st.lists(st.sampled_from(["light", "door"]), unique=True, max_size=2)


def with_more(question: str, parts: list[dict[str, Any]], tools: list[str]) -> dict[str, Any]:
    content = [{"type": "text", "text": question}, *parts] if parts else question
    example: dict[str, Any] = {
        "messages": [{"role": "user", "content": content}, {"role": "assistant", "content": "A cat."}]
    }
    given = [{"type": "function", "function": {"name": name, "description": "long " * 9}} for name in tools]
    return {**example, "tools": given} if tools else example


def similarity(folder: Path, *examples: dict[str, Any]) -> float:
    """How alike two examples are, as dedup has it."""
    near = NearParams()
    sides = [
        [shingle_sets(texts, n)]
        for texts, n in zip(near_pieces(tables_of(examples), "messages"), near_sides("sft", near), strict=True)
    ]
    stores = write_sets([folder / str(side) for side in range(2)], [[one for (one,) in sides]])
    return float(least_jaccard(stores, np.array([0]), np.array([1]), 0.0)[0])


@settings(max_examples=drawn(30))
@given(WORDS, WORDS, BESIDE, TOOLS)
def test_the_same_beside_two_texts_leaves_them_as_alike_as_they_are(
    tmp_path_factory: pytest.TempPathFactory, one: str, other: str, parts: list[dict[str, Any]], tools: list[str]
) -> None:
    folder = tmp_path_factory.mktemp("sets")
    plain = similarity(folder, chat(one, "A cat."), chat(other, "A cat."))
    assert similarity(folder, with_more(one, parts, tools), with_more(other, parts, tools)) == plain


@settings(max_examples=drawn(30))
@given(WORDS, BESIDE, BESIDE, TOOLS, TOOLS)
def test_something_else_beside_them_makes_any_two_texts_different(
    tmp_path_factory: pytest.TempPathFactory,
    text: str,
    one: list[dict[str, Any]],
    other: list[dict[str, Any]],
    tools: list[str],
    more: list[str],
) -> None:
    folder = tmp_path_factory.mktemp("sets")
    found = similarity(folder, with_more(text, one, tools), with_more(text, other, more))
    assert found == (1.0 if one == other and sorted(tools) == sorted(more) else 0.0)


def test_how_an_image_is_looked_at_and_where_it_stands_make_it_no_other() -> None:
    detailed = {"image_url": {"detail": "high", "url": "https://example.com/a.png"}, "type": "image_url"}
    cached = {**IMAGE, "cache_control": {"type": "ephemeral"}}
    text = {"type": "text", "text": "What is it?"}
    assert {beside([content]) for content in ([IMAGE, text], [text, IMAGE], [detailed], [cached])} == {
        beside([[IMAGE]])
    }
    assert len({beside([content]) for content in ([IMAGE], [OTHER], [IMAGE, OTHER], [SOUND], [FILE], [text])}) == 6


def test_what_is_no_part_at_all_is_compared_by_identity_too() -> None:
    for odd in ([1], [None], {"a": 1}, [["x"]], 7, True):
        assert spoken(odd) == ""
        assert beside([odd])
    assert spoken(["a", {"type": "refusal", "refusal": "no"}]) == "a\nno"
