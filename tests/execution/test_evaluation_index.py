"""An index of evaluation material finds what the material finds, and holds none of its text."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import orjson
import polars as pl
import pytest

from tests.builders import chat, tables_of
from tuneset.errors import InputError
from tuneset.execution import evaluation_files, evaluation_index
from tuneset.params import EvaluationParams
from tuneset.stages.decontaminate import decontaminate

QUESTION = "What is the boiling point of water at sea level in degrees of Kelvin?"
ANSWER = "Three hundred and seventy three degrees, give or take a little for the weather of the day."


def material(folder: Path) -> Path:
    path = folder / "secret" / "exam.jsonl"
    path.parent.mkdir()
    path.write_bytes(
        orjson.dumps(chat(QUESTION, ANSWER)) + b"\n" + orjson.dumps(chat("Why is the sky so blue?", "No."))
    )
    return path


def params(*paths: Path) -> EvaluationParams:
    return EvaluationParams(files=[str(path) for path in paths])


def index_of(folder: Path) -> tuple[Path, Path]:
    path, index = material(folder), folder / "exam.ngrams"
    evaluation_index.write(evaluation_files.load(params(path)), index)
    return path, index


def test_an_index_drops_the_rows_that_the_material_drops(tmp_path: Path) -> None:
    path, index = index_of(tmp_path)
    tables = tables_of([chat("Who?", "Nobody."), chat(f"Tell me. {QUESTION}", "x"), chat("And?", ANSWER)])
    found = []
    for files in ((path,), (index,), (index, path)):
        result = decontaminate(tables, *evaluation_files.held_against(params(*files), tables))
        found.append(result.rejects["row_id"].to_list())
    assert found[0] == found[1] == found[2]
    assert len(found[0]) == 2


def test_an_index_holds_no_word_and_no_folder_of_the_material(tmp_path: Path) -> None:
    _, index = index_of(tmp_path)
    with np.load(index) as held:
        words = b"".join(held[name].astype("S").tobytes() for name in held.files if held[name].dtype.kind == "U")
        numbers = b"".join(held[name].tobytes() for name in held.files if held[name].dtype.kind != "U")
    assert b"secret" not in words
    assert not any(word.encode() in words + numbers for word in (*QUESTION.split(), *ANSWER.split()) if len(word) > 4)


def test_the_same_material_gives_the_same_bytes(tmp_path: Path) -> None:
    path, index = index_of(tmp_path)
    again = tmp_path / "again.ngrams"
    evaluation_index.write(evaluation_files.load(params(path)), again)
    assert again.read_bytes() == index.read_bytes()


@pytest.mark.parametrize("data", [b"", b"no index", b"PK\x03\x04 cut"])
def test_what_is_no_index_is_named(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "x.ngrams"
    path.write_bytes(data)
    with pytest.raises(InputError, match=r"x\.ngrams: is no index of evaluation material, or is damaged"):
        evaluation_files.load(params(path))


def test_questions_are_held_against_questions(tmp_path: Path) -> None:
    _, index = index_of(tmp_path)
    texts, sides = evaluation_files.held_against(params(index), tables_of([chat("q", "a")]))
    assert [side.name for side in sides] == ["question", "answer"] * 2
    assert [series.to_list() for series in texts] == [["q"], ["a"], ["\n\na"], ["\n"]]
    assert all(series.dtype == pl.String for series in texts)
