"""A result file's content -> one table of step metrics with canonical column names, whatever the provider sent.

Result files are CSV, either plain or in base64; columns differ by provider and method, and cells are empty where
nothing was measured at a step. Numbers are passed on as the server wrote them, and none is made up.
"""

from __future__ import annotations

import base64
import binascii
import csv
import dataclasses
import io
import math

from tuneset.errors import RemoteError

COLUMNS = ("step", "train_loss", "train_accuracy", "valid_loss", "valid_mean_token_accuracy")
"""The columns of OpenAI's `step_metrics.csv` (fine-tuning guide, as of 2024-12), in its order."""
SYNONYMS = {
    "train_mean_token_accuracy": "train_accuracy",  # Azure's results.csv (2026-10)
    "validation_mean_token_accuracy": "valid_mean_token_accuracy",
    "validation_loss": "valid_loss",
}


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
    r"""The CSV text in a result file, decoded from base64 where it is that; None where it is neither.

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
        lines = [[cell.strip() for cell in line] for line in csv.reader(io.StringIO(text)) if line]
    except csv.Error as error:
        raise _unreadable(f"{origin}: is no CSV: {error}") from None
    header = [SYNONYMS.get(name, name) for name in lines[0]]
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
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return None
    return text if text.startswith("step,") else None


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
