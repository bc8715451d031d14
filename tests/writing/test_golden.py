"""Every flavour writes the files that were looked over; and whoever runs it, the bytes are the same."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.writing.golden import FOLDER, cases, made
from tuneset.terms import Format


@pytest.mark.parametrize(("flavour", "method"), cases())
def test_the_files_are_those_that_were_looked_over(flavour: str, method: Format, tmp_path: Path) -> None:
    kept = {path.name: path.read_bytes() for path in sorted((FOLDER / flavour / method).iterdir())}
    assert made(flavour, method, tmp_path) == kept


def test_every_folder_belongs_to_a_flavour() -> None:
    assert {(path.parent.name, path.name) for path in FOLDER.glob("*/*")} == set(cases())
