"""The index: queries are words and nothing else, the same ones find the same passages in the same order."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.amounts import drawn
from tuneset.endpoint.retrieval import search_index
from tuneset.endpoint.retrieval.search_index import Passage, opened, passages_of, remove, replace, search
from tuneset.endpoint.retrieval.terms import query_terms, terms

TEXTS = {
    "desk": ["Refunds take two weeks.", "Ask the desk for a refund of the refund."],
    "tower": ["東京タワーは港区にある。", "猫が好きです。"],
    "others": ["ข้อมูลภาษาไทย", "저는 서울에 삽니다", "यह हिन्दी भाषा है", "Größe und Maße", "Zażółć gęślą jaźń"],
    "odd": ["SELECT * FROM passages; DROP TABLE passages", "a AND b OR NOT c NEAR(d, 2) terms:x ^y z*"],
}
ALL = list(TEXTS)


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("index") / "vs.sqlite3"
    with opened(path) as connection:
        for file, texts in TEXTS.items():
            replace(connection, file, [Passage.of(text) for text in texts])
    return path


def found(index: Path, query: str, files: list[str] = ALL, most: int = 10) -> list[str]:
    return [one.text for one in search(index, [query], files, most)]


@pytest.mark.parametrize("query", ["", "  ", "\0", '"', "'; --", "*", "nowhere", "refund's\0" * 0])
def test_a_query_without_known_words_finds_nothing(index: Path, query: str) -> None:
    assert found(index, query) == []


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ("refunds?", "Refunds take two weeks."),
        ("猫", "猫が好きです。"),
        ("東京", "東京タワーは港区にある。"),
        ("港区のタワー", "東京タワーは港区にある。"),
        ("ภาษา", "ข้อมูลภาษาไทย"),
        ("서울", "저는 서울에 삽니다"),
        ("भाषा", "यह हिन्दी भाषा है"),
        ("grosse MASSE", "Größe und Maße"),
        ("ZAŻÓŁĆ", "Zażółć gęślą jaźń"),
    ],
)
def test_words_are_found_in_many_languages(index: Path, query: str, text: str) -> None:
    assert text in found(index, query)


@pytest.mark.parametrize("query", ["DROP TABLE passages", 'x" OR "1"="1', "NEAR(d, 2)", "terms:x", "z*", "a AND b"])
def test_what_is_an_operator_elsewhere_is_a_word(index: Path, query: str) -> None:
    assert set(found(index, query)) <= set(TEXTS["odd"]) | {"Ask the desk for a refund of the refund."}
    assert len(found(index, "refund")) == 2


@given(st.text(max_size=40) | st.text(alphabet="\"'*^:()-+{} ANDORNOTnear\0猫", max_size=40))
@settings(max_examples=drawn(60), deadline=None)
def test_any_query_finds_the_passages_that_share_a_term_with_it_and_no_others(index: Path, query: str) -> None:
    asked = set(query_terms(query))
    expected = {text for texts in TEXTS.values() for text in texts if asked & set(terms(text))}
    results = search(index, [query], ALL, 50)
    assert {one.text for one in results} == expected
    assert all(0 < one.score <= 1 for one in results)
    assert results == sorted(results, key=lambda one: -one.score) == search(index, [query], ALL, 50)


def test_the_most_fitting_comes_first_and_no_more_than_are_asked_for(index: Path) -> None:
    assert found(index, "desk refund", most=1) == ["Ask the desk for a refund of the refund."]
    both = search(index, ["weeks", "猫"], ALL, 10)
    assert {one.text for one in both} == {"Refunds take two weeks.", "猫が好きです。"}


def test_of_equals_the_earlier_file_comes_first(tmp_path: Path) -> None:
    path = tmp_path / "vs.sqlite3"
    with opened(path) as connection:
        for file in ("b", "a", "c"):
            replace(connection, file, [Passage.of("the same"), Passage.of("the same")])
    for files in (["a", "b", "c"], ["c", "b", "a"]):
        places = [(one.file, one.number) for one in search(path, ["same"], files, 10)]
        assert places == [(file, number) for file in files for number in (0, 1)]


def test_only_the_given_files_are_searched(index: Path) -> None:
    assert found(index, "refund", ["tower"]) == found(index, "refund", []) == []
    assert len(found(index, "refund", ["desk", "not there"])) == 2


def test_a_file_that_comes_again_replaces_its_passages_and_one_that_goes_leaves_nothing(tmp_path: Path) -> None:
    path = tmp_path / "vs.sqlite3"
    with opened(path) as connection:
        replace(connection, "a", [Passage.of("one"), Passage.of("two")])
        replace(connection, "a", [Passage.of("three")])
        assert found(path, "one", ["a"]) == []
        assert passages_of(path, "a") == ["three"]
        remove(connection, ["a", "nobody"])
        assert found(path, "three", ["a"]) == passages_of(path, "a") == []
        assert connection.execute("SELECT COUNT(*) FROM found_by").fetchone() == (0,)


def test_a_write_that_breaks_off_leaves_what_was_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "vs.sqlite3"

    def broken(_texts: object) -> Iterator[Passage]:
        yield Passage.of("two")
        raise RuntimeError

    with opened(path) as connection:
        replace(connection, "a", [Passage.of("one")])
        with pytest.raises(RuntimeError):
            replace(connection, "a", broken(None))  # type: ignore[arg-type]
        assert passages_of(path, "a") == ["one"]
    monkeypatch.setattr(search_index, "MOST_TERMS", 1)
    assert found(path, "one two three", ["a"]) == ["one"]


def test_an_index_that_is_not_there_has_nothing(tmp_path: Path) -> None:
    assert found(tmp_path / "none", "a") == passages_of(tmp_path / "none", "a") == []
    assert not (tmp_path / "none").exists()
