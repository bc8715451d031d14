"""Spans of characters become spans of tokens: each token counts once, whatever spans touch it."""

import pytest

from tests.targets.local_models.tiny_models import tiny_model
from tuneset.targets.local_models.chat_model import open_model
from tuneset.targets.local_models.model_files import ModelPlace
from tuneset.targets.local_models.rendering import Span
from tuneset.targets.masks.mask import IGNORED_LABEL, Mask
from tuneset.targets.masks.turns import Located

TEXT = "a<|im_end|>b"
"""Three tokens: characters 0, 1 to 10, and 11."""


@pytest.mark.parametrize(
    ("spans", "expected", "straddling"),
    [
        ([], [], []),
        ([(0, 0)], [], []),
        ([(0, 1)], [(0, 1)], []),
        ([(1, 11)], [(1, 2)], []),
        ([(5, 11)], [(1, 2)], [1]),
        ([(0, 3), (6, 11)], [(0, 2)], []),
        ([(0, 1), (1, 11)], [(0, 2)], []),
        ([(0, 1), (11, 12)], [(0, 1), (2, 3)], []),
        ([(0, 12)], [(0, 3)], []),
    ],
)
def test_a_token_is_trained_once_where_any_of_its_characters_is(
    spans: list[Span], expected: list[Span], straddling: list[int]
) -> None:
    tokens = open_model(ModelPlace(str(tiny_model("chatml")))).vocabulary.encode(TEXT)
    mask = Mask([], Located(TEXT, [], []), tokens, spans, ())
    assert mask.count == 3
    assert mask.trained_tokens == expected
    assert mask.trained_count == sum(last - first for first, last in expected)
    assert sum(int(label) != IGNORED_LABEL for label in mask.labels()) == mask.trained_count
    assert mask.straddling() == straddling
