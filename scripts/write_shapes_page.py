"""Writes docs/shapes.md from the registries of containers, shapes and groupings: what is read, with a row of each."""

from __future__ import annotations

import itertools
import json
import textwrap
from collections.abc import Iterator
from pathlib import Path

from tuneset.reading.containers.foreign import not_read
from tuneset.reading.containers.registry import CONTAINERS
from tuneset.reading.grouping.registry import GROUPINGS
from tuneset.reading.shapes.base import Shape
from tuneset.reading.shapes.registry import SHAPES

PAGE = Path(__file__).parents[1] / "docs" / "shapes.md"
_SETS_SHOWN = 12
_WIDTH = 120

_HEAD = """\
# What is read

Written by `make docs/shapes.md` from the registries of containers (`pipeline/tuneset/reading/containers/`), shapes
(`reading/shapes/`) and groupings (`reading/grouping/`). The content decides, never a file's name. Columns are known in
any capitals. What stands beside a conversation (a system text, tools, a context, choices, earlier turns) goes where it
belongs; any other column with text is told. A row of no shape is rejected with what to try; `ingest.mapping` in
params.yaml reads the rest.
"""
_CONTAINERS = """\
Plain files may be packed by gzip, zstd, bzip2 or xz, and lie in zip or tar archives. Avro files and streams of Arrow
are held in memory whole, as are the answers of a batch job: its requests and answers are files of one run, joined by
`custom_id` (or `key`), and what has no counterpart is told (`ING005`, `ING006`). Of a Slack export each thread is a
conversation, over all days of its channel's folder, and so is a day's rest; one that lacks its first message or a reply
is told (`ING003`). `users.json` names who speaks, and the other lists are left out. Who is the assistant among people,
`ingest.mapping` says: `{messages: messages, role_key: author.name, roles: {NAME: user, OTHER:
assistant}}`.
"""
_REASONING = """\
## Reasoning

`reasoning_content`, `reasoning`, `thinking`, parts of the type `thinking` or `reasoning` and messages of the channel
`analysis` become the reasoning of the message that follows from them. `clean.reasoning` says what becomes of it: `auto`
keeps it where the endpoint's profile takes it and drops it elsewhere, counted; `keep`, `drop` and `last` (only that of
the last answer) hold whatever the profile says. `<think>` within a text is text: only `drop` and `last` take it out.

## Who speaks

`human`, `customer`, `visitor`, `client` and their like are users; `bot`, `ai`, `gpt` and their like the assistant. An
`agent` is the assistant where beside it only users speak; beside a bot it may be who takes over
from it, so the row is told (`CNV001`) and `ingest.mapping` says who is to be learned.

## Calls and marks within a text

Calls of tools in the text of an answer (`<tool_call>`) become `tool_calls` where the row speaks of tools. Marks of a
chat template around a question and its answer (`[INST]`, `<|im_start|>`, `<start_of_turn>`, `### Instruction:` and the
like) are taken off, for a trainer puts its own there, and a system text among them (`<<SYS>>`) becomes a message. So it
is only where marks and turns are all that the two hold together; else the marks are part of what was said, and stay.

A text that is a conversation of lines under names (`User:` and `Assistant:`, `Human:` and `AI:`, `Q:` and `A:`) is read
as its turns where it stands alone in a column, and, but for `Q:` and `A:`, where it is a prompt that ends with the name
of who answers. Where somebody else speaks, a name is written in two ways or the turns do not alternate, it stays, or
the row is told; so it is beside a summary, a label, an answer or a prompt, where the text is what is asked about, and
where every line is a name with a value, as in a form. An answer that goes on with turns of both is told by `check`
(`TXT007`).
"""


def page() -> Iterator[str]:
    """Yield the lines of the page."""
    yield from _HEAD.splitlines()
    yield from ("", "## Containers", "", "| container | for example |", "|---|---|")
    for container in CONTAINERS:
        example = "" if container.example is None else f"`{_cell(container.example.decode().strip())}`"
        yield f"| {container.title} | {example} |"
    yield from ("", *textwrap.wrap(f"Not read, and told with what to do: {', '.join(not_read())}.", _WIDTH))
    yield from ("", *_CONTAINERS.splitlines())
    for line_format, title in (("sft", "Conversations"), ("dpo", "Preference pairs"), ("rft", "Reinforcement tasks")):
        yield from ("", f"## {title}", "", "In the order in which they are tried.")
        shapes = [shape for shape in SHAPES if shape.line_format == line_format]
        for name, same in itertools.groupby(shapes, key=_family):
            yield from _shape(name, list(same))
    yield from ("", "## Several records, one conversation", "")
    yield "Each record is accounted for: the first stands for the conversation, the others as parts of it (`ING002`)."
    for grouping in GROUPINGS:
        yield from ("", f"### {grouping.name}", "", "```json", *(_json(record) for record in grouping.raw), "```")
    yield from ("", *_REASONING.splitlines())


def _family(shape: Shape) -> str:
    """What shapes have in common that one function reads: their name, or what it is called for many names."""
    function = getattr(shape.read, "func", shape.read).__qualname__
    return {"read_texts": "other pairs of texts", "read_pair": "pairs of texts"}.get(function, shape.name)


def _shape(name: str, shapes: list[Shape]) -> Iterator[str]:
    first = shapes[0]
    sets = [", ".join(f"`{key}`" for key in sorted(shape.keys)) for shape in shapes]
    yield from ("", f"### {name}", "")
    if len(sets) > _SETS_SHOWN:
        known = sorted({key for shape in shapes for key in shape.keys})
        yield f"Two of the columns {', '.join(f'`{key}`' for key in known)}: one that asks and one that answers."
    else:
        yield f"Columns: {'; or '.join(sets)}."
    yield from ("", "```json", _json(first.raw), "```", "", "becomes", "", "```json", _json(first.example), "```")


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def _cell(text: str) -> str:
    """A text as a cell of a table shows it, in which a bar ends nothing and a line end is a blank."""
    return text.replace("|", "\\|").replace("\n", " ")


def text() -> str:
    """The page as it stands in docs/shapes.md."""
    return "\n".join(page()) + "\n"


if __name__ == "__main__":
    PAGE.write_text(text(), encoding="utf-8")
