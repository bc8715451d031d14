"""A result file's content -> one table of step metrics with canonical column names, whatever the provider sent.

Result files are CSV of some dialect, plain, packed by gzip, or in base64; columns differ by provider and method, and
cells are empty where nothing was measured at a step. Numbers are passed on as the server wrote them, but for a decimal
comma, and none is made up.
"""

from __future__ import annotations

import base64
import binascii
import codecs
import csv
import dataclasses
import io
import math
import re
import zlib

from tuneset.errors import RemoteError

COLUMNS = ("step", "train_loss", "train_accuracy", "valid_loss", "valid_mean_token_accuracy")
"""The columns of OpenAI's `step_metrics.csv` (fine-tuning guide, as of 2024-12), in its order."""
SYNONYMS = {
    "train_mean_token_accuracy": "train_accuracy",  # Azure's results.csv (2026-10)
    "validation_mean_token_accuracy": "valid_mean_token_accuracy",
    "validation_loss": "valid_loss",
}


MOST_UNPACKED_BYTES = 64 << 20
"""A packed file that is larger is not taken for step metrics."""
_GZIP = b"\x1f\x8b"
_DELIMITERS = (",", ";", "\t", "|")
_DECIMAL_COMMA = re.compile(r"^(-?\d+),(\d+)$")


@dataclasses.dataclass(frozen=True)
class StepMetrics:
    """Rows of cells in the order of `columns`, the first of which is `step`. An empty cell was not measured."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]

    def csv(self) -> bytes:
        """The table as CSV, with line feeds alone."""
        target = io.StringIO()
        csv.writer(target, lineterminator="\n").writerows([self.columns, *self.rows])
        return target.getvalue().encode()

    def measured(self, column: str) -> list[float]:
        """The finite numbers of a column, in step order; empty where there is no such column."""
        if column not in self.columns:
            return []
        place = self.columns.index(column)
        return [number for row in self.rows if (number := _number(row[place])) is not None]


NOTHING = StepMetrics(COLUMNS, ())


def text_of(raw: bytes) -> str | None:
    r"""The CSV text in a result file, unpacked and decoded from base64 where it is that; None where it is neither.

    Base64 is believed only if it decodes strictly into something that starts as step metrics do.

    >>> text_of(b"step,train_loss\n1,0.5\n") == text_of(base64.b64encode(b"step,train_loss\n1,0.5\n"))
    True
    """
    text = _csv_text(raw)
    if text is not None:
        return text
    try:
        decoded = base64.b64decode(b"".join(raw.split()), validate=True)
    except binascii.Error:
        return None
    return _csv_text(decoded)


def parse(text: str, origin: str) -> StepMetrics:
    """Read step metrics from CSV text; known columns first, others after them under their own names.

    Raises RemoteError `results_unreadable` where a row has another number of cells than the header, as in a file
    that was cut short. `origin` names the file.
    """
    try:
        delimiter = _delimiter(text)
        read = csv.reader(io.StringIO(text), delimiter=delimiter, skipinitialspace=True)
        lines = [[cell.strip() for cell in line] for line in read if any(line)]
    except csv.Error as error:
        raise _unreadable(f"{origin}: is no CSV: {error}") from None
    header = [_column(name) for name in lines[0]]
    if delimiter != ",":
        lines = [lines[0], *([_DECIMAL_COMMA.sub(r"\1.\2", cell) for cell in line] for line in lines[1:])]
    for number, line in enumerate(lines[1:], start=2):
        if len(line) != len(header):
            raise _unreadable(f"{origin}: row {number} has {len(line)} cells, the header has {len(header)}")
        if _number(line[0]) is None:
            raise _unreadable(f"{origin}: row {number} has no step number")
    order = [name for name in COLUMNS if name in header] + [n for n in dict.fromkeys(header) if n not in COLUMNS]
    places = [header.index(name) for name in order]
    return StepMetrics(tuple(order), tuple(tuple(line[place] for place in places) for line in lines[1:]))


def _unreadable(message: str) -> RemoteError:
    return RemoteError(
        message,
        code="results_unreadable",
        hint="the file as the server sent it is kept; run the same command again to fetch it anew",
    )


def _csv_text(data: bytes) -> str | None:
    """The text of step metrics, packed or not, in UTF-8 or, where a mark says so, UTF-16; else None."""
    if data.startswith(_GZIP):
        unpacker = zlib.decompressobj(wbits=31)
        try:
            data = unpacker.decompress(data, MOST_UNPACKED_BYTES)
        except zlib.error:
            return None
        if unpacker.unconsumed_tail:
            return None
    encoding = "utf-16" if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) else "utf-8-sig"
    try:
        text = data.decode(encoding).lstrip("\r\n")
    except UnicodeDecodeError:
        return None
    first = text.partition("\n")[0].partition(_delimiter(text))
    return text if first[1] and _column(first[0].strip().strip('"')) == "step" else None


def _delimiter(text: str) -> str:
    """What stands between the cells of the first line.

    >>> _delimiter("Step;train_loss"), _delimiter("step,a;b"), _delimiter("step")
    (';', ',', ',')
    """
    first = text.partition("\n")[0]
    found = [(place, one) for one in _DELIMITERS if (place := first.find(one)) >= 0]
    return min(found)[1] if found else ","


def _column(name: str) -> str:
    """The canonical name of a known column; others keep their own.

    >>> _column("Step"), _column("Train Loss"), _column("validation_loss"), _column("rewards/Chosen")
    ('step', 'train_loss', 'valid_loss', 'rewards/Chosen')
    """
    plain = "_".join(name.lower().split())
    known = SYNONYMS.get(plain, plain)
    return known if known in COLUMNS else name


def _number(cell: str) -> float | None:
    """A cell as a finite number, else None.

    >>> _number("0.5"), _number(""), _number("nan")
    (0.5, None, None)
    """
    try:
        number = float(cell)
    except ValueError:
        return None
    return number if math.isfinite(number) else None
