"""The export format `mistral`: rows for mistral-finetune, which is also the form of Mistral's retired tuning service.

Ids of calls have nine letters and digits there, and a message that calls has no text. A row with tools is learned in
its last answer alone, so that such lines become a row for each trained answer; in others weights are read.

Sources: mistral-finetune at 1943535d (2026-06), mistral-common 1.13.1 (2026-11-25).
"""

from __future__ import annotations

import hashlib
import re

from tuneset import export_reasons as reasons
from tuneset.writing.conversation import Conversation, LeftOutError, Message
from tuneset.writing.fitting import has_untrained, refuse, up_to_each_answer
from tuneset.writing.row_files import ExportContext, ExportRow, Written, hf_message, row_exporter
from tuneset.writing.yaml_text import yaml_text

_ID = re.compile("[a-zA-Z0-9]{9}")
_BYTES_PER_TOKEN = 4
"""Of JSON lines of English, roughly; only the number of steps is guessed by it."""
_AFTER = {
    "": ("system", "user"),
    "system": ("user",),
    "user": ("assistant",),
    "assistant": ("user", "tool"),
    "tool": ("assistant", "tool"),
}
"""Which roles may follow which."""


def rows(whole: Conversation, context: ExportContext) -> list[ExportRow]:  # noqa: ARG001  a row says it all
    """The rows of a supervised line."""
    refuse(whole, lacks={"images", "reasoning", "names"})
    _check_turns(whole)
    if any(message.calls for message in whole.messages) and not whole.tools:
        raise LeftOutError(reasons.NO_PLACE, "calls of tools that are not defined, where every answer would be learned")
    if whole.tools:
        return [_row(one) for one in up_to_each_answer(whole)]
    if not any(message.trained for message in whole.messages):
        raise LeftOutError(reasons.NOTHING_TRAINED, "no answer is trained")
    last = max(place for place, message in enumerate(whole.messages) if message.role == "assistant")
    if last < len(whole.messages) - 1:
        whole.changes.add(reasons.REST_CUT)
    if has_untrained(whole):
        whole.changes.add(reasons.WEIGHT_CARRIED)
    whole.messages = whole.messages[: last + 1]
    return [_row(whole)]


def _check_turns(whole: Conversation) -> None:
    before = ""
    for path, message in whole.said():
        if message.role not in _AFTER[before]:
            raise LeftOutError(reasons.TURNS_NOT_TAKEN, f"{path}: {message.role} after {before or 'nothing'}")
        if message.calls and message.content:
            raise LeftOutError(reasons.NO_PLACE, f"{path}: a text and a call in one message")
        before = message.role


def _row(whole: Conversation) -> ExportRow:
    messages = [_message(message, whole) for message in whole.messages]
    return {"messages": messages, **({"tools": [_tool(tool, whole) for tool in whole.tools]} if whole.tools else {})}


def _tool(tool: ExportRow, whole: Conversation) -> ExportRow:
    """A tool with description and parameters, without which the trainer stops."""
    function = tool["function"]
    filled = {
        "description": function.get("description") or "",
        "parameters": function.get("parameters") or {"type": "object", "properties": {}},
    }
    if any(function.get(key) != value for key, value in filled.items()):
        whole.changes.add(reasons.TOOL_FILLED)
    return {**tool, "function": {**function, **filled}}


def _message(message: Message, whole: Conversation) -> ExportRow:
    row = hf_message(message, as_text=True, weights=not whole.tools)
    if message.calls:
        del row["content"]
        for call in row["tool_calls"]:
            call["id"] = _short(call["id"], whole)
    if message.call_id is not None:
        row["tool_call_id"] = _short(message.call_id, whole)
    return row


def _short(call_id: str, whole: Conversation) -> str:
    """An id of nine letters and digits, the same for the same id."""
    if _ID.fullmatch(call_id):
        return call_id
    whole.changes.add(reasons.CALL_IDS)
    return hashlib.sha256(call_id.encode()).hexdigest()[:9]


def _setup(written: Written) -> None:
    recipe = written.context.recipe
    size = (written.out.path / written.files["train"]).stat().st_size
    steps = max(1, round(size / _BYTES_PER_TOKEN * recipe.epochs / (recipe.max_length * recipe.batch_size)))
    config = {
        "data": {
            "instruct_data": written.files["train"],
            **({"eval_instruct_data": written.validation} if written.validation else {}),
        },
        "model_id_or_path": written.context.model,
        "lora": {"rank": recipe.lora_rank},
        "seq_len": recipe.max_length,
        "batch_size": recipe.batch_size,
        "max_steps": steps,
        "optim": {"lr": recipe.learning_rate, "weight_decay": 0.1, "pct_start": 0.05},
        "seed": recipe.seed,
        "no_eval": written.validation is None,
        "save_adapters": True,
        "run_dir": "out",
    }
    written.out.text("mistral.yaml", yaml_text(config))
    named = "" if recipe.model else " (with the folder of the model in the place of MODEL in `mistral.yaml`)"
    written.readme(
        "Rows for mistral-finetune",
        "PYTHONPATH=MISTRAL_FINETUNE torchrun --nproc-per-node 1 -m train mistral.yaml",
        f"MISTRAL_FINETUNE is a clone of that project{named}; `python -m utils.validate_data --train_yaml "
        "mistral.yaml` "
        "there looks the rows over first.",
        "`max_steps` is the epochs by the size of the file, at four bytes a token.",
    )


MISTRAL = row_exporter("mistral", "mistral-finetune, with a config", ("sft",), rows, _setup)
