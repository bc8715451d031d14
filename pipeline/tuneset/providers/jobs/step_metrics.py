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
    "training_loss": "train_loss",  # Amazon Bedrock's step_wise_training_metrics.csv (its user guide, read 2026-11-26)
}


MOST_UNPACKED_BYTES = 64 << 20
"""A packed file that is larger is not taken for step metrics."""
_GZIP = b"\x1f\x8b"
_DELIMITERS = (",", ";", "\t", "|")
_SEPARATOR_LINE = re.compile(r'^"?sep=[^\n]"?\n', re.IGNORECASE)
"""What spreadsheets put before the header."""
_STEPS = frozenset({"step", "global_step", "train/global_step", "step_number"})
_INDEX = frozenset({"", "unnamed:_0", "index"})
"""Names of a column of row numbers that pandas puts before the first."""
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
    first = _index_columns(lines[0])
    names = lines[0][first:]
    header = ["step", *(_column(name) for name in names[1:])]
    if delimiter != ",":
        lines = [lines[0], *([_DECIMAL_COMMA.sub(r"\1.\2", cell) for cell in line] for line in lines[1:])]
    for number, line in enumerate(lines[1:], start=2):
        if len(line) != first + len(header):
            raise _unreadable(f"{origin}: row {number} has {len(line)} cells, the header has {first + len(header)}")
        if _number(line[first]) is None:
            raise _unreadable(f"{origin}: row {number} has no step number")
    order = [name for name in COLUMNS if name in header] + [n for n in dict.fromkeys(header) if n not in COLUMNS]
    places = [first + header.index(name) for name in order]
    return StepMetrics(tuple(order), tuple(tuple(line[place] for place in places) for line in lines[1:]))


def _unreadable(message: str) -> RemoteError:
    return RemoteError(
        message,
        code="results_unreadable",
        hint="the file as the server sent it is kept; run the same command again to fetch it anew",
    )


def _csv_text(data: bytes) -> str | None:
    """The text of step metrics, packed or not, in UTF-8 or UTF-16, with line feeds alone; else None."""
    if data.startswith(_GZIP):
        unpacker = zlib.decompressobj(wbits=31)
        try:
            data = unpacker.decompress(data, MOST_UNPACKED_BYTES)
        except zlib.error:
            return None
        if unpacker.unconsumed_tail:
            return None
    try:
        text = data.decode(_encoding(data))
    except UnicodeDecodeError:
        return None
    text = _SEPARATOR_LINE.sub("", text.replace("\r\n", "\n").replace("\r", "\n").lstrip("\n"))
    delimiter = _delimiter(text)
    names = [name.strip().strip('"') for name in text.partition("\n")[0].split(delimiter)]
    names = names[_index_columns(names) :]
    return text if len(names) > 1 and _plain(names[0]) in _STEPS else None


def _encoding(data: bytes) -> str:
    """How a text is encoded that begins with an ASCII character or a mark.

    >>> [_encoding("step".encode(name)) for name in ("utf-8", "utf-16", "utf-16-le", "utf-16-be")]
    ['utf-8-sig', 'utf-16', 'utf-16-le', 'utf-16-be']
    """
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    return {(False, True): "utf-16-le", (True, False): "utf-16-be"}.get(
        (data[:1] == b"\0", data[1:2] == b"\0"), "utf-8-sig"
    )


def _index_columns(names: list[str]) -> int:
    """How many columns of row numbers stand before the first that says something: none or one.

    >>> _index_columns(["", "step"]), _index_columns(["step", "loss"])
    (1, 0)
    """
    return int(len(names) > 1 and _plain(names[0]) in _INDEX and _plain(names[1]) in _STEPS)


def _plain(name: str) -> str:
    """A column's name in small letters, with underscores for spaces."""
    return "_".join(name.lower().split())


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
    known = SYNONYMS.get(_plain(name), _plain(name))
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
