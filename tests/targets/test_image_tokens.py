"""Images cost what their size says: the sizes of real files, and the documented examples of each rule."""

import base64
import io
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from tuneset.profile import ImageTokens, load_profile
from tuneset.targets.image_size import Size, image_size
from tuneset.targets.image_tokens import image_tokens
from tuneset.targets.target import EXACT, find_target

SIDES = st.integers(1, 300)


def data_url(image: bytes, kind: str = "png") -> str:
    return f"data:image/{kind};base64,{base64.b64encode(image).decode()}"


def encoded(width: int, height: int, form: str, **options: object) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (width, height)).save(out, form, **options)
    return out.getvalue()


@pytest.mark.parametrize(
    "url",
    [
        "https://example.com/a.png",
        "data:text/plain;base64,AAAA",
        "data:image/png;base64,",
        "data:image/png;base64,@@@@",
        data_url(encoded(3, 5, "PNG")[:15]),
        data_url(b"\xff\xd8" + b"\x00" * 40),
        data_url(b"\xff\xd8\xff\xe0\xff\xff"),
        data_url(b"RIFF\x00\x00\x00\x00WEBPALPH"),
        data_url(b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + b"IHDR" + struct.pack(">II", 0, 7)),
        "",
    ],
)
def test_what_is_no_image_has_no_size(url: str) -> None:
    assert image_size(url) is None


@given(SIDES, SIDES, st.sampled_from(["PNG", "JPEG", "GIF", "WEBP"]))
def test_the_size_is_that_of_a_decoder(width: int, height: int, form: str) -> None:
    assert image_size(data_url(encoded(width, height, form), form.lower())) == Size(width, height)


def test_every_kind_of_webp_and_a_jpeg_with_a_long_preview() -> None:
    assert image_size(data_url(encoded(31, 17, "WEBP", lossless=True), "webp")) == Size(31, 17)
    out = io.BytesIO()
    Image.new("RGBA", (40, 20), (1, 2, 3, 4)).save(out, "WEBP")
    assert image_size(data_url(out.getvalue(), "webp")) == Size(40, 20)
    plain = encoded(64, 48, "JPEG")
    preview = b"".join(b"\xff\xe1" + struct.pack(">H", 65_535) + b"\0" * 65_533 for _ in range(3))
    assert image_size(data_url(plain[:2] + preview + plain[2:], "jpeg")) == Size(64, 48)
    assert image_size(data_url(plain[:2] + b"\xff" + plain[2:], "jpg")) == Size(64, 48)


@pytest.mark.parametrize(
    ("model", "size", "tokens"),
    [
        ("gpt-4o-2024-08-06", (1024, 1024), 765),  # the guide's examples
        ("gpt-4o-2024-08-06", (2048, 4096), 1105),
        ("gpt-4o-2024-08-06", (128, 64), 255),
        ("gpt-4o-mini-2024-07-18", (512, 512), 8500),
        ("gpt-4.1-mini-2025-04-14", (1024, 1024), 1659),
        ("gpt-4.1-mini-2025-04-14", (1800, 2400), 2353),
        ("gpt-4.1-mini-2025-04-14", (128, 64), 13),
        ("gpt-4.1-nano-2025-04-14", (32, 32), 3),
    ],
)
def test_an_image_costs_what_the_guide_says(model: str, size: tuple[int, int], tokens: int) -> None:
    rule = load_profile("openai").models[model].image_tokens
    assert rule is not None
    assert image_tokens(Size(*size), rule) == tokens


@given(st.integers(1, 20_000), st.integers(1, 20_000))
def test_no_image_costs_more_than_the_largest(width: int, height: int) -> None:
    patches = ImageTokens.model_validate(
        {"rule": "patches", "each": 1, "most": 1536, "source": "-", "as_of": "2026-11-26"}
    )
    tiles = ImageTokens.model_validate({"rule": "tiles", "each": 1, "source": "-", "as_of": "2026-11-26"})
    assert 1 <= image_tokens(Size(width, height), patches) <= 1536
    assert 1 <= image_tokens(Size(width, height), tiles) <= 8


def test_an_image_in_the_line_is_exact_and_one_on_the_web_is_not() -> None:
    target = find_target("gpt-4o-2024-08-06", load_profile("openai"))

    def counted(url: str, **more: str) -> tuple[int, str]:
        shown = [{"type": "image_url", "image_url": {"url": url, **more}}]
        count = target.count_example({"messages": [{"role": "user", "content": shown}]})
        return count.tokens, "" if count.precision == EXACT else count.precision.reason

    beside = 3 + 1 + 3  # the message, its role, the reply
    assert counted(data_url(encoded(600, 300, "PNG"))) == (beside + 85 + 2 * 170, "")
    assert counted(data_url(encoded(600, 300, "PNG")), detail="low") == (beside + 85, "")
    assert counted("https://example.com/a.png")[1] == "what an image costs depends on its size, which is not known here"
    open_model = find_target("gpt-oss-20b", load_profile("azure"))
    shown = [{"type": "image_url", "image_url": {"url": data_url(encoded(600, 300, "PNG"))}}]
    precision = open_model.count_example({"messages": [{"role": "user", "content": shown}]}).precision
    assert precision.reason == "what an image costs at the model is not documented"
