"""A file is whole or absent, whatever happened to its writer; and a person is told why it could not be written."""

import errno
import hashlib
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tuneset import artifacts
from tuneset.errors import InputError, TunesetError

LARGE = b"x" * (3 * 1024 * 1024 + 1)
KILLED_WRITER = """
import os, signal, sys
from pathlib import Path
from tuneset import artifacts
with artifacts.writing(Path(sys.argv[1])) as handle:
    handle.write(b"half of the n")
    handle.flush()
    os.kill(os.getpid(), signal.SIGKILL)
"""


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def failing_write(path: Path) -> None:
    """Write a part of a file, then fail."""
    with pytest.raises(ZeroDivisionError), artifacts.writing(path) as handle:
        _ = handle.write(b"new") // 0


def test_an_exception_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "file"
    artifacts.write_bytes(path, b"old")
    failing_write(path)
    assert path.read_bytes() == b"old"
    assert names(tmp_path) == ["file"]


def test_an_exception_leaves_no_new_file(tmp_path: Path) -> None:
    failing_write(tmp_path / "file")
    assert names(tmp_path) == []


def test_a_killed_writer_leaves_the_old_file_and_what_it_left_can_be_removed(tmp_path: Path) -> None:
    path = tmp_path / "file"
    artifacts.write_bytes(path, b"old")
    killed = subprocess.run([sys.executable, "-c", KILLED_WRITER, str(path)], check=False)
    assert killed.returncode == -9
    assert path.read_bytes() == b"old"
    assert len(names(tmp_path)) == 2
    artifacts.remove_temporaries(tmp_path)
    assert names(tmp_path) == ["file"]


def test_nobody_sees_the_new_file_before_it_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "file"
    artifacts.write_bytes(path, b"old")
    with artifacts.writing(path) as handle:
        handle.write(b"new")
        handle.flush()
        assert path.read_bytes() == b"old"
    assert path.read_bytes() == b"new"
    assert names(tmp_path) == ["file"]


def test_missing_folders_are_made(tmp_path: Path) -> None:
    artifacts.write_bytes(tmp_path / "a" / "b" / "file", b"")
    assert (tmp_path / "a" / "b" / "file").read_bytes() == b""


def test_a_full_disk_is_told_and_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "file"
    artifacts.write_bytes(path, b"old")

    def full(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(InputError) as caught:
        artifacts.write_bytes(path, b"new")
    assert str(caught.value) == f"{path}: the disk is full\n  do: free some space and run the same command again"
    assert caught.value.exit_code == 3
    assert path.read_bytes() == b"old"
    assert names(tmp_path) == ["file"]


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (errno.EACCES, "cannot be written: Permission denied\n  do: check the folder's permissions"),
        (errno.EPERM, "cannot be written: Operation not permitted\n  do: check the folder's permissions"),
        (errno.EROFS, "cannot be written: Read-only file system\n  do: check the folder's permissions"),
        (errno.EIO, "cannot be written: Input/output error"),
    ],
)
def test_each_fault_of_the_disk_is_told_in_words(number: int, text: str) -> None:
    error = artifacts.write_error(Path("out/file"), OSError(number, os.strerror(number)))
    assert isinstance(error, TunesetError)
    assert str(error) == f"out/file: {text}"


def test_a_fault_without_a_number_is_told_in_its_own_words() -> None:
    assert str(artifacts.write_error(Path("file"), OSError("odd"))) == "file: cannot be written: odd"


def test_an_error_of_rust_has_its_number_in_its_words() -> None:
    full = OSError(f"No space left on device (os error {errno.ENOSPC})")
    assert str(artifacts.write_error("file", full)).startswith("file: the disk is full\n  do: ")
    other = OSError(f"Too many open files (os error {errno.EMFILE})")
    assert str(artifacts.write_error("file", other)) == "file: cannot be written: Too many open files"


def test_a_folder_that_is_a_file_is_told(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"")
    for path, reason in ((tmp_path / "a" / "file", "File exists"), (tmp_path / "a" / "b" / "file", "Not a directory")):
        with pytest.raises(InputError) as caught:
            artifacts.write_bytes(path, b"new")
        told = f"{path}: cannot be written: {reason}\n  do: a file stands where a folder is needed: name another"
        assert str(caught.value) == told


def test_a_file_that_is_a_folder_is_told_and_stays(tmp_path: Path) -> None:
    (tmp_path / "file").mkdir()
    with pytest.raises(InputError, match=r"file: cannot be written: Is a directory$"):
        artifacts.write_bytes(tmp_path / "file", b"new")
    assert names(tmp_path) == ["file"]


def test_a_name_that_is_too_long_is_told(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"cannot be written: File name too long$"):
        artifacts.write_bytes(tmp_path / ("x" * 300), b"new")


def test_an_error_of_ours_passes_as_it_is(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"^raw: is empty$"), artifacts.writing(tmp_path / "file"):
        raise InputError("raw: is empty")


def test_json_has_one_form() -> None:
    assert artifacts.json_bytes({"b": [1, 2], "a": "ü"}) == '{\n  "a": "ü",\n  "b": [\n    1,\n    2\n  ]\n}\n'.encode()


def test_json_is_read_back(tmp_path: Path) -> None:
    artifacts.write_json(tmp_path / "a.json", {"b": [None, 1.5]})
    assert artifacts.read_json(tmp_path / "a.json") == {"b": [None, 1.5]}


def test_json_that_is_missing_or_broken_is_refused_with_its_place(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    with pytest.raises(InputError) as caught:
        artifacts.read_json(path)
    assert str(caught.value) == f"{path}: cannot be read: No such file or directory\n  do: check the path"
    path.write_text('{\n "a": ?\n}')
    with pytest.raises(InputError) as caught:
        artifacts.read_json(path)
    assert str(caught.value) == f"{path}: is not JSON (line 2, column 7)"


@pytest.mark.parametrize("data", [b"", b"abc", LARGE])
def test_a_file_is_hashed_whole(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "file").write_bytes(data)
    assert artifacts.sha256_file(tmp_path / "file") == hashlib.sha256(data).hexdigest()


def test_only_temporary_files_of_the_folder_itself_are_removed(tmp_path: Path) -> None:
    below = tmp_path / "below"
    below.mkdir()
    kept = [tmp_path / "file", tmp_path / ".hidden", below / f"{artifacts.TEMPORARY_PREFIX}1-file"]
    for path in (*kept, tmp_path / f"{artifacts.TEMPORARY_PREFIX}2-file"):
        path.write_bytes(b"")
    artifacts.remove_temporaries(tmp_path)
    assert names(tmp_path) == [".hidden", "below", "file"]
    assert all(path.exists() for path in kept)
