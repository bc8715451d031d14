"""An index file of evaluation material: its n-grams as hashes, and not a word of its text.

Who has the material makes the file with `tuneset index`, and gives it to who has not; `dedup.evaluation.files` takes it
like the material itself. A hash can be held against a guess: the file tells whether a text is in the material, to
whom has that text already.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from tuneset import artifacts
from tuneset.errors import InputError
from tuneset.reading import decode
from tuneset.similarity.contamination import Evaluation, leading_bits
from tuneset.stages.decontaminate import EvaluationTexts

SUFFIX = ".ngrams"
VERSION = 1
_ARRAYS = ("hashes", "items", "places", "reach", "coverable")


def write(sides: Sequence[EvaluationTexts], target: Path) -> None:
    """Write the sides of evaluation material; the file and line of each text is kept, its folder is not."""
    arrays: dict[str, npt.NDArray[Any]] = {"version": np.array(VERSION)}
    for side in sides:
        arrays[f"{side.name}.n"] = np.array(side.index.n)
        arrays[f"{side.name}.labels"] = np.array([place.rpartition("/")[2] for place in side.places], np.str_)
        arrays |= {f"{side.name}.{name}": getattr(side.index, name) for name in _ARRAYS}
    packed = io.BytesIO()
    np.savez_compressed(packed, **arrays)  # type: ignore[arg-type]
    artifacts.write_bytes(target, packed.getvalue())


def read(path: Path, shares: dict[str, float]) -> list[EvaluationTexts]:
    """The sides of an index file, each with the share from which on a text counts.

    Raises InputError where the file is no such index, or one of a later version.
    """
    with decode.reading(path):
        data = path.read_bytes()
    try:
        with np.load(io.BytesIO(data), allow_pickle=False) as held:
            if int(held["version"]) != VERSION:
                raise InputError(f"{path}: is an index of another version", allowed=f"version {VERSION}")
            return [_side(held, name, share) for name, share in shares.items()]
    except (ValueError, KeyError, EOFError, zipfile.BadZipFile):
        raise InputError(
            f"{path}: is no index of evaluation material, or is damaged", hint="make it anew with `tuneset index`"
        ) from None


def _side(held: np.lib.npyio.NpzFile, name: str, share: float) -> EvaluationTexts:
    hashes, items, places, reach, coverable = (held[f"{name}.{one}"] for one in _ARRAYS)
    n = int(held[f"{name}.n"])
    index = Evaluation(n, hashes, items, places, reach, coverable, leading_bits(hashes))
    return EvaluationTexts(name, index, held[f"{name}.labels"].tolist(), share)
