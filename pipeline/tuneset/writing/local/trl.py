"""The export formats `trl` and `prompt-completion`: rows for TRL, Unsloth and Hugging Face Jobs, with a script.

`trl` keeps a supervised conversation whole. An answer of weight 0 keeps its weight, and the script gates the template's
marks of generation by it, which TRL knows for some families of models. `prompt-completion` needs no marks: it writes a
row for each trained answer, and the completion alone is learned.

Sources: TRL 1.16.0, `trainer/sft_trainer.py`, `chat_template_utils.py` (2026-11-25).
"""

from __future__ import annotations

from tuneset import export_reasons as reasons
from tuneset.writing.conversation import Conversation, LeftOutError
from tuneset.writing.fitting import has_untrained, refuse, refuse_columns, refuse_unasked, tell_names
from tuneset.writing.pairs import completions, labelled, preference, task, with_tools
from tuneset.writing.row_files import ExportContext, ExportRow, Written, hf_messages, row_exporter
from tuneset.writing.scripts_of import write_trl

_TEMPLATE_NOTE = (
    "Arguments of calls are objects and tools JSON text, as chat templates want them. Longer rows than "
    "`max_length` are "
    "cut at their end."
)

TAKEN = frozenset({
    "completion", "completion_ids", "completions", "environment", "environments", "image", "images", "log_extra",
    "log_metric", "prompt", "prompts", "trainer_state",
})  # fmt: skip
"""Columns of a task that GRPO takes for something of its own (TRL 1.16.0, `trainer/grpo_trainer.py`)."""


def rows(whole: Conversation, context: ExportContext) -> list[ExportRow]:  # noqa: ARG001  a row says it all
    """The row of a line, of any method."""
    refuse(whole, lacks={"images"})
    tell_names(whole)
    if whole.method in ("dpo", "kto"):
        refuse_unasked(whole)
    if whole.method == "dpo":
        return [preference(whole)]
    if whole.method == "kto":
        return [labelled(whole)]
    if whole.method == "rft":
        refuse(whole, lacks={"tools"})  # GRPO takes tools as functions of Python
        refuse_columns(whole, TAKEN)
        return [task(whole)]
    if not any(message.trained for message in whole.messages):
        raise LeftOutError(reasons.NOTHING_TRAINED, "no answer is trained")
    if has_untrained(whole):
        whole.changes.add(reasons.WEIGHT_CARRIED)
    return [with_tools({"messages": hf_messages(whole.messages, weights=True)}, whole)]


def completion_rows(whole: Conversation, context: ExportContext) -> list[ExportRow]:  # noqa: ARG001  the same
    """A row for each trained answer."""
    refuse(whole, lacks={"images"})
    refuse_unasked(whole)
    tell_names(whole)
    return completions(whole)


def _setup(written: Written) -> None:
    write_trl(
        written,
        "Rows for TRL",
        "Unsloth trains the same rows with its own model in place of `--model`; `hf jobs uv run train.py` runs "
        "the script "
        "on Hugging Face Jobs, once this folder is a dataset there.",
        _TEMPLATE_NOTE,
    )


def _setup_pairs(written: Written) -> None:
    write_trl(written, "Prompts and completions for TRL", _TEMPLATE_NOTE)


TRL = row_exporter("trl", "TRL, Unsloth, Hugging Face Jobs", ("sft", "dpo", "kto", "rft"), rows, _setup)
PROMPT_COMPLETION = row_exporter(
    "prompt-completion",
    "a prompt and its completion, as lists of messages: one row for each trained answer",
    ("sft",),
    completion_rows,
    _setup_pairs,
)
