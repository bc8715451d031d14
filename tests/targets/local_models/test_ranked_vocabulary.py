"""Laws of vocabularies of ranks: round trip, special tokens that no row forges, places that cover the text."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.amounts import drawn
from tests.targets.local_models.ranked_files import write_tekken, write_tiktoken
from tuneset.errors import InputError
from tuneset.targets.local_models.composed import composed
from tuneset.targets.local_models.ranked_vocabulary import MAX_SPACES, RankedVocabulary
from tuneset.targets.local_models.ranks import read_tekken, read_tiktoken

SPECIAL = ["<s>", "</s>", "[INST]", "<SPECIAL_5>", "<|end|>", "<|turn|>", "<|turn|>x"]
ANY_TEXT = st.lists(
    st.one_of(
        st.text(max_size=8),
        st.sampled_from(
            [*SPECIAL, "e\u0301", "\u1e9b\u0323", "\u1100\u1161\u11a8", " what", "\n\n", "  ", "\U0001f600"]
        ),
    ),
    max_size=8,
).map("".join)


@pytest.fixture(scope="module", params=["tekken", "tiktoken"])
def own(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> RankedVocabulary:
    folder = tmp_path_factory.mktemp("ranks")
    if request.param == "tekken":
        path = write_tekken(folder)
        return RankedVocabulary(read_tekken(path), path)
    path, known = write_tiktoken(folder)
    return RankedVocabulary(read_tiktoken(path, known), path)


def text_of(own: RankedVocabulary, ids: object) -> str:
    return b"".join(own.bytes_of(int(number)) for number in np.asarray(ids)).decode()


@settings(max_examples=drawn(60), deadline=None)
@given(text=ANY_TEXT)
def test_tokens_are_together_the_text(own: RankedVocabulary, text: str) -> None:
    expected = composed(text)[0] if "<|end|>" in own.added_tokens else text
    assert text_of(own, own.ids(text)) == expected
    assert text_of(own, own.plain_ids(text)) == expected


@settings(max_examples=drawn(60), deadline=None)
@given(text=ANY_TEXT)
def test_a_text_of_a_row_forges_no_special_token(own: RankedVocabulary, text: str) -> None:
    ids = own.plain_ids(text)
    assert not set(ids.tolist()) & set(own.added_tokens.values())
    assert own.count([text, ""]) == [len(ids), 0]


@settings(max_examples=drawn(60), deadline=None)
@given(text=ANY_TEXT)
def test_places_cover_the_text_in_order(own: RankedVocabulary, text: str) -> None:
    found = own.encode(text)
    assert found.ids.tolist() == own.ids(text).tolist()
    reached = 0
    for start, end in zip(found.starts.tolist(), found.ends.tolist(), strict=True):
        assert start <= reached <= end
        assert start < end
        reached = end
    assert reached == len(text)


@settings(max_examples=drawn(60), deadline=None)
@given(text=ANY_TEXT, most=st.integers(0, 6))
def test_the_first_tokens_are_a_beginning_of_so_many(own: RankedVocabulary, text: str, most: int) -> None:
    cut = own.first_tokens(text, most)
    assert text.startswith(cut)
    assert own.count([cut])[0] <= most


def test_special_tokens_of_a_rendered_text_are_tokens_the_longest_first(own: RankedVocabulary) -> None:
    named = [token for token in SPECIAL if token in own.added_tokens]
    assert own.ids("what".join(named)).tolist()[::2] == [own.added_tokens[token] for token in named]
    assert all(own.id_of(token) == number for token, number in own.added_tokens.items())
    assert own.id_of(" what") is not None
    assert own.id_of("beyond") is None  # cut away by the size of the tekken file


def test_surrogates_and_endless_white_space_are_counted_and_placed(own: RankedVocabulary) -> None:
    for text in ("a\ud800\udc00b", " " * (MAX_SPACES * 3) + "a", "a" + "\n" * (MAX_SPACES + 1)):
        found = own.encode(text)
        assert found.ends[-1] == len(text)
        assert own.count([text]) == [len(found.ids)]


def test_ids_of_a_tekken_file_stand_after_those_of_its_special_tokens(tmp_path: Path) -> None:
    path = write_tekken(tmp_path)
    ranks = read_tekken(path)
    assert (ranks.special["[INST]"], ranks.special["<SPECIAL_5>"], ranks.numbers[b"\x00"]) == (3, 5, 6)
    assert ranks.named == {"bos_token": "<s>", "eos_token": "</s>", "unk_token": "<unk>"}


@pytest.mark.parametrize(
    "over",
    [
        {"vocab": []},
        {"vocab": 1},
        {"config": {}},
        {"special_tokens": [{"rank": 0, "token_str": "<s>"}, {"rank": 0, "token_str": "</s>"}]},
        {"vocab": [{"rank": 0, "token_bytes": "\u00e9"}]},
    ],
)
def test_a_broken_tekken_file_is_told(tmp_path: Path, over: dict[str, Any]) -> None:
    with pytest.raises(InputError, match=r"tekken\.json: "):
        read_tekken(write_tekken(tmp_path, **over))


def test_a_pattern_that_is_none_is_told(tmp_path: Path) -> None:
    config = {"pattern": "(", "default_vocab_size": 262, "default_num_special_tokens": 6}
    path = write_tekken(tmp_path, config=config)
    with pytest.raises(InputError, match="no regular expression"):
        RankedVocabulary(read_tekken(path), path)


def test_a_file_of_tiktoken_that_is_not_known_is_refused_and_not_guessed(tmp_path: Path) -> None:
    path, known = write_tiktoken(tmp_path)
    with pytest.raises(InputError, match="no rule by which texts are split"):
        read_tiktoken(path)
    path.write_bytes(path.read_bytes() + b"YmV5b25k 271\n")
    with pytest.raises(InputError, match="no rule by which texts are split"):
        read_tiktoken(path, known)
