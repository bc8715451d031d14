"""Evaluation files for decontamination: read once a process, and known by the digest of their bytes.

Rows of any known shape give a question and an answer; a text file (`.txt`) gives one question a line.
"""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Sequence
from pathlib import Path

import polars as pl

from tuneset import artifacts
from tuneset.errors import InputError
from tuneset.execution import benchmark_indices, evaluation_index
from tuneset.execution.whole_files.ingested import ingested
from tuneset.model import Tables
from tuneset.params import EvaluationParams, Params
from tuneset.reading import decode
from tuneset.reading.raw_shards import plan
from tuneset.similarity.contamination import ANSWER_LEAST_UNITS, QUESTION_LEAST_UNITS, index_evaluation, only_long
from tuneset.similarity.words import folded_bytes, unit_hashes
from tuneset.stages import near_texts
from tuneset.stages.decontaminate import EvaluationTexts


def digest(params: EvaluationParams) -> list[str]:
    """What identifies the evaluation files: their digests, in the order in which they are named.

    Raises InputError where one cannot be read.
    """
    digests = []
    for name in benchmark_indices.evaluation_files(params):
        with decode.reading(Path(name)):
            digests.append(artifacts.sha256_file(Path(name)))
    return digests


def load(params: EvaluationParams) -> list[EvaluationTexts]:
    """The questions and answers of all evaluation files, and the sides of each index among them.

    Raises InputError where one holds nothing to compare.
    """
    files = benchmark_indices.evaluation_files(params)
    versions = tuple(_version(Path(name)) for name in files)
    return list(_load(files, versions, params.n, params.question_share, params.answer_share))


def held_against(params: EvaluationParams, tables: Tables) -> tuple[list[pl.Series], list[EvaluationTexts]]:
    """The texts of examples, each with a side that it is held against: question and answer, then what else is said.

    A question may stand in system texts, reasoning or the answer too, all of it: what many rows have there, such as an
    instruction, is a part of one. An answer may be an earlier one of a conversation, or stand in reasoning; texts of
    users and tools may quote it, as a document does that many questions are about.
    """
    files = benchmark_indices.evaluation_files(params)
    versions = tuple(_version(Path(name)) for name in files)
    sides, besides = _with_besides(files, versions, params.n, params.question_share, params.answer_share)
    own = dict(zip(("question", "answer"), texts(tables), strict=True))
    other = dict(zip(("question", "answer"), _texts_besides(tables, own["answer"]), strict=True))
    return [*(own[side.name] for side in sides), *(other[side.name] for side in besides)], [*sides, *besides]


def texts(tables: Tables) -> tuple[pl.Series, pl.Series]:
    """The question and the answer of each example; an rft example has none, which is an empty text."""
    answers = next(near_texts.near_texts(tables, "answer"))
    return next(near_texts.near_texts(tables, "prompt")), _answered(tables, answers)


def _answered(tables: Tables, texts: pl.Series) -> pl.Series:
    """Texts of answers without those of rft examples."""
    return texts.zip_with(tables.examples["format"] != "rft", pl.repeat("", len(texts), eager=True))


def _texts_besides(tables: Tables, answers: pl.Series) -> tuple[pl.Series, pl.Series]:
    """Where else a question may stand in each example, and an answer: lines of texts, none where nothing does."""
    systems = near_texts.joined(near_texts.system_pieces(tables))
    said, by_model = tables.messages, pl.col("role") == "assistant"
    last = pl.col("turn") == pl.col("turn").max().over("row_id", "branch")
    earlier = _lines(tables, said.filter(by_model & (pl.col("branch") == "prompt") & ~last), "content")
    thought = _lines(tables, said, "reasoning")
    return systems + "\n" + thought + "\n" + answers, _answered(tables, earlier + "\n" + thought)


def _lines(tables: Tables, messages: pl.DataFrame, column: str) -> pl.Series:
    """A column of the messages of each example as one text, one message a line."""
    texts = messages.filter(pl.col(column).is_not_null()).group_by("row_id").agg(pl.col(column).str.join("\n"))
    return (
        tables.examples.select("row_id")
        .join(texts, on="row_id", how="left", maintain_order="left")[column]
        .fill_null("")
    )


