"""An export: every line is in the ledger, the manifest ties it to the dataset, and nothing foreign is touched."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import polars as pl
import pytest
from typer.testing import CliRunner

from tests.builders import chat, pair
from tuneset.artifacts import read_json
from tuneset.cli.main import app
from tuneset.errors import DefectError, InputError, UsageError
from tuneset.writing import registry
from tuneset.writing.export import LEDGER_SCHEMA
from tuneset.writing.export import export as export_with
from tuneset.writing.exporter import Dataset, Exporter, LineOutcome, Order, OutFolder

OPENAI = registry.exporter("openai")


def export(dataset: Dataset, exporter: Exporter, out: Path) -> dict[str, Any]:
    return export_with(dataset, exporter, out, Order())


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
    assert not (tmp_path / "b").exists()


def test_the_datasets_own_folder_and_folders_of_others_are_refused(tmp_path: Path) -> None:
    dataset = dataset_of(tmp_path / "a", lines(chat("?", "!")))
    with pytest.raises(UsageError, match="is the dataset's own folder"):
        export(dataset, OPENAI, tmp_path / "a")
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "manifest.json").write_text("{}")
    with pytest.raises(UsageError, match="is not the manifest of an export"):
        export(dataset, OPENAI, tmp_path / "b")
    (tmp_path / "c").mkdir()
    (tmp_path / "c" / "thesis.txt").write_text("mine")
    with pytest.raises(UsageError, match="holds files that no export wrote"):
        export(dataset, OPENAI, tmp_path / "c")
    assert [path.name for path in (tmp_path / "c").iterdir()] == ["thesis.txt"]


def test_lines_of_a_format_that_a_flavour_has_no_form_for_are_refused_as_a_whole(tmp_path: Path) -> None:
    pairs = dataset_of(tmp_path / "a", lines(pair("?", "!", ".")))
    with pytest.raises(UsageError, match=r"--to mlx: has no form for lines of the format dpo\n  allowed: sft"):
        export(pairs, registry.exporter("mlx"), tmp_path / "b")
    assert not (tmp_path / "b").exists()


def test_an_export_that_was_killed_is_known_as_ours(tmp_path: Path) -> None:
    dataset = dataset_of(tmp_path / "a", lines(chat("?", "!")))

    def stop(dataset: Dataset, out: OutFolder, order: Order) -> Iterator[LineOutcome]:
        out.text("half.txt", "")
        manifest = (out.path / "manifest.json").read_bytes()
        assert json.loads(manifest) == {"flavour": "stopping", "finished": False, "files": {"half.txt": {}}}
        left.append(manifest)
        yield LineOutcome("train", 1, 1)

    left: list[bytes] = []
    export(dataset, Exporter("stopping", "nothing", stop), tmp_path / "b")
    (tmp_path / "b" / "manifest.json").write_bytes(left[0])  # as the kill would have left it
    export(dataset, OPENAI, tmp_path / "b")
    assert not (tmp_path / "b" / "half.txt").exists()


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
    assert manifest["lines"] == {"read": 3, "exported": 3, "left_out": {}, "changed": {}}
    ledger = pl.read_parquet(tmp_path / "b" / "ledger.parquet")
    assert ledger.schema == LEDGER_SCHEMA
    assert ledger.select("side", "line", "rows", "first_row").rows() == [
        ("train", 1, 1, 1),
        ("train", 3, 1, 2),
        ("validation", 1, 1, 1),
    ]


def test_the_next_export_removes_what_it_does_not_write_and_nothing_else(tmp_path: Path) -> None:
    both = dataset_of(tmp_path / "a", lines(chat("?", "!")), lines(chat("?", "!")))
    export(both, OPENAI, tmp_path / "b")
    (tmp_path / "b" / "notes.txt").write_text("mine")  # beside what is known as an export's
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
    def write(dataset: Dataset, out: OutFolder, order: Order) -> Iterator[LineOutcome]:
        out.text("train.jsonl", "")
        yield from outcomes

    silent = Exporter("silent", "nothing", write)
    with pytest.raises(DefectError, match=said):
        export(dataset_of(tmp_path / "a", lines(chat("?", "!"), {})), silent, tmp_path / "b")
    assert list((tmp_path / "b").iterdir()) == []


def test_the_command_prints_the_manifest_or_counts_with_reasons(tmp_path: Path) -> None:
    dataset_of(tmp_path / "a", lines(chat("?", "!"), pair("?", "!", "."), chat("?", "!", system="Be brief.")))
    command = ["export", str(tmp_path / "a"), "--to", "prompt-completion", "--out", str(tmp_path / "b")]
    done = CliRunner().invoke(app, command)
    assert done.exit_code == 0, done.stderr
    assert done.stdout.splitlines()[:2] == [
        "3 lines read, 2 exported as 2 rows",
        "  left out        1  EXP001 the export format has no form for lines of this kind, such as preference pairs",
    ]
    assert sorted(path.name for path in (tmp_path / "b").iterdir()) == [
        "README.md",
        "config.json",
        "ledger.parquet",
        "manifest.json",
        "train.jsonl",
        "train.py",
    ]
    as_json = CliRunner().invoke(app, [*command, "--output", "json"])
    assert json.loads(as_json.stdout) == read_json(tmp_path / "b" / "manifest.json")


@pytest.mark.parametrize("there", [False, True])
def test_a_command_that_is_refused_makes_no_folder_and_takes_none_away(tmp_path: Path, there: bool) -> None:
    dataset_of(tmp_path / "a", lines(chat("?", "!")))
    out = tmp_path / "b"
    if there:
        out.mkdir()
    refused = CliRunner().invoke(app, ["export", str(tmp_path / "a"), "--to", "kto", "--out", str(out)])
    assert isinstance(refused.exception, UsageError)
    assert out.exists() is there
    assert not there or not list(out.iterdir())


def test_the_command_names_the_formats_that_there_are(tmp_path: Path) -> None:
    told = CliRunner().invoke(app, ["export", "--help"], env={"COLUMNS": "4000"}).stdout
    assert all(f"{one.name}: {one.title}" in told for one in registry.EXPORTERS)
    with pytest.raises(UsageError, match="allowed: openai, trl, prompt-completion"):
        CliRunner().invoke(
            app, ["export", str(tmp_path), "--to", "word", "--out", "b"], catch_exceptions=False, standalone_mode=False
        )
