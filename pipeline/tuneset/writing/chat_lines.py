"""The export format `openai`: the dataset's own lines, byte for byte; every line of it is taken."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from tuneset import artifacts
from tuneset.writing.exporter import Dataset, Exporter, LineOutcome, one_file_a_side


def write_lines(dataset: Dataset, folder: Path) -> Iterator[LineOutcome]:
    """Write `SIDE.jsonl` for each side; only blank lines are gone."""
    for side in dataset.sides:
        with artifacts.writing(folder / f"{side}.jsonl") as handle:
            for line in dataset.lines(side):
                handle.write(line.text + b"\n")
                yield LineOutcome(side, line.number, 1)


OPENAI = Exporter("openai", "chat lines as OpenAI's protocol takes them, as they stand", one_file_a_side, write_lines)
