"""Any line of a file is read as splitting the file gives it, and none that holds a text is passed over."""

from pathlib import Path
from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.viewing.looked_at import write_lines
from tuneset.errors import InputError
from tuneset.viewing.line_file import LineFile
from tuneset.viewing.search import as_json

LETTERS = st.text(alphabet='aKk\u212a\u0130i"\\/\n\u00e9x\u0420\u0440\u03a3\u03c3\u03c2\u2126\u03c9\u4e16', max_size=6)


def test_a_file_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"no.jsonl: cannot be read"):
        LineFile(tmp_path / "no.jsonl")


@given(st.lists(st.sampled_from(["", "a", "bb\r", "\u00e9"]), max_size=8), st.booleans(), st.randoms())
def test_lines_are_those_that_splitting_gives(
    tmp_path_factory: pytest.TempPathFactory, lines: list[str], ends: bool, random: Random
) -> None:
    path = tmp_path_factory.mktemp("lines") / "a.jsonl"
    text = "\n".join(lines) + ("\n" if ends else "")
    path.write_bytes(text.encode())
    whole = text.split("\n")[:-1] if text.endswith("\n") or not text else text.split("\n")
    wanted = [random.randrange(len(whole)) for _ in range(5)] if whole else []
    file = LineFile(path)
    assert len(file) == len(whole)
    assert file.read(np.array(wanted, np.int64)) == [whole[number].removesuffix("\r").encode() for number in wanted]
    file.close()


@given(st.lists(LETTERS, min_size=1, max_size=6), LETTERS.filter(bool))
def test_no_line_that_holds_a_text_is_passed_over(
    tmp_path_factory: pytest.TempPathFactory, texts: list[str], needle: str
) -> None:
    file = LineFile(write_lines(tmp_path_factory.mktemp("lines") / "a.jsonl", [[text] for text in texts]))
    suspects = file.suspects(np.arange(len(texts)), as_json(needle))
    assert all(suspects[n] for n, text in enumerate(texts) if needle.lower() in text.lower())
    file.close()


def test_escapes_of_other_writers_are_suspects(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(b'["\\u0041bc"]\n["a\\/b"]\n["abc"]\n["x"]\n')
    assert LineFile(path).suspects(np.arange(4), b"abc").tolist() == [True, True, True, False]
