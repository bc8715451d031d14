"""Real texts to compare: docstrings of the standard library, copies with small changes, sentences in other scripts."""

from __future__ import annotations

import ast
import random
import sysconfig
from pathlib import Path

import polars as pl
import pytest

MODULES = 150
LEAST_CHARACTERS = 200


@pytest.fixture(scope="session")
def docstrings() -> list[str]:
    """Docstrings of at least LEAST_CHARACTERS characters, each once, in the order of modules and lines."""
    found: dict[str, None] = {}
    for path in sorted(Path(sysconfig.get_paths()["stdlib"]).glob("*.py"))[:MODULES]:
        for node in ast.walk(ast.parse(path.read_bytes())):
            if isinstance(node, ast.FunctionDef | ast.ClassDef | ast.Module):
                text = ast.get_docstring(node) or ""
                if len(text) >= LEAST_CHARACTERS:
                    found[text] = None
    return list(found)


@pytest.fixture(scope="session")
def copied(docstrings: list[str]) -> pl.Series:
    """800 docstrings with three changed copies of each: from one word to 4 in 100 words deleted or replaced."""
    chance = random.Random(4)
    words = [word for text in docstrings[:100] for word in text.split()]
    texts = docstrings[:800]
    for text in docstrings[:800]:
        for share in (0.0, 0.02, 0.04):
            copy = text.split()
            for _ in range(max(1, int(len(copy) * share))):
                place = chance.randrange(len(copy))
                copy[place : place + 1] = [] if chance.random() < 0.5 else [chance.choice(words)]
            texts.append(" ".join(copy))
    return pl.Series("text", texts)
