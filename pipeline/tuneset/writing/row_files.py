"""Export formats whose data are rows: one function makes the rows of a line, and this file does the rest.

The rest is: a JSONL file a side, an outcome for each line, the count against the target, and the README. A format adds
its config and script in `setup`, once the rows are written and it is known which sides have any.
"""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

from tuneset import export_reasons as reasons
from tuneset.json_text import dump_line, dumps
from tuneset.terms import Format
from tuneset.writing.conversation import Conversation, LeftOutError, Message, conversation
from tuneset.writing.exporter import Dataset, Exporter, ExportTarget, Line, LineOutcome, Order, OutFolder, Survey
from tuneset.writing.fitting import up_to_each_answer
from tuneset.writing.recipe import TrainingRecipe

ExportRow = dict[str, Any]
ACCOUNT = (
    "`ledger.parquet` tells of every line of the dataset how many rows were written for it, and with which codes "
    "it was "
    "changed or left out; `tuneset rules CODE` explains one. `manifest.json` ties this folder to the dataset by "
    "checksums."
)
"""What the README of every export ends with."""


@dataclasses.dataclass(frozen=True)
class ExportContext:
    """What a format may ask beside the line at hand."""

    order: Order
    survey: Survey

    @property
    def recipe(self) -> TrainingRecipe:
        """What the config says."""
        return self.order.recipe

    @property
    def model(self) -> str:
        """The base model as a config names it; `MODEL` where the user names it in the command."""
        return self.recipe.model or "MODEL"


class Written(NamedTuple):
    """What a format's `setup` is given.

    Args:
        out: where config, script and README go.
        context: what was asked for.
        rows: how many rows each side has.
        files: the name of each side's file.
    """

    out: OutFolder
    context: ExportContext
    rows: Counter[str]
    files: dict[str, str]

    @property
    def validation(self) -> str | None:
        """The file of the validation set, where it has a row."""
        return self.files["validation"] if self.rows["validation"] else None

    def readme(self, title: str, command: str | None, *notes: str) -> None:
        """Write the README: what lies here, the one command where there is one, and what there is to know."""
        sides = [f"- `{self.files[side]}`: {count} rows" for side, count in self.rows.items() if count]
        run = ["Run it, in this folder:", "", f"    {command}", ""] if command else []
        lines = [f"# {title}", "", *sides, "", *run, *(f"{note}\n" for note in notes), ACCOUNT, ""]
        self.out.text("README.md", "\n".join(lines))


Rows = Callable[[Conversation, ExportContext], list[ExportRow]]
Setup = Callable[[Written], None]


def row_exporter(
    name: str,
    title: str,
    methods: Sequence[Format],
    rows: Rows,
    setup: Setup,
    names: Callable[[str], str] = "{}.jsonl".format,
) -> Exporter:
    """An export format that writes rows as JSON lines.

    `rows` gives the rows of one conversation, and raises LeftOutError for one that has no place. `names` gives the file
    of a side.
    """

    def write(dataset: Dataset, out: OutFolder, order: Order) -> Iterator[LineOutcome]:
        context = ExportContext(order, dataset.survey)
        files = {side: names(side) for side in dataset.sides}
        counts: Counter[str] = Counter()
        for side in dataset.sides:
            with out.writing(files[side]) as handle:
                for line in dataset.lines(side):
                    outcome, made = rows_of(side, line, context, rows)
                    handle.writelines(map(dump_line, made))
                    counts[side] += outcome.rows
                    yield outcome
        for side in dataset.sides[1:]:
            if not counts[side]:  # trainers fail on an empty file, where they do without one that is not there
                out.remove(files[side])
        setup(Written(out, context, counts, files))

    return Exporter(name, title, write, frozenset(methods))


def rows_of(side: str, line: Line, context: ExportContext, rows: Rows) -> tuple[LineOutcome, list[ExportRow]]:
    """The rows of one line, and what is told of it."""
    try:
        whole = conversation(line.example)
        if whole.method != context.survey.method:
            return LineOutcome(side, line.number, 0, reasons.OTHER_FORMAT, f"a line of the format {whole.method}"), []
        made = []
        for part in _parts(whole, context.order):
            check_length(part, context.order)
            made += rows(part, context)
    except LeftOutError as error:
        return LineOutcome(side, line.number, 0, error.code, error.detail), []
    return LineOutcome(side, line.number, len(made), changes=tuple(sorted(whole.changes))), made


def _parts(whole: Conversation, order: Order) -> list[Conversation]:
    """A conversation as rows are made of it: whole, or where it is to be split one for each trained answer.

    In each only the last answer is trained, and what stands before it is what the model is asked with there. It is
    split where the template renders what stands before a trained answer otherwise later, and more than one is trained.
    """
    trained = [place for place, message in enumerate(whole.messages) if message.trained]
    if not order.split_unstable or order.target is None or whole.method != "sft" or not trained:
        return [whole]
    if not set(order.target.unstable(hf_messages(whole.messages, weights=True), whole.tools)).intersection(trained):
        return [whole]
    return [
        dataclasses.replace(
            part,
            messages=[*(dataclasses.replace(one, trained=False) for one in part.messages[:-1]), part.messages[-1]],
        )
        for part in up_to_each_answer(whole)
    ]


def check_length(whole: Conversation, order: Order) -> None:
    """Raise LeftOutError where the target cannot render a conversation, or it is longer than was asked for."""
    if order.target is None:
        return
    for answer in [whole.chosen, whole.rejected] if whole.chosen and whole.rejected else [None]:
        counted(whole, order.target, order.max_length, [answer] if answer else [])


def counted(
    whole: Conversation, target: ExportTarget, most: int | None, answers: Sequence[Message] = ()
) -> tuple[list[int], list[int]]:
    """Tokens of a conversation and which are learned. Raises LeftOutError as `check_length` does."""
    ids, learned = target.encode(hf_messages([*whole.messages, *answers], weights=True), whole.tools)
    if most is not None and len(ids) > most:
        raise LeftOutError(reasons.TOO_LONG, f"{len(ids)} tokens, of at most {most}")
    return ids, learned


def hf_messages(messages: Sequence[Message], *, as_text: bool = False, weights: bool = False) -> list[ExportRow]:
    """Messages as templates of Hugging Face models take them.

    Arguments are objects, or with `as_text` their JSON text, for readers that would fill one row's arguments with the
    names of another's. With `weights` an answer that is not to be learned has the weight 0.
    """
    return [hf_message(message, as_text=as_text, weights=weights) for message in messages]


def hf_message(message: Message, *, as_text: bool = False, weights: bool = False) -> ExportRow:
    """One message of `hf_messages`.

    >>> hf_message(Message("assistant", "Hi.", trained=False), weights=True)
    {'role': 'assistant', 'content': 'Hi.', 'weight': 0}
    """
    row: ExportRow = {"role": message.role, "content": message.content}
    if message.reasoning:
        row["reasoning_content"] = message.reasoning
    if message.calls:
        row["tool_calls"] = [
            {
                "id": call.id,
                "type": "function",
                "function": {"name": call.name, "arguments": dumps(call.arguments) if as_text else call.arguments},
            }
            for call in message.calls
        ]
    if message.call_id is not None:
        row["tool_call_id"] = message.call_id
    if message.name is not None:
        row["name"] = message.name
    if weights and message.role == "assistant" and not message.trained:
        row["weight"] = 0
    return row
