"""The record of the gate counts for the very files that it is of; otherwise the gate is run again."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.execution.comparison.sets import executor
from tests.providers.protocol_server import write_dataset
from tuneset.artifacts import read_json, write_json
from tuneset.dataset_folder import DatasetFolder, staged
from tuneset.errors import InputError
from tuneset.execution.gate import record
from tuneset.execution.gate.record import GateOutcome
from tuneset.params import Params, parse_params

STRICT = parse_params({"gate": {"min_examples": 100}}, "p")


@pytest.fixture
def folder(tmp_path: Path) -> DatasetFolder:
    write_dataset(tmp_path)
    return staged(tmp_path)


def standing(folder: DatasetFolder, params: Params | None = None, *, keep: bool = True) -> GateOutcome:
    return record.standing(folder, params or Params(), executor(), keep=keep)


def test_where_nobody_has_looked_the_gate_is_run_and_kept(folder: DatasetFolder) -> None:
    assert standing(folder, keep=False) == GateOutcome((), (), "nobody has looked")
    assert not folder.gate.exists()
    assert standing(folder).again == "nobody has looked"
    assert standing(folder) == GateOutcome(()), "by its record"


def test_a_record_counts_whatever_the_params_are_by_now(folder: DatasetFolder) -> None:
    failed = standing(folder, STRICT)
    assert failed.failed == ("min_examples is 15, at least 100",)
    assert standing(folder).failed == ("min_examples is 15, at least 100",)
    assert standing(folder).again == ""


def test_files_that_were_changed_are_looked_at_again(folder: DatasetFolder) -> None:
    standing(folder)
    with folder.side("validation").open("ab") as handle:
        handle.write(folder.side("train").read_bytes().splitlines(keepends=True)[0])
    found = standing(folder)
    assert found.again == "the files were changed"
    assert found.failed[0] == "max_validation_overlap is 0.25, at most 0"
    folder.side("validation").unlink()
    assert standing(folder).failed == ("min_validation_examples is 0, at least 1",)


@pytest.mark.parametrize("line", [b"x", b"[]", b"7", b'{"a": 1}', b'{"messages": "Hi"}', b'{"messages": ["Hi"]}'])
@pytest.mark.parametrize("side", ["train", "validation"])
def test_a_line_that_is_no_example_is_told_by_its_file(folder: DatasetFolder, line: bytes, side: str) -> None:
    path = folder.side(side)
    path.write_bytes(path.read_bytes() + line + b"\n")
    with pytest.raises(InputError) as caught:
        standing(folder)
    assert str(caught.value).startswith(f"{path}: a line is no example: the file is not as it was written\n  do: ")


def test_a_side_that_was_written_with_examples_is_not_looked_at_as_empty(folder: DatasetFolder) -> None:
    folder.side("validation").unlink()
    write_json(folder.manifest, {"files": {"validation.jsonl": {"examples": 0}}})
    assert standing(folder, keep=False).failed == ("min_validation_examples is 0, at least 1",)
    write_json(folder.manifest, {"files": {"validation.jsonl": {"examples": 4}}})
    with pytest.raises(InputError, match=r"validation\.jsonl: is missing, of 4 examples by .*manifest\.json\n  do: "):
        standing(folder)


@pytest.mark.parametrize(("asked", "least", "failed"), [(0.1, 1, True), (0, 1, False), (0, 5, True)])
def test_where_no_validation_is_asked_for_none_is_missing(
    folder: DatasetFolder, asked: float, least: int, failed: bool
) -> None:
    folder.side("validation").unlink()
    params = parse_params({"split": {"validation": asked}, "gate": {"min_validation_examples": least}}, "p")
    assert any("min_validation_examples" in sentence for sentence in standing(folder, params).failed) == failed


@pytest.mark.parametrize("record", ["", "[]", '{"passed": true}', '{"passed": true, "held": {"files": "0"}}'])
def test_a_record_of_other_files_or_of_none_says_nothing(folder: DatasetFolder, record: str) -> None:
    folder.reports.mkdir()
    folder.gate.write_text(record)
    assert standing(folder).again


def test_what_the_report_said_counts_for_what_the_files_cannot_say(folder: DatasetFolder) -> None:
    write_json(folder.metrics, {"rows": {"read": 30, "train": 9, "validation": 9, "drop_rate": 0.9}, "cost": {}})
    assert standing(folder).failed == ("max_drop_rate is 0.9, at most 0.5",)
    assert read_json(folder.gate)["gates"]["min_examples"]["value"] == 15, "of the files as they are"
