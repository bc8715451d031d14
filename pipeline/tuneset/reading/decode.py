"""From a path to a stream of UTF-8 bytes: content decides compression and encoding, never the file's extension.

Memory is bounded: a stream yields pieces of about a mebibyte. What the bytes mean is not looked at here.
"""

from __future__ import annotations

import bz2
import codecs
import contextlib
import dataclasses
import gzip
import lzma
import os
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Any, Literal

import zstandard

from tuneset.errors import InputError
from tuneset.reading import archives

Compression = Literal["none", "gzip", "zstd", "bzip2", "xz"]

HEAD_BYTES = 1 << 20
"""How much of a file (decompressed) is looked at to tell what it is."""

_PIECE_BYTES = 1 << 20
_MISSING_HINTS = {"-": "standard input is not read here: save it to a file first"}
_WIDE_BYTES = 4096
_FEWEST_NULS = 2
_ZSTD_PIECE_BYTES = 1 << 12  # a hostile frame unpacks about 30,000-fold, so this bounds a piece to some 128 MiB
_GZIP_MAGIC = b"\x1f\x8b"
_ZSTD_MAGIC = b"\x28\xb5\x2f\xfd"
_BZIP2_MAGIC = b"BZh"
_BZIP2_BLOCKS = (b"1AY&SY", b"\x17rE8P\x90")  # a first block, or the end of an empty file
_XZ_MAGIC = b"\xfd7zXZ\0"
_LONGEST_MAGIC = 10
_DAMAGED = (
    *(EOFError, zlib.error, zstandard.ZstdError, gzip.BadGzipFile, lzma.LZMAError),
    *archives.DAMAGED,
)


@dataclasses.dataclass(frozen=True)
class Content:
    """What a file's first bytes tell.

    Args:
        compression: how the file is packed.
        encoding: how its text is encoded, once unpacked.
        mark: length of the byte order mark in bytes, 0 where there is none.
        head: the first bytes, unpacked and not yet decoded.
        member: the name of what is read within an archive; empty for a file itself.
    """

    compression: Compression
    encoding: str
    mark: int
    head: bytes
    member: str = ""

    def head_text(self) -> bytes:
        """The head as UTF-8 without a byte order mark."""
        head = self.head[self.mark :]
        return head if self.encoding == "utf-8" else head.decode(self.encoding, "ignore").encode()


def sniff(path: Path, member: str = "") -> Content:
    """Look at the first bytes of a file, or of a member of an archive.

    Raises InputError where it cannot be read or is damaged.
    """
    magic = b""
    for piece in _stored(path, member):
        magic += piece[:_LONGEST_MAGIC]
        if len(magic) >= _LONGEST_MAGIC:
            break
    compression = _compression(magic)
    head = b""
    for piece in unpacked(path, Content(compression, "utf-8", 0, b"", member)):
        head += piece
        if len(head) >= HEAD_BYTES:
            break
    encoding, mark = _encoding(head)
    return Content(compression, encoding, mark, head, member)


def _compression(magic: bytes) -> Compression:
    """How a file that begins so is packed.

    >>> _compression(b"BZh91AY&SY"), _compression(b"BZh is how it begins")
    ('bzip2', 'none')
    """
    if magic.startswith(_GZIP_MAGIC):
        return "gzip"
    if magic.startswith(_ZSTD_MAGIC):
        return "zstd"
    if magic.startswith(_XZ_MAGIC):
        return "xz"
    if magic.startswith(_BZIP2_MAGIC) and magic[4:].startswith(_BZIP2_BLOCKS):
        return "bzip2"
    return "none"


def _encoding(head: bytes) -> tuple[str, int]:
    r"""The encoding of a text and the length of its byte order mark.

    Without a mark, UTF-16 and UTF-32 show by the NUL bytes of their first two characters.

    >>> _encoding(b'{\x00"\x00'), _encoding(b"\xef\xbb\xbf{}"), _encoding(b"\xff\xfe\0\0{\0\0\0")
    (('utf-16-le', 0), ('utf-8', 3), ('utf-32-le', 4))
    """
    if head.startswith(codecs.BOM_UTF8):
        return "utf-8", 3
    if head.startswith(codecs.BOM_UTF32_LE) and len(head) % 4 == 0:
        return "utf-32-le", 4
    if head.startswith(codecs.BOM_UTF32_BE):
        return "utf-32-be", 4
    if head.startswith(codecs.BOM_UTF16_LE):
        return "utf-16-le", 2
    if head.startswith(codecs.BOM_UTF16_BE):
        return "utf-16-be", 2
    nul = [byte == 0 for byte in head[:8]]
    if nul == [False, True, True, True] * 2:
        return "utf-32-le", 0
    if nul == [True, True, True, False] * 2:
        return "utf-32-be", 0
    nul = nul[:4]
    if nul == [False, True, False, True]:
        return "utf-16-le", 0
    if nul == [True, False, True, False]:
        return "utf-16-be", 0
    return _wide(head[:_WIDE_BYTES]) or "utf-8", 0


