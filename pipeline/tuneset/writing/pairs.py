"""Rows as TRL names their columns: a prompt and what follows it. No format stands here; several take it from here.

Source: TRL's dataset formats (https://huggingface.co/docs/trl/dataset_formats, 2026-11-20) and its trainers (1.16.0).
"""

from __future__ import annotations

from tuneset.writing.conversation import Conversation, tools_text
from tuneset.writing.fitting import up_to_each_answer
from tuneset.writing.row_files import ExportRow, hf_messages


def with_tools(row: ExportRow, whole: Conversation) -> ExportRow:
    """The row with its tools as JSON text, where the conversation has any."""
    return {**row, "tools": tools_text(whole.tools)} if whole.tools else row


def completions(whole: Conversation) -> list[ExportRow]:
    """`prompt` and `completion`, a row for each trained answer of a supervised line."""
    return [
        with_tools({"prompt": hf_messages(one.messages[:-1]), "completion": hf_messages(one.messages[-1:])}, whole)
        for one in up_to_each_answer(whole)
    ]


def preference(whole: Conversation) -> ExportRow:
    """`prompt`, `chosen` and `rejected`."""
    assert whole.chosen is not None
    assert whole.rejected is not None
    row: ExportRow = {"prompt": hf_messages(whole.messages)}
    return with_tools({**row, "chosen": hf_messages([whole.chosen]), "rejected": hf_messages([whole.rejected])}, whole)


def labelled(whole: Conversation) -> ExportRow:
    """`prompt`, `completion` and `label` of an unpaired preference."""
    prompt, completion = hf_messages(whole.messages[:-1]), hf_messages(whole.messages[-1:])
    return with_tools({"prompt": prompt, "completion": completion, "label": whole.label}, whole)


def task(whole: Conversation) -> ExportRow:
    """`prompt`, and the columns of the grader beside it, which reward functions are given by name."""
    return with_tools({**whole.columns, "prompt": hf_messages(whole.messages)}, whole)
