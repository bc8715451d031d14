"""Tokens and their places: those of tokenizers, whoever makes them."""

from pathlib import Path
from typing import Any

import gigatoken
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer, normalizers  # type: ignore[attr-defined] # its stub leaves out what is compiled

from tests.amounts import drawn
from tests.targets.local_models.tiny_models import SPECIAL, vocabulary_text
from tuneset.targets.local_models import vocabulary
from tuneset.targets.local_models.vocabulary import Vocabulary
from tuneset.targets.tiktoken_tokenizer import UNPROVEN

ANY_TEXT = st.lists(
    st.one_of(st.text(max_size=8), st.sampled_from([*SPECIAL, "e\u0301", "\u1e9b\u0323", " ", "\n\n", "\U0001f600"])),
    max_size=8,
).map("".join)


def written(folder: Path, **parts: Any) -> Path:  # noqa: ANN401  parts of the library
    library = Tokenizer.from_str(vocabulary_text())
    for name, part in parts.items():
        setattr(library, name, part)
    path = folder / "tokenizer.json"
    library.save(str(path))
    return path


@pytest.fixture(scope="module", params=["plain", "composed"])
def both(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Vocabulary, Any]:
    parts = {"normalizer": normalizers.NFC()} if request.param == "composed" else {}
    path = written(tmp_path_factory.mktemp("vocabulary"), **parts)
    return Vocabulary(path), Tokenizer.from_file(str(path))


@settings(max_examples=drawn(200), deadline=None)
@given(text=ANY_TEXT)
def test_tokens_and_places_are_those_of_tokenizers(both: tuple[Vocabulary, Any], text: str) -> None:
    ours, theirs = both[0].encode(text), both[1].encode(text, add_special_tokens=False)
    assert ours.ids.tolist() == theirs.ids
    assert list(zip(ours.starts.tolist(), ours.ends.tolist(), strict=True)) == theirs.offsets
    assert both[0].count([text]) == [len(theirs.ids)]


@settings(max_examples=drawn(50), deadline=None)
@given(text=ANY_TEXT, most=st.integers(0, 6))
def test_the_first_tokens_are_a_beginning_of_so_many(both: tuple[Vocabulary, Any], text: str, most: int) -> None:
    cut = both[0].first_tokens(text, most)
    assert text.startswith(cut)
    assert both[0].count([cut])[0] <= most


def test_the_first_and_last_unproven_characters_are_made_by_tokenizers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = Vocabulary(written(tmp_path))
    own.ids("load it")
    monkeypatch.setattr(own, "_gigatoken", lambda text: pytest.fail(f"asked about {text!r}"))
    for first, last in (*UNPROVEN, *vocabulary.UNPROVEN_HERE):
        if not 0xD800 <= first <= 0xDFFF:
            own.ids(f"a{chr(first)}b{chr(last)}")


def test_one_wrong_answer_ends_the_use_of_gigatoken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own = Vocabulary(written(tmp_path))
    right = own.ids("What is the answer?").tolist()
    monkeypatch.setattr(own, "_gigatoken", lambda _: np.array([0], np.uint32))
    monkeypatch.setattr(own, "_encoded", 0)
    assert own.ids("What is the answer?").tolist() == right
    assert own._gigatoken is None
    assert own.ids("What is the answer?").tolist() == right


def test_gigatoken_that_cuts_tricky_texts_otherwise_is_not_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Wrong:
        def __init__(self, _: Path) -> None:
            self.backend = self

        def encode(self, _: str) -> np.ndarray[Any, np.dtype[np.uint32]]:
            return np.array([1], np.uint32)

    monkeypatch.setattr(gigatoken, "Tokenizer", Wrong)
    own = Vocabulary(written(tmp_path))
    assert own.ids("What?").tolist() == Tokenizer.from_file(str(tmp_path / "tokenizer.json")).encode("What?").ids
