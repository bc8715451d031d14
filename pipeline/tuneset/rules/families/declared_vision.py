"""Rules on images in conversations."""

from __future__ import annotations

import base64
import datetime as dt
import struct
import zlib
from typing import Any

from tuneset.rules.rule import GOOD_CHAT, Rule, Sample, chat, message

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


def _looks(*urls: str, **more: Any) -> bytes:  # noqa: ANN401  a sample may be malformed
    images = [{"type": "image_url", "image_url": {"url": url, **more}} for url in urls]
    return chat(message("user", [{"type": "text", "text": "What is shown?"}, *images]), message("assistant", "A dot."))


_URL = "https://example.com/dot.png"
_PNG = _png(2, b"\xff\0\0")
_GIF = base64.b64decode("R0lGODlhAQABAIAAAP8AAP///ywAAAAAAQABAAACAkQBADs=")
_GOOD = Sample(_looks(_data_url(_PNG)), model="gpt-4o-2024-08-06")
_MODEL = "gpt-4o-2024-08-06"
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
            chat(message("user", "Draw a dot."),
                 message("assistant", [{"type": "image_url", "image_url": {"url": _URL}}])),
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
)  # fmt: skip
