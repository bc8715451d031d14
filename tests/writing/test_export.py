"""An export: every line is in the ledger, the manifest ties it to the dataset, and nothing foreign is touched."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path

import orjson
import polars as pl
import pytest
from typer.testing import CliRunner

from tests.builders import chat, pair
from tuneset.artifacts import read_json
from tuneset.cli.main import app
from tuneset.errors import DefectError, InputError, UsageError
from tuneset.writing import registry
from tuneset.writing.export import LEDGER_SCHEMA, export
from tuneset.writing.exporter import Dataset, Exporter, LineOutcome, one_file_a_side

OPENAI = registry.exporter("openai")


def dataset_of(folder: Path, train: bytes, validation: bytes | None = None) -> Dataset:
    folder.mkdir()
    (folder / "train.jsonl").write_bytes(train)
    if validation is not None:
        (folder / "validation.jsonl").write_bytes(validation)
    return Dataset(folder, lambda label, done, total: None)


def lines(*examples: object) -> bytes:
    return b"".join(orjson.dumps(example) + b"\n" for example in examples)


def test_a_folder_without_a_training_file_is_no_dataset(tmp_path: Path) -> None:
    (tmp_path / "validation.jsonl").write_bytes(b"")
    with pytest.raises(InputError, match=r"train\.jsonl: is not there"):
        Dataset(tmp_path, lambda label, done, total: None)


@pytest.mark.parametrize("line", [b"secret", b'["secret"]', b'{"secret', b"\xffsecret{}"])
def test_a_line_that_is_no_object_is_named_and_nothing_is_left(tmp_path: Path, line: bytes) -> None:
    dataset = dataset_of(tmp_path / "a", lines(chat("?", "!")) + b"\n" + line + b"\n")
    with pytest.raises(InputError, match=r"train\.jsonl:3: is no JSON object") as caught:
        export(dataset, OPENAI, tmp_path / "b")
    assert "secret" not in str(caught.value)
    assert list((tmp_path / "b").iterdir()) == []


def test_the_datasets_own_folder_and_a_folder_of_prepare_are_refused(tmp_path: Path) -> None:
    dataset = dataset_of(tmp_path / "a", lines(chat("?", "!")))
    with pytest.raises(UsageError, match="is the dataset's own folder"):
        export(dataset, OPENAI, tmp_path / "a")
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "manifest.json").write_text("{}")
    with pytest.raises(UsageError, match="is not the manifest of an export"):
        export(dataset, OPENAI, tmp_path / "b")


def test_lines_go_out_as_they_stand_and_the_manifest_ties_them_to_the_dataset(tmp_path: Path) -> None:
    train = b'{"messages": [],  "a":1}\n\n{"n": 123456789012345678901234567890}'
    dataset = dataset_of(tmp_path / "a", train, lines(pair("?", "!", ".")))
    manifest = export(dataset, OPENAI, tmp_path / "b")
    assert (tmp_path / "b" / "train.jsonl").read_bytes() == train.replace(b"\n\n", b"\n") + b"\n"
    assert (tmp_path / "b" / "validation.jsonl").read_bytes() == dataset.path("validation").read_bytes()
    assert manifest == read_json(tmp_path / "b" / "manifest.json")
    assert manifest["dataset"]["train.jsonl"] == {
        "sha256": hashlib.sha256(train).hexdigest(),
        "bytes": len(train),
        "examples": 2,
    }
    assert manifest["lines"] == {"read": 3, "exported": 3, "left_out": {}}
    ledger = pl.read_parquet(tmp_path / "b" / "ledger.parquet")
    assert ledger.schema == LEDGER_SCHEMA
    assert ledger.select("side", "line").rows() == [("train", 1), ("train", 3), ("validation", 1)]


def test_the_next_export_removes_what_it_does_not_write_and_nothing_else(tmp_path: Path) -> None:
    both = dataset_of(tmp_path / "a", lines(chat("?", "!")), lines(chat("?", "!")))
    export(both, OPENAI, tmp_path / "b")
    (tmp_path / "b" / "notes.txt").write_text("mine")
    export(dataset_of(tmp_path / "c", lines(chat("?", "!"))), OPENAI, tmp_path / "b")
    left = {path.name for path in (tmp_path / "b").iterdir()}
    assert left == {"train.jsonl", "ledger.parquet", "manifest.json", "notes.txt"}


@pytest.mark.parametrize(
    ("outcomes", "said"),
    [
        ([LineOutcome("train", 1, 1)], "tells of 1 lines of train.jsonl"),
        ([LineOutcome("train", 1, 1), LineOutcome("train", 2, 0)], "train.jsonl:2: an export leaves a line out"),
    ],
)
def test_a_format_that_passes_a_line_over_is_a_defect(tmp_path: Path, outcomes: list[LineOutcome], said: str) -> None:
    def write(dataset: Dataset, folder: Path) -> Iterator[LineOutcome]:
        (folder / "train.jsonl").write_bytes(b"")
        yield from outcomes

    silent = Exporter("silent", "nothing", one_file_a_side, write)
    with pytest.raises(DefectError, match=said):
        export(dataset_of(tmp_path / "a", lines({}, {})), silent, tmp_path / "b")
    assert not (tmp_path / "b" / "manifest.json").exists()


def test_the_command_prints_the_manifest_or_counts_with_reasons(tmp_path: Path) -> None:
    dataset_of(tmp_path / "a", lines(chat("?", "!"), pair("?", "!", ".")))
    command = ["export", str(tmp_path / "a"), "--to", "prompt-completion", "--out", str(tmp_path / "b")]
    done = CliRunner().invoke(app, command)
    assert done.exit_code == 0, done.stderr
    assert done.stdout.splitlines()[:2] == [
        "2 lines read, 1 exported as 1 rows",
        "  left out        1  EXP001 the export format has no form for lines of this kind, such as preference pairs",
    ]
    assert sorted(path.name for path in (tmp_path / "b").iterdir()) == [
        "ledger.parquet",
        "manifest.json",
        "train.jsonl",
    ]
    as_json = CliRunner().invoke(app, [*command, "--output", "json"])
    assert json.loads(as_json.stdout) == read_json(tmp_path / "b" / "manifest.json")


def test_the_command_names_the_formats_that_there_are(tmp_path: Path) -> None:
    told = CliRunner().invoke(app, ["export", "--help"], env={"COLUMNS": "400"}).stdout
    assert all(f"{one.name}: {one.title}" in told for one in registry.EXPORTERS)
    with pytest.raises(UsageError, match="allowed: openai, prompt-completion"):
        CliRunner().invoke(
            app, ["export", str(tmp_path), "--to", "word", "--out", "b"], catch_exceptions=False, standalone_mode=False
        )
