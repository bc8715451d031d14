"""The archive of a model's weights: what it says of its length is so, and it is read as it was."""

from __future__ import annotations

import contextlib
import io
import shutil
import tarfile
from pathlib import Path

import pytest

from tuneset.endpoint.jobs.model_archive import archive, archive_bytes, members

FILES = {"a": b"", "b/long" + "n" * 150 + "ä": b"x" * 512, "c": b"y" * 1_500_000}


def test_a_file_that_became_shorter_ends_the_archive_with_an_error(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"long")
    with contextlib.ExitStack() as opened:
        found = members(tmp_path, opened)
        (tmp_path / "a").write_bytes(b"l")
        with pytest.raises(OSError, match="shorter"):
            list(archive(found))


def test_a_folder_is_read_back_as_it_was(tmp_path: Path) -> None:
    for name, content in FILES.items():
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content)
    with contextlib.ExitStack() as opened:
        found = members(tmp_path, opened)
        shutil.rmtree(tmp_path)  # what is open stays readable
        sent = b"".join(archive(found))
        assert len(sent) == archive_bytes(found)
    with tarfile.open(fileobj=io.BytesIO(sent)) as opened:
        read = {name: opened.extractfile(name) for name in opened.getnames()}
        assert {name: held.read() for name, held in read.items() if held is not None} == FILES
