"""The export format `hf`: a folder that is a dataset of the Hugging Face Hub, with its card.

Rows have the columns of TRL's formats. An answer that is not to be learned keeps its weight, which the card tells.
"""

from __future__ import annotations

from tuneset import export_reasons as reasons
from tuneset.writing.cards.hub import front_matter
from tuneset.writing.conversation import Conversation
from tuneset.writing.fitting import has_untrained, refuse_columns, tell_names
from tuneset.writing.pairs import labelled, preference, task, with_tools
from tuneset.writing.row_files import ACCOUNT, ExportContext, ExportRow, Written, hf_messages, row_exporter

_FORMS = {
    "sft": "`messages`, as chat templates take them; an answer with `weight: 0` is not meant to be learned",
    "dpo": "`prompt`, `chosen` and `rejected`, lists of messages",
    "kto": "`prompt`, `completion` and `label`, which says whether the completion is good",
    "rft": "`prompt`, and the columns by which answers are graded",
}

_COLUMNS: dict[str, tuple[str, ...]] = {
    "sft": ("messages",),
    "dpo": ("prompt", "chosen", "rejected"),
    "kto": ("prompt", "completion"),
}
"""Columns that are lists of messages; those of a task are not known before."""


def rows(whole: Conversation, context: ExportContext) -> list[ExportRow]:  # noqa: ARG001  a row says it all
    """The row of a line, of any method."""
    refuse_columns(whole, {"prompt"})  # the messages stand there
    tell_names(whole)
    if whole.method == "dpo":
        return [preference(whole)]
    if whole.method == "kto":
        return [labelled(whole)]
    if whole.method == "rft":
        return [task(whole)]
    if has_untrained(whole):
        whole.changes.add(reasons.WEIGHT_CARRIED)
    return [with_tools({"messages": hf_messages(whole.messages, weights=True)}, whole)]


def _setup(written: Written) -> None:
    method = written.context.survey.method or "sft"
    sides = {side: written.files[side] for side in written.files if written.rows[side]}
    front = front_matter(method, sides, sum(written.rows.values()), features=_features(method))
    about = (
        f"Each row has {_FORMS[method]}. `tools`, where a row has them, is JSON text. Read it with `datasets` 5 "
        "or newer, "
        "which keeps the arguments of calls as they are: `datasets.load_dataset(FOLDER)`."
    )
    files = [f"- `{path}`: {written.rows[side]} rows" for side, path in sides.items()]
    lines = [front, "", "# Dataset", "", about, "", *files, "", ACCOUNT, ""]
    written.out.text("README.md", "\n".join(lines))


def _features(method: str) -> list[dict[str, str]]:
    """The columns of the rows, so that a reader does not take them from the first 10 MiB and stops at a later row."""
    if method not in _COLUMNS:
        return []
    label = [{"name": "label", "dtype": "bool"}] if method == "kto" else []
    lists = [{"name": name, "list": "json"} for name in _COLUMNS[method]]
    return [*lists, *label, {"name": "tools", "dtype": "string"}]


HF = row_exporter(
    "hf", "a dataset folder for the Hugging Face Hub, with its card", ("sft", "dpo", "kto", "rft"), rows, _setup
)
