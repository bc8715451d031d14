"""Near duplicates: nothing is dropped that is not alike, and nearly everything that is."""

from __future__ import annotations

import itertools
import tempfile
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.amounts import drawn
from tests.similarity import support
from tuneset.similarity import near_duplicates
from tuneset.similarity.minhash import Keys, Likeness
from tuneset.similarity.ragged import Ragged
from tuneset.similarity.set_store import write_sets

WORDS = ["red", "green", "blue", "tea", "cup", "saucer", "table", "chair", "window", "door"]
TEXTS = st.lists(st.lists(st.sampled_from(WORDS), max_size=14).map(" ".join), max_size=14)
LOOSE = Likeness(threshold=0.5, n=2)

CHINESE = (
    "机器学习是人工智能的一个分支 它使用统计方法让计算机从数据中学习 而不需要明确的编程 "
    "监督学习需要带标签的训练样本 无监督学习则在没有标签的数据中寻找结构"
)
THAI = "การเรียนรู้ของเครื่องเป็นสาขาหนึ่งของปัญญาประดิษฐ์ที่ทำให้คอมพิวเตอร์เรียนรู้จากข้อมูลได้เองโดยไม่ต้องเขียนโปรแกรมอย่างชัดเจน"


@settings(max_examples=drawn(80))
@given(
    st.lists(st.frozensets(st.integers(0, 5), min_size=3), max_size=12),
    st.integers(0, 99),
    st.sampled_from([2, 40, 1000]),
    st.integers(1, 9),
)
def test_keys_that_strangers_share_change_no_group(rows: list[frozenset[int]], seed: int, wide: int, narrow: int):
    likeness = Likeness(threshold=0.8)
    assert likeness.enough_bands == 2
    chance = np.random.default_rng(seed)
    keys = chance.integers(1, wide, (likeness.bands[0], len(rows)), dtype=np.uint64, endpoint=True)
    # What is alike shares two bands, as it nearly always does, and chance does the rest.
    for left, right in itertools.combinations(range(len(rows)), 2):
        if len(rows[left] & rows[right]) >= likeness.threshold * len(rows[left] | rows[right]):
            for band in (3, 5):
                keys[band][keys[band] == keys[band, right]] = keys[band, left]
    groups = [found_of(rows, width, likeness) for width in (keys, keys % np.uint64(narrow) + np.uint64(1))]
    assert groups[0].equals(groups[1])


def found_of(rows: list[frozenset[int]], keys: Keys, likeness: Likeness) -> pl.DataFrame:
    shared = near_duplicates.candidates(keys.__getitem__, likeness)
    chosen = [sorted(row) for row, wanted in zip(rows, shared, strict=True) if wanted]
    values = np.array([value for row in chosen for value in row], np.uint64)
    sets = Ragged(values, np.cumsum([0, *map(len, chosen)]))
    with tempfile.TemporaryDirectory() as folder:
        return near_duplicates.find(keys.__getitem__, shared, write_sets([Path(folder, "sets")], [[sets]]), likeness)


def test_no_text_has_no_duplicate(tmp_path: Path):
    assert support.run([], tmp_path, Likeness()).rows() == []


def test_texts_without_units_are_no_duplicates_of_each_other(tmp_path: Path):
    assert support.run(["", "", "...", "..."], tmp_path, Likeness()).rows() == []


def test_one_operator_is_a_difference(tmp_path: Path):
    sums = [f"What is the sum of the two numbers in 12 {sign} 7, please?" for sign in "+-*/"]
    assert support.run(sums, tmp_path, Likeness()).rows() == []


def test_one_template_with_other_contents_is_no_duplicate(tmp_path: Path, docstrings: list[str]):
    letters = [f"You are a helpful assistant. Summarise this text in one sentence: {text}" for text in docstrings[:300]]
    alike = support.all_pairs(letters, 5, 0.8)
    groups = support.run(letters, tmp_path, Likeness())
    assert {(kept, row) for row, kept in support.dropped(groups).items()} <= set(alike)


def test_real_docstrings_lose_only_what_is_alike(tmp_path: Path, docstrings: list[str]):
    alike = support.all_pairs(docstrings, 5, 0.8)
    dropped = support.dropped(support.run(docstrings, tmp_path, Likeness()))
    assert {(min(pair), max(pair)) for pair in dropped.items()} <= set(alike)
    assert len(dropped) <= len(alike) < 20


@pytest.mark.slow
@pytest.mark.parametrize("threshold", [0.6, 0.8, 0.9])
def test_against_brute_force(tmp_path: Path, copied: pl.Series, threshold: float):
    texts = copied.to_list()
    alike = support.all_pairs(texts, 5, threshold)
    groups = support.run(texts, tmp_path, Likeness(threshold))
    dropped = support.dropped(groups)
    kept = set(range(len(texts))) - set(dropped)
    assert set(dropped.values()) <= kept
    found = groups.filter(pl.col("row") != pl.col("kept")).select("kept", "row", "similarity")
    assert all(alike[representative, row] == similarity for representative, row, similarity in found.iter_rows())
    missed = [pair for pair in alike if pair[0] in kept and pair[1] in kept]
    assert len(alike) > 400
    assert len(missed) <= 0.005 * len(alike)


