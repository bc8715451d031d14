"""Arrow files and spreadsheets give the same rows as any other table, packed or not."""

from __future__ import annotations

import gzip
import importlib.util
import io
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from tuneset.errors import InputError
from tuneset.reading.raw_shards import cut, plan
from tuneset.reading.read import read_records

ROWS = [{"question": "Open?", "answer": "Yes."}, {"question": "Price?", "answer": "7"}, {"question": "Where?"}]
COLUMNS = {"question": ["Open?", "Price?", "Where?"], "answer": ["Yes.", "7", None]}
_RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml"


def feather(path: Path) -> None:
    pl.DataFrame(COLUMNS).write_ipc(path, compression="lz4")


def stream(path: Path) -> None:
    pl.DataFrame(COLUMNS).write_ipc_stream(path)


def workbook(path: Path, *sheets: list[list[Any]]) -> None:
    """A small XLSX file by hand: each sheet a list of rows of texts and numbers."""
    count = range(1, len(sheets) + 1)
    parts = {
        "[Content_Types].xml": f'<Types xmlns="{_PACKAGE}/content-types"><Default Extension="rels" '
        'ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{_TYPE}.sheet.main+xml"/>'
        + "".join(
            f'<Override PartName="/xl/worksheets/sheet{n}.xml" ContentType="{_TYPE}.worksheet+xml"/>' for n in count
        )
        + "</Types>",
        "_rels/.rels": f'<Relationships xmlns="{_PACKAGE}/relationships"><Relationship Id="r" '
        f'Type="{_RELATIONS}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{_MAIN}" xmlns:r="{_RELATIONS}"><sheets>'
        + "".join(f'<sheet name="S{n}" sheetId="{n}" r:id="r{n}"/>' for n in count)
        + "</sheets></workbook>",
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{_PACKAGE}/relationships">'
        + "".join(
            f'<Relationship Id="r{n}" Type="{_RELATIONS}/worksheet" Target="worksheets/sheet{n}.xml"/>' for n in count
        )
        + "</Relationships>",
    }
    for n, rows in zip(count, sheets, strict=True):
        cells = "".join("<row>" + "".join(map(_cell, row)) + "</row>" for row in rows)
        parts[f"xl/worksheets/sheet{n}.xml"] = f'<worksheet xmlns="{_MAIN}"><sheetData>{cells}</sheetData></worksheet>'
    with zipfile.ZipFile(path, "w") as archive:
        for name, text in parts.items():
            archive.writestr(name, text)


def _cell(value: str | float | None) -> str:
    if value is None:
        return "<c/>"
    return f'<c t="inlineStr"><is><t>{value}</t></is></c>' if isinstance(value, str) else f"<c><v>{value}</v></c>"


def excel(path: Path) -> None:
    workbook(path, [["question", "answer"], ["Open?", "Yes."], ["Price?", 7], ["Where?", None]])


def read(path: Path) -> list[dict[str, Any]]:
    return [value for shard in plan([path]) for records in read_records(shard) for value in records.values]


@pytest.mark.parametrize("write", [feather, stream, excel])
def test_its_rows_are_read_whatever_its_name(tmp_path: Path, write: Callable[[Path], None]) -> None:
    path = tmp_path / "table"
    write(path)
    assert read(path) == ROWS


@pytest.mark.parametrize("write", [feather, stream])
def test_it_may_be_packed(tmp_path: Path, write: Callable[[Path], None]) -> None:
    path = tmp_path / "table"
    write(path)
    packed = tmp_path / "packed"
    packed.write_bytes(gzip.compress(path.read_bytes()))
    assert read(packed) == ROWS


@pytest.mark.parametrize("write", [feather, stream, excel])
def test_it_may_be_the_member_of_an_archive(tmp_path: Path, write: Callable[[Path], None]) -> None:
    path = tmp_path / "table"
    write(path)
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as archive:
        archive.write(path, "in/table")
    (tmp_path / "all.zip").write_bytes(held.getvalue())
    assert read(tmp_path / "all.zip") == ROWS


@pytest.mark.parametrize("write", [feather, stream])
def test_one_that_is_cut_short_is_refused(tmp_path: Path, write: Callable[[Path], None]) -> None:
    path = tmp_path / "table"
    write(path)
    path.write_bytes(path.read_bytes()[:-200])
    with pytest.raises(InputError, match="table: cannot be read as Arrow"):
        read(path)


def test_the_rows_of_all_sheets_are_read_in_order(tmp_path: Path) -> None:
    path = tmp_path / "book.xlsx"
    workbook(path, [["question", "answer"], ["a", "b"]], [["prompt", "completion"], ["c", "d"]])
    (shard,) = plan([path])
    (records,) = read_records(shard)
    assert records.values == [{"question": "a", "answer": "b"}, {"prompt": "c", "completion": "d"}]
    assert records.lines == [1, 2]


def test_a_spreadsheet_without_its_reader_is_refused_with_the_extra(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "book.xlsx"
    excel(path)
    find = importlib.util.find_spec
    monkeypatch.setattr(
        "tuneset.reading.containers.excel.find_spec", lambda name: None if name == "fastexcel" else find(name)
    )
    with pytest.raises(InputError, match="with the extra excel"):
        cut([path])


def test_what_datasets_writes_beside_the_data_is_left_out(tmp_path: Path) -> None:
    stream(tmp_path / "data-00000-of-00001.arrow")
    (tmp_path / "dataset_info.json").write_text("{}")
    (tmp_path / "state.json").write_text('{"_data_files": []}')
    assert read(tmp_path) == ROWS
