"""Raw files cut into shards of bounded size: what one worker reads at a time.

A shard is a description that can be pickled; `read.read_records` reads it. A plain file whose container allows it is
cut at line ends into byte ranges; every other file is one shard, read as a stream.
"""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Literal

import numpy as np

from tuneset.errors import InputError
from tuneset.reading import archives, decode, encodings
from tuneset.reading.containers import registry
from tuneset.reading.containers.base import Head, Shard
from tuneset.reading.containers.batch import BATCH, paired
from tuneset.reading.containers.excel import WORKBOOK, refuse_without_reader
from tuneset.reading.containers.foreign import refuse_document, refused
from tuneset.reading.containers.parquet import PARQUET
from tuneset.reading.containers.slack import SLACK, with_partners
from tuneset.reading.grouping.gather import groups_lines
from tuneset.reading.grouping.pieces import goes_on, with_pieces
from tuneset.reading.left_out import LeftOut, data_files, why_left_out
from tuneset.reading.rows_file import Raw, RowsFile

SHARD_BYTES = 16 << 20
"""Size of a shard of plain JSONL: some ten thousand examples. Half of it would save 45 MB a worker, but some 300 calls
of polars a shard then take 2 % of a whole run more."""

_READ_BYTES = 256 << 10
"""What is only looked through is read in pieces that stay in a core's cache."""

_FIRST_LINES_BYTES = 16 << 20

_LINE_END = ord("\n")


def plan(paths: Sequence[Path]) -> list[Shard]:
    """Cut files, and all files in folders, into shards, as `cut` does, and number their lines."""
    return list(numbered(cut(paths)))


def numbered(shards: Iterable[Shard]) -> Iterator[Shard]:
    """Yield the shards of `cut` with the line at which each begins; what stands before it in its file is read for that.

    The shards of one file stand together and in order.
    """
    line = 1
    for shard in shards:
        if shard.end is None:
            yield shard
            continue
        if shard.start == shard.content.mark:
            line = 1
        yield dataclasses.replace(shard, line=line)
        with decode.reading(shard.path):
            line += _line_ends(shard.path, shard.start, shard.end)


def cut(raw: Sequence[Raw], encoding: str | None = None, unreadable: Literal["error", "skip"] = "error") -> list[Shard]:
    """Cut files, and all files in folders, into shards whose lines are not numbered yet.

    The order is that of the files' names part by part, whatever order they are given in; a file that is reached
    twice is read once. In folders, hidden files, temporaries (`~`, `.tmp`, `.part`), DVC's pointers, papers (README,
    LICENSE, `.md`), pages, pictures, sounds and films, and what datasets writes beside the data are left out, in zip
    and tar archives too, of which each member is a file of its own; a file that is named itself is always read.
    `encoding` is that of texts that are not UTF-8, as `encodings.settled` takes it.

    Raises InputError where a path is missing, a folder holds no data, or files are empty, binary, damaged or of an
    unknown encoding: all of them are named at once. With `unreadable` `skip` each such file is a shard that gives one
    reject with the reason.
    """
    paths = [given for given in raw if not isinstance(given, RowsFile)]
    rows = [shard for given in raw if isinstance(given, RowsFile) for shard in _rows_shards(given)]
    shards, refused = cut_alone(paths, encoding)
    if refused and unreadable == "error":
        raise all_of(refused)
    return rows + with_company(shards)


def cut_alone(paths: Sequence[Path], encoding: str | None = None) -> tuple[list[Shard], list[InputError]]:
    """Cut files, and all files in folders, as `cut` does, but look at each by itself.

    What cannot be read is a shard with the reason, and given as an error beside.
    """
    each = [cut_file(path, decode.source_label(path), encoding) for path in files_of(paths)]
    return [shard for shards, _ in each for shard in shards], [error for _, refused in each for error in refused]


def files_of(paths: Sequence[Path]) -> list[Path]:
    """Files, and all files in folders, each once, in the order of their names part by part."""
    found: dict[Path, Path] = {}
    for path in sorted({file for given in paths for file in _files(given)}, key=lambda path: path.parts):
        found.setdefault(path.resolve(), path)
    return list(found.values())


def cut_file(
    path: Path, source: str, encoding: str | None = None, shard_bytes: int | None = None
) -> tuple[list[Shard], list[InputError]]:
    """Cut one file as `cut_alone` does; `source` is how ledgers name it. Shards have SHARD_BYTES by default."""
    try:
        parts = _parts(path, source)
    except InputError as error:
        return [_refused(source, path, error)], [error]
    shards: list[Shard] = []
    refused: list[InputError] = []
    for member, name in parts:
        try:
            shards += _shards(path, member, name, encoding, shard_bytes or SHARD_BYTES)
        except InputError as error:
            refused.append(error)
            shards.append(_refused(name, path, error))
    return shards, refused


def with_company(shards: Sequence[Shard]) -> list[Shard]:
    """The shards of `cut_alone`, in which files that are read with others know them."""
    return with_pieces(with_partners(paired(shards)))


def keeps_company(shard: Shard) -> bool:
    """Whether a file may be read with others, so that `with_company` opens it."""
    return not shard.refusal and (shard.container in (BATCH.name, SLACK.name) or goes_on(shard))


def _refused(source: str, path: Path, error: InputError) -> Shard:
    return Shard(source, path, "jsonl", decode.Content("none", "utf-8", 0, b""), refusal=error.message)


