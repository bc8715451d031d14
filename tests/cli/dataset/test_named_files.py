"""What of folders and archives is not read is told by name and reason, and a workbook is one file."""

import zipfile
from pathlib import Path

import pytest

from tuneset.cli.dataset.named_files import named_sources, tell_raw_left_out

ROW = '{"question": "?", "answer": "!"}\n'


def packed(path: Path, *names: str) -> Path:
    with zipfile.ZipFile(path, "w") as zipped:
        for name in names:
            zipped.writestr(name, ROW)
    return path


def test_of_data_alone_nothing_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "a.jsonl").write_text(ROW)
    packed(tmp_path / "b.zip", "b.jsonl")
    packed(tmp_path / "c.xlsx", "[Content_Types].xml", "xl/media/logo.png")
    tell_raw_left_out([tmp_path, tmp_path / "a.jsonl", tmp_path / "absent"])
    assert capsys.readouterr().err == ""


def test_what_stands_beside_the_data_of_an_archive_is_told_alone_and_in_a_folder(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    packed(tmp_path / "export.zip", "conversations.json", "chat.html", "dalle/cat.png", "__MACOSX/._chat.html")
    expected = [
        f"{tmp_path}/export.zip: left out",
        "  made by macOS: __MACOSX/._chat.html",
        "  a page: chat.html",
        "  a picture: dalle/cat.png",
    ]
    for given in (tmp_path / "export.zip", tmp_path):
        tell_raw_left_out([given])
        assert capsys.readouterr().err.splitlines() == expected


def test_of_a_folder_that_prepare_wrote_the_sides_are_meant_and_of_any_other_all_lines(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for folder in ("own", "made"):
        for name in ("train", "extra", "results/steps", "train.fixed"):
            path = tmp_path / folder / f"{name}.jsonl"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(ROW)
    (tmp_path / "made" / "ledger.parquet").touch()

    def meant(folder: Path) -> list[str]:
        with named_sources([str(folder)]) as sources:
            return [Path(name).relative_to(tmp_path).as_posix() for _, name in sources]

    own = ["own/extra.jsonl", "own/results/steps.jsonl", "own/train.jsonl"]
    assert meant(tmp_path / "own") == own
    assert meant(tmp_path / "made") == ["made/train.jsonl"]
    assert "  written beside the dataset: extra.jsonl, results/steps.jsonl" in capsys.readouterr().err.splitlines()
    assert meant(tmp_path) == ["made/train.jsonl", *own], "also where it lies in the folder that is named"
