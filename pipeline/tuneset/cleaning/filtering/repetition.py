"""Filters by repetition: of lines, of sequences of words, of one character."""

from __future__ import annotations

import re
from collections.abc import Iterator

import polars as pl

from tuneset.cleaning.filtering.base import Filter, Judged, Verdict
from tuneset.model import sentence
from tuneset.params import FilterParams

_SHORTEST_LINE = 8  # characters; `}` and `---` repeat in every good text
# Runs of these draw lines, indent or trail off; they say nothing about quality.
_RUN = re.compile(r"([^\s\-=_*#~.+|/\\<>─━═])\1+")


def repeated_line_share(texts: pl.Series) -> pl.Series:
    r"""What share of each text's characters stands in lines that stood there before: Float64, 0 without lines.

    >>> repeated_line_share(pl.Series(["one line only", "a line twice\na line twice"])).to_list()
    [0.0, 0.5]
    """
    line = pl.element().str.strip_chars()
    lines = pl.col("t").str.split("\n").list.eval(line.filter(line.str.len_chars() >= _SHORTEST_LINE))
    length = pl.element().str.len_chars()
    frame = pl.DataFrame({"t": texts}).select(all=lines, once=lines.list.unique())
    return frame.select(
        (1 - pl.col("once").list.eval(length).list.sum() / pl.col("all").list.eval(length).list.sum())
        .fill_nan(0.0)
        .fill_null(0.0)
        .cast(pl.Float64)
        .alias(texts.name)
    ).to_series()


def repeated_ngram_share(texts: pl.Series, n: int) -> pl.Series:
    """What share of each text's n-grams of words stood there before: Float64, 0 for fewer than n + 1 words.

    Where words are not separated, as in Chinese, each character counts as a word.

    >>> repeated_ngram_share(pl.Series(["a b a b a b", "a b c d"]), 2).to_list()
    [0.6, 0.0]
    """
    words = (
        pl.col("t").str.to_lowercase().str.extract_all(r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}]|[\p{L}\p{M}\p{N}']+")
    )
    shifted = [pl.element().shift(-step) for step in range(n)]
    grams = words.list.eval(pl.concat_str(shifted, separator=" ", ignore_nulls=False).drop_nulls())
    frame = pl.DataFrame({"t": texts}).select(all=grams.list.len(), once=grams.list.n_unique())
    return frame.select(
        (1 - pl.col("once") / pl.col("all")).fill_nan(0.0).fill_null(0.0).cast(pl.Float64).alias(texts.name)
    ).to_series()


def longest_run(texts: pl.Series) -> pl.Series:
    """How often the most repeated character stands in a row in each text: UInt32. Lines drawn with `-` do not count.

    >>> longest_run(pl.Series(["noooooo", "-----", "ab"])).to_list()
    [6, 1, 1]
    """
    runs = (max((len(run.group()) for run in _RUN.finditer(text or "")), default=1) for text in texts)
    return pl.Series(texts.name, list(runs), dtype=pl.UInt32)


def _by_repetition(judged: Judged, params: FilterParams) -> Iterator[Verdict]:
    answer, n = judged.texts["answer"], params.ngram
    if params.max_repeated_lines is not None:
        share = repeated_line_share(answer)
        yield _above(share, "of the answer stands in repeated lines", params.max_repeated_lines)
    if params.max_repeated_ngrams is not None:
        share = repeated_ngram_share(answer, n)
        yield _above(share, f"of the answer's {n}-grams repeat", params.max_repeated_ngrams)


def _above(share: pl.Series, what: str, limit: float) -> Verdict:
    return share > limit, sentence("{} {}; at most {} wanted", share.round(2), what, limit)


def _by_runs(judged: Judged, params: FilterParams) -> Iterator[Verdict]:
    assert params.max_run is not None
    runs = longest_run(judged.texts["text"])
    said = sentence("one character {} times in a row; at most {} wanted", runs, params.max_run)
    yield runs > params.max_run, said


REPETITION = Filter(
    "CLN007", lambda p: p.max_repeated_lines is not None or p.max_repeated_ngrams is not None, _by_repetition
)
RUNS = Filter("CLN007", lambda p: p.max_run is not None, _by_runs)
