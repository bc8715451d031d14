"""What trainers that begin with nothing learn of a chat: the messages that `tuneset mask` marks, and no others."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.targets.local_models.tiny_models import CHATML, write_model
from tuneset.targets.local_models.chat_model import ChatModel, open_model
from tuneset.targets.local_models.model_files import ModelPlace
from tuneset.targets.masks.mask import mask_example
from tuneset.targets.masks.recipes import DEFAULT_RECIPE, RECIPES
from tuneset.training.chat_pieces import encode_example
from tuneset.training.vocabulary import make_encoding

ENCODING = make_encoding([])
WORDS = [f"<{number}>" for number in range(12)]


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> ChatModel:
    folder = tmp_path_factory.mktemp("model")
    write_model(folder, CHATML, eos_token="<|im_end|>")
    return open_model(ModelPlace(str(folder)))


def learned_words(example: dict[str, Any]) -> list[str]:
    pieces, marks = encode_example(example, ENCODING)
    text = bytes(piece for piece in pieces[marks].tolist() if piece < 256).decode()
    return [word for word in WORDS if word in text]


def masked_words(model: ChatModel, example: dict[str, Any]) -> list[str]:
    mask = mask_example(model, example, RECIPES[DEFAULT_RECIPE])
    labels = mask.labels()
    text = "".join(model.vocabulary.token_of(int(one)) or "" for one in labels[labels >= 0])
    return [word for word in WORDS if word in text]


@given(
    st.lists(st.tuples(st.sampled_from(["user", "assistant"]), st.sampled_from([None, 0, 1])), min_size=1, max_size=10),
    st.booleans(),
)
def test_of_each_message_both_say_the_same(model: ChatModel, drawn: list[tuple[str, int | None]], system: bool) -> None:
    roles = [*([("system", None)] if system else []), *drawn, ("assistant", 1)]
    messages: list[dict[str, Any]] = []
    for (role, weight), word in zip(roles, WORDS, strict=False):
        more = {} if weight is None or role != "assistant" else {"weight": weight}
        messages.append({"role": role, "content": word, **more})
    example = {"messages": messages}
    assert learned_words(example) == masked_words(model, example)
    assert np.any(encode_example(example, ENCODING)[1])
