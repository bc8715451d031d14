"""The export format `openai`: the dataset's own lines, byte for byte; every line of it is taken."""

from __future__ import annotations

from collections.abc import Iterator

from tuneset.writing.exporter import Dataset, Exporter, LineOutcome, Order, OutFolder


def write_lines(dataset: Dataset, out: OutFolder, order: Order) -> Iterator[LineOutcome]:  # noqa: ARG001  the lines say all
    """Write `SIDE.jsonl` for each side; only blank lines are gone."""
    for side in dataset.sides:
        with out.writing(f"{side}.jsonl") as handle:
            for line in dataset.lines(side):
                handle.write(line.text + b"\n")
                yield LineOutcome(side, line.number, 1)


OPENAI = Exporter(
    "openai",
    "chat lines as OpenAI's protocol takes them, as they stand",
    write_lines,
    frozenset({"sft", "dpo", "rft", "kto"}),
)
