"""Pictures of a question: what is broken, too large or of another format is refused; others are seen upright."""

from __future__ import annotations

import contextlib
import struct
import threading
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from tests.amounts import drawn
from tuneset.training import pictures
from tuneset.training.generator import CannotAnswerError
from tuneset.training.pictures import decoded


def pictures_in(messages: list[dict[str, Any]]) -> list[Image.Image]:
    with decoded(messages) as found:
        return found


def asked(*paths: Path, **more: object) -> list[dict[str, Any]]:
    shown = [{"type": "image_url", "image_url": {"path": str(path), **more}} for path in paths]
    return [{"role": "user", "content": "Look:"}, {"role": "user", "content": [{"type": "text", "text": "?"}, *shown]}]


def write(folder: Path, kind: str = "PNG", size: tuple[int, int] = (6, 4), **options: Any) -> Path:  # noqa: ANN401  Pillow's
    path = folder / f"{kind}-{size[0]}"
    Image.new("RGB", size, (200, 10, 30)).save(path, kind, **options)
    return path


def png_of_size(path: Path, width: int, height: int) -> Path:
    """A PNG of a few bytes that says it has so many pixels."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b""))
    return path


@pytest.mark.parametrize("size", [(9_460, 9_460), (100_000, 100_000), (2**31 - 1, 2**31 - 1)])
def test_what_says_that_it_is_large_is_refused_before_it_is_decoded(tmp_path: Path, size: tuple[int, int]) -> None:
    with pytest.raises(CannotAnswerError, match="Picture 1 is too large") as caught:
        pictures_in(asked(png_of_size(tmp_path / "a.png", *size)))
    assert (caught.value.code, caught.value.param) == ("image_too_large", "messages")


def test_pictures_that_are_too_large_only_together_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pictures, "MOST_PIXELS", 50)
    path = write(tmp_path)
    assert [one.size for one in pictures_in(asked(path, path))] == [(6, 4), (6, 4)]
    with pytest.raises(CannotAnswerError, match="Picture 3 is too large"):
        pictures_in(asked(path, path, path))


@pytest.mark.parametrize(
    "spoil",
    [
        lambda content: content[: len(content) // 2],
        lambda content: content[:20],
        lambda _: b"",
        lambda _: b"<svg xmlns='http://www.w3.org/2000/svg'/>",
    ],
)
@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "GIF"])
def test_what_is_broken_is_refused(tmp_path: Path, kind: str, spoil: Callable[[bytes], bytes]) -> None:
    path = write(tmp_path, kind, (40, 40))
    path.write_bytes(spoil(path.read_bytes()))
    with pytest.raises(CannotAnswerError, match="Picture 1 cannot be decoded") as caught:
        pictures_in(asked(path))
    assert caught.value.code == "image_parse_error"


@pytest.mark.parametrize("kind", ["TIFF", "BMP", "PPM", "ICO", "PDF"])
def test_another_format_is_refused_whatever_it_is_called(tmp_path: Path, kind: str) -> None:
    with pytest.raises(CannotAnswerError, match="none of png, jpeg, gif and webp"):
        pictures_in(asked(write(tmp_path, kind, (16, 16))))


@settings(max_examples=drawn(25), deadline=None)
@given(kind=st.sampled_from(["PNG", "JPEG", "WEBP", "GIF"]), place=st.integers(0, 400), byte=st.integers(0, 255))
def test_no_byte_that_is_wrong_brings_anything_but_a_picture_or_a_refusal(
    tmp_path_factory: pytest.TempPathFactory, kind: str, place: int, byte: int
) -> None:
    path = write(tmp_path_factory.mktemp("spoiled"), kind, (9, 9))
    content = bytearray(path.read_bytes())
    content[place % len(content)] = byte
    path.write_bytes(content)
    try:
        (found,) = pictures_in(asked(path))
    except CannotAnswerError:
        return
    assert found.mode == "RGB"


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "GIF"])
def test_each_format_is_seen(tmp_path: Path, kind: str) -> None:
    (found,) = pictures_in(asked(write(tmp_path, kind)))
    assert (found.mode, found.size) == ("RGB", (6, 4))
    assert found.getpixel((3, 2)) == pytest.approx((200, 10, 30), abs=4)


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGBA", "I;16"])
def test_other_colours_become_three(tmp_path: Path, mode: str) -> None:
    Image.new(mode, (3, 2)).save(tmp_path / "a.png")
    assert [one.mode for one in pictures_in(asked(tmp_path / "a.png"))] == ["RGB"]


def test_a_picture_is_upright_and_of_an_animation_the_first(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # turned by a quarter
    (turned,) = pictures_in(asked(write(tmp_path, "JPEG", (8, 4), exif=exif)))
    assert turned.size == (4, 8)
    red, blue = (Image.new("RGB", (4, 4), colour) for colour in ("red", "blue"))
    red.save(tmp_path / "a.gif", save_all=True, append_images=[blue])
    (first,) = pictures_in(asked(tmp_path / "a.gif"))
    assert first.getpixel((1, 1)) == (255, 0, 0)


def test_low_detail_makes_a_large_picture_smaller_and_no_small_one_larger(tmp_path: Path) -> None:
    large, small = write(tmp_path, size=(1024, 256)), write(tmp_path, size=(6, 4))
    assert [one.size for one in pictures_in(asked(large, small, detail="low"))] == [(512, 128), (6, 4)]
    assert [one.size for one in pictures_in(asked(large, detail="high"))] == [(1024, 256)]


def test_pictures_of_one_question_are_in_memory_at_a_time_and_texts_wait_for_none(tmp_path: Path) -> None:
    path, looked_at = write(tmp_path), threading.Event()

    def look() -> None:
        with decoded(asked(path)):
            looked_at.set()

    with contextlib.ExitStack() as held:
        held.enter_context(decoded(asked(path)))
        second = threading.Thread(target=look)
        second.start()
        assert pictures_in(asked()) == []
        assert not looked_at.wait(0.05)
    second.join()
    assert looked_at.is_set()