def _wide(head: bytes) -> str | None:
    r"""Which UTF-16 a text without a mark is that begins with other letters than Latin ones: by its line ends.

    Those and other ASCII have their NUL on one side only, which bytes of a program or a picture have on both.

    >>> _wide("問題\t答え\n何時\n".encode("utf-16-le")), _wide(b"\x89PNG\0\0\0\rIHDR\0"), _wide(b"{}")
    ('utf-16-le', None, None)
    """
    for encoding, low, line_end in (("utf-16-le", 1, b"\n\0"), ("utf-16-be", 0, b"\0\n")):
        if head[low::2].count(0) < _FEWEST_NULS or head[1 - low :: 2].count(0) or line_end not in head:
            continue
        with contextlib.suppress(UnicodeDecodeError):
            text = head[: len(head) // 2 * 2].decode(encoding)
            if all(mark.isprintable() or mark in "\t\r\n" for mark in text):
                return encoding
    return None


def unpacked(path: Path, content: Content) -> Iterator[bytes]:
    """Yield the decompressed bytes of a file or a member. Raises InputError where it is damaged or cut short."""
    with reading(path), archives.opened(path, content.member) as handle:
        if content.compression == "zstd":
            yield from _zstd_pieces(handle)
            return
        stream: IO[bytes] = _UNPACKERS[content.compression](handle) if content.compression in _UNPACKERS else handle
        while piece := stream.read(_PIECE_BYTES):
            yield piece


_UNPACKERS: dict[str, Callable[[IO[bytes]], Any]] = {
    "gzip": lambda handle: gzip.GzipFile(fileobj=handle),
    "bzip2": bz2.BZ2File,
    "xz": lzma.LZMAFile,
}


def _stored(path: Path, member: str) -> Iterator[bytes]:
    """The bytes of a file or a member as they are stored."""
    with reading(path), archives.opened(path, member) as handle:
        while piece := handle.read(_PIECE_BYTES):
            yield piece


def _zstd_pieces(handle: IO[bytes]) -> Iterator[bytes]:
    """Decompress zstd frames one after another; a last frame without its end raises EOFError.

    zstandard's own stream reader takes a file that is cut short for a whole one.
    """
    frame = None
    while piece := handle.read(_ZSTD_PIECE_BYTES):
        while piece:
            frame = frame or zstandard.ZstdDecompressor().decompressobj()
            yield frame.decompress(piece)
            piece = frame.unused_data if frame.eof else b""
            if frame.eof:
                frame = None
    if frame is not None:
        raise EOFError


def text_pieces(path: Path, content: Content) -> Iterator[bytes]:
    """Yield a file as UTF-8 without a byte order mark.

    Bytes that are no text in the file's encoding come through as bytes that are no UTF-8, for a reader of lines
    or rows to reject where they stand.
    """
    mark = content.mark
    pieces = unpacked(path, content)
    if content.encoding == "utf-8":
        for piece in pieces:
            yield piece[mark:]
            mark = 0
        return
    errors = "surrogatepass" if content.encoding.startswith(("utf-16", "utf-32")) else "surrogateescape"
    decoder = codecs.getincrementaldecoder(content.encoding)(errors)
    try:
        for piece in pieces:
            yield decoder.decode(piece[mark:]).encode("utf-8", errors)
            mark = 0
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        yield b"\xff"  # half a character at the end of the file


def source_label(path: Path) -> str:
    """How ledgers and findings name a file: relative to the working folder where it lies inside, else absolute."""
    absolute = Path(os.path.abspath(path))  # noqa: PTH100  links are not followed: the name stays the user's
    here = Path.cwd()
    label = absolute.relative_to(here) if absolute.is_relative_to(here) else absolute
    return os.fsencode(label.as_posix()).decode("utf-8", "replace")


@contextlib.contextmanager
def reading(path: Path) -> Iterator[None]:
    """Turn whatever goes wrong while a file is read into an InputError that names it."""
    try:
        yield
    except _DAMAGED:
        raise InputError(
            f"{source_label(path)}: the compressed file is damaged or cut short",
            hint="copy or download it again, or pack it anew",
        ) from None
    except KeyError:  # of zipfile and tarfile
        raise InputError(f"{source_label(path)}: the archive has changed while it was read") from None
    except archives.EncryptedError:
        raise InputError(f"{source_label(path)}: the archive is encrypted", hint="unpack it first") from None
    except FileNotFoundError:
        raise InputError(
            f"{source_label(path)}: does not exist", hint=_MISSING_HINTS.get(str(path), "check the path")
        ) from None
    except PermissionError:
        raise InputError(f"{source_label(path)}: may not be read", hint="check the file's permissions") from None
    except OSError as error:
        raise InputError(f"{source_label(path)}: cannot be read: {error.strerror or 'input error'}") from None
