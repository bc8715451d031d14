"""Images: where they may stand, how many, and whether those inside the line can really be decoded."""

from __future__ import annotations

import base64
import io
import re
import urllib.parse
import warnings
from collections.abc import Iterator

from tuneset.rules.accessors import PROMPTS, Object, Step, all_messages, images
from tuneset.rules.engine.check_context import Context
from tuneset.rules.issue import Issue, issue

_DATA_URL = re.compile(r"data:(image/[a-z0-9.+-]+);base64,", re.ASCII)
# Decoders that are tried to say what an image is; those of ALLOWED are taken by the servers.
_KNOWN_FORMATS = ("PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF")
ALLOWED_FORMATS = frozenset({"PNG", "JPEG", "WEBP"})
ALLOWED_MODES = frozenset({"RGB", "RGBA"})
_MEDIA_TYPES = {"PNG": "image/png", "JPEG": "image/jpeg", "WEBP": "image/webp"}
_LONGEST_WEB_URL = 8192
"""Characters; servers refuse longer request lines."""


def vision_issues(example: Object, context: Context) -> Iterator[Issue]:
    """Yield what is wrong with the images of an example."""
    found = [entry for path, message in all_messages(example, context.format) for entry in images(path, message)]
    if not found:
        return
    where = PROMPTS[context.format]
    limit = context.profile.limit("images_per_example")
    if limit and len(found) > limit:
        said = f"{len(found)} images; allowed: at most {limit:.0f}"
        yield issue("VIS006", where, said, "split the example, or leave images out")
    if context.model is not None and not context.model.vision and context.format != "dpo":
        able = [name for name, model in context.profile.models.items() if model.vision]
        hint = f"train {' or '.join(able)}" if able else "leave the images out"
        yield issue("VIS008", where, f"{context.model_name} cannot be trained on images", hint)
    largest = context.profile.limit("image_bytes")
    for path, url in found:
        yield from _image(path, url, largest)


def _image(path: Step, url: str, largest: float | None) -> Iterator[Issue]:
    head = _DATA_URL.match(url)
    if head is None:
        if not is_web_url(url):
            said = "neither an http(s) URL nor data:image/...;base64,..."
            yield issue("VIS001", path, said, "put the image on a public URL, or write it as a base64 data URL")
        return
    try:
        data = base64.b64decode(url[head.end() :], validate=True)
    except ValueError:  # binascii.Error is one, and characters beyond ASCII raise another
        yield issue("VIS002", path, "the data URL is not base64", "encode the file's bytes as base64 again")
        return
    if largest and len(data) > largest:
        said = f"{len(data)} bytes; allowed: at most {largest:.0f}"
        yield issue("VIS005", path, said, "make the image smaller; detail low is 512 by 512 pixels in any case")
        return
    yield from _decoded(path, data, head.group(1))


def _decoded(path: Step, data: bytes, media_type: str) -> Iterator[Issue]:
    from PIL import Image, UnidentifiedImageError  # noqa: PLC0415  files without images do without

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(data), formats=_KNOWN_FORMATS) as image:
                kind, mode = str(image.format), image.mode
                if kind in ALLOWED_FORMATS:
                    image.load()
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        yield issue("VIS005", path, "too many pixels to decode safely", "make the image smaller")
        return
    # A broken image makes Pillow's decoders raise errors of many kinds.
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, EOFError, IndexError, TypeError, OverflowError):
        yield issue("VIS002", path, "the bytes are no image, or one that is cut short", "export the image again")
        return
    if kind not in ALLOWED_FORMATS:
        yield issue("VIS003", path, f"a {kind} image; allowed: JPEG, PNG or WEBP", "convert it to PNG")
        return
    if mode not in ALLOWED_MODES:
        yield issue("VIS004", path, f"colour mode {mode}; allowed: RGB or RGBA", "convert it to RGB")
    if media_type != _MEDIA_TYPES[kind] and not (kind == "JPEG" and media_type == "image/jpg"):
        yield issue("VIS011", path, f"the URL says {media_type}, the bytes are {kind}", f"write {_MEDIA_TYPES[kind]}")


def is_web_url(url: str) -> bool:
    """Whether a URL is one that a server can fetch over http(s).

    >>> is_web_url("https://example.com/a.png"), is_web_url("https:///a.png"), is_web_url("ftp://example.com/a.png")
    (True, False, False)
    """
    if len(url) > _LONGEST_WEB_URL or not url.isprintable() or " " in url:
        return False
    try:
        parts = urllib.parse.urlsplit(url)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.hostname)
