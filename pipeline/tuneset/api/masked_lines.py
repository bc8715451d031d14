"""Lines of a file as a model sees them, and what a recipe trains of them; for commands and programs."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson

from tuneset.artifacts import read_error
from tuneset.errors import InputError, UsageError
from tuneset.ledger import parse_place
from tuneset.targets.local_models.chat_model import ChatModel, open_model
from tuneset.targets.local_models.find_model import find_model, not_found
from tuneset.targets.local_models.model_files import require_extra
from tuneset.targets.local_models.rendering import RenderError
from tuneset.targets.masks.mask import Mask, mask_example
from tuneset.targets.masks.recipes import Recipe


@dataclasses.dataclass(frozen=True)
class MaskedLine:
    """One line of a file: its mask, or why there is none.

    Args:
        line: physical, from 1.
    """

    line: int
    mask: Mask | None
    reason: str = ""


def target_model(name: str, template: str = "") -> ChatModel:
    """The model of that name, loaded. Raises UsageError where it is not on this machine or has no chat template."""
    require_extra(f"target {name}")
    place = find_model(name, template)
    if place is None:
        raise not_found(name, {})
    model = open_model(place)
    if not model.has_template:
        raise UsageError(
            f"target {name}: has a vocabulary but no chat template", hint="name one with --template FILE.jinja"
        )
    return model


def masked_lines(file: str, model: ChatModel, recipe: Recipe) -> Iterator[MaskedLine]:
    """Yield the mask of each line of `FILE`, or of the one of `FILE:LINE`.

    Raises InputError where the file cannot be read or has no such line.
    """
    path, wanted = _place(file)
    seen = False
    try:
        with path.open("rb") as handle:
            for number, raw in enumerate(handle, start=1):
                if (wanted is not None and number != wanted) or not raw.strip():
                    continue
                seen = True
                yield _masked(number, raw.removeprefix(b"\xef\xbb\xbf"), model, recipe)
                if wanted is not None:
                    return
    except OSError as error:
        raise read_error(path, error) from error
    if not seen:
        what = f"has no line {wanted}" if wanted is not None else "holds no line"
        raise InputError(f"{path}: {what}")


def _masked(number: int, raw: bytes, model: ChatModel, recipe: Recipe) -> MaskedLine:
    try:
        example: Any = orjson.loads(raw)
    except orjson.JSONDecodeError:
        return MaskedLine(number, None, "the line is no JSON; see tuneset check")
    if not isinstance(example, dict):
        return MaskedLine(number, None, "the line is no JSON object; see tuneset check")
    try:
        return MaskedLine(number, mask_example(model, example, recipe))
    except RenderError as error:
        return MaskedLine(number, None, error.reason)


def _place(file: str) -> tuple[Path, int | None]:
    """`FILE` or `FILE:LINE` taken apart; a file whose name ends so comes first."""
    if Path(file).exists() or not file.rpartition(":")[2].isdecimal():
        return Path(file), None
    place = parse_place(file)
    return Path(place.source), place.line