@pytest.mark.slow
def test_recall_from_085_on_is_0999(tmp_path: Path, copied: pl.Series):
    texts = copied.to_list()
    near = support.all_pairs(texts, 5, 0.85)
    group = dict(support.run(texts, tmp_path, Likeness(0.8)).select("row", "group").iter_rows())
    found = sum(group.get(left, -1) == group.get(right, -2) for left, right in near)
    assert found >= 0.999 * len(near)


@pytest.mark.parametrize(
    ("text", "old", "new", "similarity"), [(CHINESE, "分支", "领域", 57 / 69), (THAI, "ชัดเจน", "ละเอียด", 0.89)]
)
def test_scripts_without_spaces_are_compared_by_character(
    tmp_path: Path, text: str, old: str, new: str, similarity: float
):
    groups = support.run([text, text[::-1], text.replace(old, new)], tmp_path, Likeness())
    assert support.dropped(groups) == {2: 0}
    exact = support.similarity(text, text.replace(old, new), 5)
    assert groups["similarity"].to_list() == [1.0, exact]
    assert exact == pytest.approx(similarity, abs=0.02)


def test_a_text_of_two_scripts_is_near_its_copy_with_another_latin_word(tmp_path: Path):
    text = f"{CHINESE} 使用 Python 语言"
    assert support.dropped(support.run([text, text.replace("Python", "Rust")], tmp_path, Likeness())) == {1: 0}


def test_copies_that_differ_in_case_and_punctuation_have_similarity_1(tmp_path: Path, docstrings: list[str]):
    texts = [docstrings[0], docstrings[0].upper().replace(",", ""), docstrings[0]]
    assert support.run(texts, tmp_path, Likeness()).rows() == [(0, 0, 1.0, 0), (1, 0, 1.0, 0), (2, 0, 1.0, 0)]


def test_the_kept_row_is_the_one_of_least_rank(tmp_path: Path, docstrings: list[str]):
    texts = [docstrings[0], docstrings[1], f"{docstrings[0]} more", f"{docstrings[0]} most"]
    groups = support.run(texts, tmp_path, Likeness(), rank=[2, 0, 2, 1])
    assert support.dropped(groups) == {0: 3, 2: 3}
    assert groups["group"].to_list() == [3, 3, 3]


def test_a_higher_threshold_drops_no_more(tmp_path: Path, copied: pl.Series):
    counts = [
        len(support.dropped(support.run(copied.to_list(), tmp_path, Likeness(threshold))))
        for threshold in (0.5, 0.6, 0.7, 0.8, 0.9, 0.99)
    ]
    assert counts == sorted(counts, reverse=True)
    assert counts[0] > counts[-1] > 0


def test_order_of_rows_does_not_matter_where_a_rank_decides(tmp_path: Path, copied: pl.Series):
    texts = copied[:200].to_list() + copied[800:1400].to_list()
    order = pl.int_range(len(texts), eager=True).shuffle(seed=5).to_list()
    straight = support.dropped(support.run(texts, tmp_path, Likeness(), rank=list(range(len(texts)))))
    mixed = support.dropped(support.run([texts[row] for row in order], tmp_path, Likeness(), rank=order))
    assert {order[row]: order[kept] for row, kept in mixed.items()} == straight


@pytest.mark.parametrize(("window", "crowd"), [(16, 10_000), (4, 3)])
def test_more_rows_than_the_window_are_still_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, docstrings: list[str], window: int, crowd: int
):
    monkeypatch.setattr(near_duplicates, "WINDOW", window)
    monkeypatch.setattr(near_duplicates, "CROWD", crowd)
    head = max(docstrings, key=len)
    texts = [f"{head} {tail}" for tail in docstrings[:300] if len(tail) < 400]
    assert len(texts) > 100
    alike = support.all_pairs(texts, 5, 0.8)
    dropped = support.dropped(support.run(texts, tmp_path, Likeness()))
    kept = set(range(len(texts))) - set(dropped)
    assert not [pair for pair in alike if set(pair) <= kept]


@pytest.mark.slow
@given(texts=TEXTS)
def test_dropped_rows_are_like_their_kept_row(tmp_path_factory: pytest.TempPathFactory, texts: list[str]):
    groups = support.run(texts, tmp_path_factory.mktemp("run"), LOOSE)
    dropped = support.dropped(groups)
    for row, kept, similarity, group in groups.iter_rows():
        assert kept not in dropped
        assert group <= kept <= row
        assert similarity == (1.0 if row == kept else support.similarity(texts[row], texts[kept], 2)) >= 0.5


@pytest.mark.slow
@given(texts=TEXTS)
def test_what_is_kept_stays_when_done_again(tmp_path_factory: pytest.TempPathFactory, texts: list[str]):
    folder = tmp_path_factory.mktemp("run")
    dropped = support.dropped(support.run(texts, folder, LOOSE))
    kept = [text for row, text in enumerate(texts) if row not in dropped]
    assert support.run(kept, folder, LOOSE).rows() == []


@given(texts=TEXTS)
def test_equal_texts_keep_one(tmp_path_factory: pytest.TempPathFactory, texts: list[str]):
    dropped = support.dropped(support.run(texts, tmp_path_factory.mktemp("run"), LOOSE))
    kept = [text for row, text in enumerate(texts) if row not in dropped and text]
    assert len(kept) == len(set(kept))
