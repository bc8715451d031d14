"""Images: where they may stand, how many, and whether those inside the line can really be decoded."""

from __future__ import annotations

import base64
import datetime as dt
import io
import re
import struct
import urllib.parse
import warnings
import zlib
from collections.abc import Iterator
from typing import Any

from tuneset.rules.accessors import PROMPTS, Object, Step, all_messages, images
from tuneset.rules.context import Context
from tuneset.rules.issue import Issue, issue, show
from tuneset.rules.rule import Rule, Sample
from tuneset.rules.samples import GOOD_CHAT, chat, turn

_GUIDE = "OpenAI vision fine-tuning guide"
_SEEN = dt.date(2026, 11, 20)


def _png(color_type: int, pixel: bytes) -> bytes:
    """A PNG of one pixel; colour type 2 is RGB, 4 is grey with alpha (PNG specification, 11.2.2)."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", 1, 1, 8, color_type, 0, 0, 0)
    pixels = zlib.compress(b"\0" + pixel)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")


def _data_url(image: bytes, kind: str = "image/png") -> str:
    return f"data:{kind};base64,{base64.b64encode(image).decode()}"


def _looks(*urls: str, answer: Any = "A dot.", weight: int | None = None, **more: Any) -> bytes:  # noqa: ANN401  a sample may be malformed
    images = [{"type": "image_url", "image_url": {"url": url, **more}} for url in urls]
    weighted = {} if weight is None else {"weight": weight}
    asked = turn("user", [{"type": "text", "text": "What is shown?"}, *images], **weighted)
    return chat(asked, turn("assistant", answer))


_URL = "https://example.com/dot.png"
_PNG = _png(2, b"\xff\0\0")
_GIF = base64.b64decode("R0lGODlhAQABAIAAAP8AAP///ywAAAAAAQABAAACAkQBADs=")
_GOOD = Sample(_looks(_data_url(_PNG)), model="gpt-4o-2024-08-06")
_MODEL = "gpt-4o-2024-08-06"
_QWEN = "Qwen/Qwen3-VL-8B-Instruct"
_AT = "$.messages[0].content[1].image_url.url"

RULES = (
    Rule(
        "VIS001", "invalid-image-url", "error", "An image's URL is neither http(s) nor a base64 data URL.",
        "The server cannot fetch the image and leaves it out.",
        _GUIDE, _SEEN,
        Sample(_looks("file:///home/ann/dot.png"), path=_AT, model=_MODEL), _GOOD,
    ),
    Rule(
        "VIS002", "image-not-decodable", "error", "An image in the line cannot be decoded.",
        "'Invalid image format': the image is left out and the text is trained without it.",
        _GUIDE, _SEEN,
        Sample(_looks(_data_url(_PNG[:40])), path=_AT, model=_MODEL), _GOOD,
    ),
    Rule(
        "VIS003", "unsupported-image-format", "error", "An image is neither JPEG nor PNG nor WEBP.",
        "The server leaves the image out.",
        _GUIDE, _SEEN,
        Sample(_looks(_data_url(_GIF, "image/gif")), path=_AT, model=_MODEL), _GOOD,
    ),
    Rule(
        "VIS004", "unsupported-image-mode", "error", "An image's colour mode is neither RGB nor RGBA.",
        "The server leaves the image out.",
        _GUIDE, _SEEN,
        Sample(_looks(_data_url(_png(4, b"\x80\xff"))), path=_AT, model=_MODEL), _GOOD,
    ),
    Rule(
        "VIS005", "image-too-large", "error", "An image has more bytes than the provider takes.",
        "The server leaves the image out.",
        _GUIDE, _SEEN,
        Sample(b"", name="an image of more than 10 MB"), _GOOD,
    ),
    Rule(
        "VIS006", "too-many-images", "error", "An example has more images than the provider takes.",
        "The limit is 10 an example at OpenAI, 64 at Azure.",
        _GUIDE, _SEEN,
        Sample(_looks(*[f"https://example.com/{number}.png" for number in range(11)]), path="$.messages", model=_MODEL),
        _GOOD,
    ),
    Rule(
        "VIS007", "image-outside-user-message", "error", "An image stands in a message that is not the user's.",
        "Only user messages may show images; the assistant cannot answer with one.",
        _GUIDE, _SEEN,
        Sample(
            chat(turn("user", "Draw a dot."),
                 turn("assistant", [{"type": "image_url", "image_url": {"url": _URL}}])),
            path="$.messages[1].content[0].type", model=_MODEL,
        ),
        _GOOD,
    ),
    Rule(
        "VIS008", "model-without-vision", "error", "The example shows images, and the model cannot be trained on them.",
        "The job fails or the images are left out.",
        _GUIDE, _SEEN,
        Sample(_looks(_URL), path="$.messages", model="gpt-4.1-mini-2025-04-14"), _GOOD,
    ),
    Rule(
        "VIS009", "too-many-image-examples", "error", "The file has more examples with images than the provider takes.",
        "OpenAI takes 50,000; examples of text alone do not count.",
        _GUIDE, _SEEN,
        Sample(b"", line=0, name="50,001 examples with images"), _GOOD,
    ),
    Rule(
        "VIS010", "invalid-image-detail", "error", "An image's detail is none of auto, low and high.",
        "The server refuses the line.",
        "OpenAI API specification, ChatCompletionRequestMessageContentPartImage", dt.date(2025, 5, 20),
        Sample(_looks(_URL, detail="medium"), path="$.messages[0].content[1].image_url.detail", model=_MODEL), _GOOD,
    ),
    Rule(
        "VIS011", "image-type-mismatch", "warning", "A data URL names another image format than its bytes have.",
        "Readers that trust the name fail to decode the image.",
        "RFC 2397 (data URLs)", _SEEN,
        Sample(_looks(_data_url(_PNG, "image/jpeg")), path=_AT, model=_MODEL), GOOD_CHAT,
    ),
    Rule(
        "VIS012", "mixed-content-forms", "error", "Texts and lists of parts stand in one conversation.",
        "'Messages in the conversation must be either all in multimodal or all in text-only format.'",
        "together-python lib/utils/files.py, 2.0.0", _SEEN,
        Sample(_looks(_data_url(_PNG)), path="$.messages", profile="together", model=_QWEN),
        Sample(_looks(_data_url(_PNG), answer=[{"type": "text", "text": "A dot."}]), profile="together", model=_QWEN),
        optional=True,
    ),
    Rule(
        "VIS013", "weighted-image", "error", "A message with an image has a weight other than 0.",
        "'Messages with images cannot have non-zero weights.'",
        "together-python lib/utils/files.py, 2.0.0", _SEEN,
        Sample(_looks(_data_url(_PNG), answer=[{"type": "text", "text": "A dot."}], weight=1),
               path="$.messages[0].weight", profile="together", model=_QWEN),
        Sample(_looks(_data_url(_PNG), answer=[{"type": "text", "text": "A dot."}], weight=0),
               profile="together", model=_QWEN),
        optional=True,
    ),
)  # fmt: skip

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
    if context.on("VIS012"):
        yield from _mixed_forms(example, context)
    if not found:
        return
    where = PROMPTS[context.format]
    limit = context.profile.limit("images_per_example")
    if limit and len(found) > limit:
        said = f"{len(found)} images; allowed: at most {limit:.0f}"
        yield issue("VIS006", where, said, "split the example, or leave images out")
    if context.model is not None and not context.model.vision and context.format != "dpo":
        able = [name for name, model in context.profile.models.items() if model.vision]
        remedy = f"train {' or '.join(able)} (tune.model)" if able else "leave the images out"
        said = f"{context.model_name} cannot be trained on images"
        yield issue("VIS008", where, said, remedy)
    largest = context.profile.limit("image_bytes")
    for path, url in found:
        if not context.profile.lines.web_images and is_web_url(url):
            yield issue(
                "VIS001", path, "a web address; allowed: data:image/...;base64,...", "put the image into the line"
            )
        else:
            yield from _image(path, url, largest)
    for path, message in all_messages(example, context.format) if context.on("VIS013") else ():
        if message.get("weight") and any(True for _ in images(path, message)):
            said = f"a message with an image has weight {show(message['weight'])}; allowed: 0, or none"
            yield issue("VIS013", (*path, "weight"), said, "remove the weight")


def _mixed_forms(example: Object, context: Context) -> Iterator[Issue]:
    contents = [message.get("content") for _, message in all_messages(example, context.format)]
    if len({type(content) for content in contents if isinstance(content, str | list)}) > 1:
        said = "some messages are text, others lists of parts; allowed: all of one form"
        yield issue("VIS012", PROMPTS[context.format], said, "write each text as a list with one text part")


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
