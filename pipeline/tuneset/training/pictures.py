"""Pictures of a question, decoded: what is broken, too large or of another format is refused before it takes memory.

Only the first picture of an animation is looked at, upright as its camera held it, and without what it shows through:
so transformers loads pictures too (5.24, `image_utils.load_image`). What a model makes of one is its generator's.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from PIL import Image, ImageOps

from tuneset.training.generator import CannotAnswerError

FORMATS = ("PNG", "JPEG", "GIF", "WEBP")
"""Pillow's names of what OpenAI's guide to images and vision allows, 2026-11-20."""

MOST_PIXELS = 89_478_485
"""Of all pictures of a question together: what Pillow decodes of a single one without a warning (12.0). That is 256 MiB
in memory, and a file of a few kilobytes may say that it has more."""

LOW_SIDE = 512
"""Pixels of the longer side of a picture of low detail. OpenAI's guide to images and vision, 2026-11-20."""


_one_question = threading.Lock()


@contextlib.contextmanager
def decoded(messages: Iterable[Mapping[str, Any]]) -> Iterator[list[Image.Image]]:
    """The pictures of messages for as long as a block, in their order; those of one question at a time.

    Raises CannotAnswerError where one cannot be looked at.
    """
    shown = [
        part["image_url"]
        for message in messages
        if isinstance(message.get("content"), list)
        for part in message["content"]
        if part["type"] == "image_url"
    ]
    with _one_question if shown else contextlib.nullcontext():
        yield _pictures(shown)


def _pictures(shown: Iterable[Mapping[str, Any]]) -> list[Image.Image]:
    found: list[Image.Image] = []
    room = MOST_PIXELS
    for one in shown:
        picture = _decoded(Path(one["path"]), room, len(found) + 1)
        room -= picture.width * picture.height
        if one.get("detail") == "low":
            picture.thumbnail((LOW_SIDE, LOW_SIDE))
        found.append(picture)
    return found


def _decoded(path: Path, room: int, number: int) -> Image.Image:
    """One picture, of which so many pixels may be there."""
    try:
        with Image.open(path, formats=FORMATS) as opened:
            if opened.width * opened.height <= room:
                return ImageOps.exif_transpose(opened).convert("RGB")
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):  # said of its size before it is decoded
        pass
    except Exception:  # noqa: BLE001  a broken file may have a decoder raise anything
        message = f"Picture {number} cannot be decoded: it is broken, or none of png, jpeg, gif and webp."
        raise CannotAnswerError("image_parse_error", message, "messages") from None
    message = (
        f"Picture {number} is too large: all pictures of a request together may have {MOST_PIXELS:,} pixels. Please "
        "send smaller ones."
    )
    raise CannotAnswerError("image_too_large", message, "messages")
