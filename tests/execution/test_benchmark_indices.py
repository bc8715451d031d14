"""Benchmarks by name: indices in folders and in installed packages; a name that none has says which there are."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.builders import chat, tables_of
from tests.execution.test_evaluation_index import ANSWER, QUESTION, index_of
from tuneset.errors import UsageError
from tuneset.execution import benchmark_indices, evaluation_files
from tuneset.params import EvaluationParams
from tuneset.stages.decontaminate import decontaminate


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    index_of(tmp_path)
    indices = tmp_path / "data" / "indices"
    indices.mkdir(parents=True)
    (tmp_path / "exam.ngrams").rename(indices / "exam.ngrams")
    return indices


def test_a_name_drops_what_the_index_drops(folder: Path) -> None:
    named = EvaluationParams(benchmarks=["exam"])
    path = EvaluationParams(files=["data/indices/exam.ngrams"])
    assert evaluation_files.digest(named) == evaluation_files.digest(path)
    tables = tables_of([chat("Who?", "Nobody."), chat(f"Tell me. {QUESTION}", "x"), chat("And?", ANSWER)])
    assert decontaminate(tables, *evaluation_files.held_against(named, tables)).rejects.height == 2


@pytest.mark.parametrize("name", ["gsm8k", "../indices/exam", "exam.ngrams", ""])
def test_an_unknown_name_says_which_there_are_and_how_to_make_one(folder: Path, name: str) -> None:
    with pytest.raises(UsageError) as caught:
        evaluation_files.load(EvaluationParams(benchmarks=[name]))
    assert caught.value.allowed == "exam (data/indices)"
    with pytest.raises(UsageError, match=r"allowed: none is in x, (?s:.)*index FILE... --out x/gsm8k.ngrams"):
        evaluation_files.load(EvaluationParams(benchmarks=["gsm8k"], indices=["x"]))


def test_an_installed_package_brings_indices(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package, metadata = tmp_path / "site" / "some_benchmarks", tmp_path / "site" / "some_benchmarks-1.dist-info"
    for made in (package, metadata):
        made.mkdir(parents=True)
    (package / "__init__.py").write_text("raise AssertionError('nothing of a package is run')")
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: some-benchmarks\nVersion: 1\n")
    (metadata / "entry_points.txt").write_text(f"[{benchmark_indices.GROUP}]\nsome = some_benchmarks\ngone = nowhere\n")
    (folder / "exam.ngrams").rename(package / "riddles.ngrams")
    monkeypatch.syspath_prepend(str(tmp_path / "site"))
    assert benchmark_indices.known(["data/indices"]) == {"riddles": package / "riddles.ngrams"}
    assert len(evaluation_files.load(EvaluationParams(benchmarks=["riddles"]))) == 2