def _parts(path: Path, source: str) -> list[tuple[str, str]]:
    """What a file holds: the data files of an archive, each with the name that ledgers give it, or the file itself."""
    if not path.is_file():
        raise InputError(f"{source}: is not a regular file", allowed="files and folders")
    head = decode.sniff(path).head
    with decode.reading(path):
        names = archives.members(path, head)
    if names is None:
        return [("", source)]
    if WORKBOOK in names:
        refuse_without_reader(source)
        return [("", source)]
    refuse_document(source, names)
    data = [name for name in dict.fromkeys(names) if not any(map(why_left_out, name.split("/")))]
    if not data:
        raise InputError(f"{source}: the archive holds no data", hint="put raw files into it, or name another path")
    return [(name, f"{source}/{name}") for name in data]


def all_of(refused: Sequence[InputError]) -> InputError:
    """One error for all files that cannot be read."""
    if len(refused) == 1:
        return refused[0]
    hints = "; ".join(dict.fromkeys(error.hint for error in refused if error.hint))
    lines = [f"{len(refused)} files cannot be read:", *(f"  {error.message}" for error in refused)]
    allowed = next((error.allowed for error in refused if error.allowed), "")
    return InputError(
        "\n".join(lines), allowed=allowed, hint=f"{hints}; or leave them out with ingest.unreadable: skip"
    )


def _files(given: Path) -> list[Path]:
    """The absolute paths of the files that a path stands for."""
    with decode.reading(given):
        given.stat()
        top = Path(os.path.abspath(given))  # noqa: PTH100  Path.resolve would follow links, and names stay the user's
        if not top.is_dir():
            return [top]
        files = [found for found in data_files(top) if not isinstance(found, LeftOut)]
    if not files:
        raise InputError(f"{given}: the folder holds no data", hint="put raw files into it, or name another path")
    return files


def _shards(path: Path, member: str, source: str, encoding: str | None, shard_bytes: int) -> list[Shard]:
    """The shards of a file, or of a member of an archive, which is one shard."""
    content = decode.sniff(path, member)
    if not content.head:
        raise InputError(f"{source}: is empty", hint="leave it out, or make it again")
    head = Head.of(content)
    if head.is_text and not PARQUET.recognise(head):
        content = encodings.settled(path, content, encoding, source)
        head = Head.of(content)
    bare = dataclasses.replace(content, head=b"")
    if head.is_text and not head.text.strip():
        raise InputError(f"{source}: holds nothing but white space", hint="leave it out, or make it again")
    container = registry.recognised(head)
    if container is None:
        raise refused(source, head)
    is_plain = content.compression == "none" and content.encoding == "utf-8" and not member
    if not container.splits or not is_plain:
        return [Shard(source, path, container.name, bare)]
    return _parts_of_lines(Shard(source, path, container.name, bare), shard_bytes)


def _rows_shards(rows: RowsFile) -> list[Shard]:
    """The shards of rows; a first row that looks like another container is still a row."""
    content = decode.Content("none", "utf-8", 0, b"")
    return _parts_of_lines(Shard(rows.source, rows.path, "jsonl", content), SHARD_BYTES)


def _parts_of_lines(shard: Shard, shard_bytes: int) -> list[Shard]:
    """A plain file of lines in parts; whole where several lines make one conversation, as its first ones tell."""
    with decode.reading(shard.path):
        if groups_lines(_first_lines(shard.path, shard.content.mark)):
            return [shard]
        ranges = list(_ranges(shard.path, shard.content.mark, shard_bytes))
        if len(ranges) > 1 and _holds_one_line(shard.path, shard.content.mark):  # it may be a table
            ranges = [(ranges[0][0], ranges[-1][1])]
    whole = len(ranges) == 1
    return [dataclasses.replace(shard, start=start, end=end, whole=whole) for start, end in ranges]


def _holds_one_line(path: Path, start: int) -> bool:
    """Whether all lines of a file but one are blank; few have to be read to tell that of most files."""
    found, is_counted = 0, False
    with path.open("rb") as handle:
        handle.seek(start)
        while found <= 1 and (piece := handle.readline(_READ_BYTES)):
            found += not is_counted and bool(piece.strip())
            is_counted = not piece.endswith(b"\n") and (is_counted or bool(piece.strip()))
    return found == 1


def _first_lines(path: Path, start: int) -> Iterator[bytes]:
    """The lines of a file one by one, so many that some records of any size are among them."""
    left = _FIRST_LINES_BYTES
    with path.open("rb") as handle:
        handle.seek(start)
        while left > 0 and (line := handle.readline(left)):
            left -= len(line)
            yield line


def _ranges(path: Path, start: int, shard_bytes: int) -> Iterator[tuple[int, int]]:
    """Byte ranges of about so many bytes that end at a line end or with the file."""
    size = path.stat().st_size
    with path.open("rb") as handle:
        while start < size:
            end = min(start + shard_bytes, size)
            handle.seek(end - 1)
            while (piece := handle.readline(shard_bytes)) and not piece.endswith(b"\n"):
                pass
            end = handle.tell()
            yield start, end
            start = end


def _line_ends(path: Path, start: int, end: int) -> int:
    """How many lines end in a range of a file."""
    buffer = bytearray(min(_READ_BYTES, end - start))
    held = np.frombuffer(buffer, np.uint8)
    count = 0
    with path.open("rb", buffering=0) as handle:
        handle.seek(start)
        while size := handle.readinto(memoryview(buffer)[: end - start]):
            count += int(np.count_nonzero(held[:size] == _LINE_END))  # several times as fast as bytes.count
            start += size
    return count