def _version(path: Path) -> tuple[int, int]:
    """What changes where a file is written anew: its time of change in nanoseconds, and its bytes."""
    with decode.reading(path):
        found = path.stat()
    return found.st_mtime_ns, found.st_size


@functools.lru_cache(maxsize=1)
def _with_besides(
    files: tuple[str, ...], versions: tuple[tuple[int, int], ...], n: int, question_share: float, answer_share: float
) -> tuple[tuple[EvaluationTexts, ...], tuple[EvaluationTexts, ...]]:
    """The sides, and the same as what stands besides question and answer is held against them."""
    sides = _load(files, versions, n, question_share, answer_share)
    whole = [
        dataclasses.replace(side, index=only_long(side.index), least_share=1.0) if side.name == "question" else side
        for side in sides
    ]
    return sides, tuple(whole)


@functools.lru_cache(maxsize=1)
def _load(
    files: tuple[str, ...],
    versions: tuple[tuple[int, int], ...],  # noqa: ARG001  files that were written anew are read anew
    n: int,
    question_share: float,
    answer_share: float,
) -> tuple[EvaluationTexts, ...]:
    indexes = [name for name in files if name.endswith(evaluation_index.SUFFIX)]
    shares = {"question": question_share, "answer": answer_share}
    indexed = [side for name in indexes for side in evaluation_index.read(Path(name), shares)]
    if indexes and len(indexes) == len(files):
        return tuple(indexed)
    places: list[str] = []
    questions: list[str] = []
    answers: list[str] = []
    for name in files:
        if name in indexes:
            continue
        found = _text_file(Path(name)) if name.endswith(".txt") else _rows(Path(name))
        if not found:
            raise InputError(
                f"{name}: holds nothing to compare training data with",
                allowed="rows of a shape that `tuneset prepare` reads, or a .txt file with one question a line",
            )
        if not _is_long(found, 1, QUESTION_LEAST_UNITS) and not _is_long(found, 2, ANSWER_LEAST_UNITS):
            raise InputError(
                f"{name}: no text in it is long enough to be compared",
                allowed=f"questions of {QUESTION_LEAST_UNITS} words and more, answers of {ANSWER_LEAST_UNITS} and more",
                hint="take it out of dedup.evaluation.files",
            )
        for place, question, answer in found:
            places.append(place)
            questions.append(question)
            answers.append(answer)
    return (
        *indexed,
        _side("question", questions, places, n, QUESTION_LEAST_UNITS, question_share),
        _side("answer", answers, places, n, ANSWER_LEAST_UNITS, answer_share),
    )


def _is_long(rows: Sequence[tuple[str, str, str]], column: int, least: int) -> bool:
    """Whether a column of rows holds a text of so many units.

    >>> _is_long([("a:1", "Why?", "Because it is so.")], 1, 3), _is_long([("a:1", "Why is it so?", "")], 1, 3)
    (False, True)
    """
    texts = pl.Series([row[column] for row in rows], dtype=pl.String)
    return bool((unit_hashes(folded_bytes(texts)).counts >= least).any())


def _side(name: str, texts: Sequence[str], places: Sequence[str], n: int, least: int, share: float) -> EvaluationTexts:
    index = index_evaluation(pl.Series(texts, dtype=pl.String), n, least_units=least)
    return EvaluationTexts(name, index, places, share)


def _text_file(path: Path) -> list[tuple[str, str, str]]:
    text = b"".join(decode.text_pieces(path, decode.sniff(path))).decode(errors="replace")
    lines = text.split("\n")
    return [(f"{decode.source_label(path)}:{i}", line, "") for i, line in enumerate(lines, start=1) if line.strip()]


def _rows(path: Path) -> list[tuple[str, str, str]]:
    found: list[tuple[str, str, str]] = []
    for shard, result in ingested(plan([path]), Params(), "sft"):
        questions, answers = texts(result.tables)
        lines = result.tables.examples["line"]
        found += [(f"{shard.source}:{n}", q, a) for n, q, a in zip(lines, questions, answers, strict=True)]
    return found
