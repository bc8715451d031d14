"""The export format `ms-swift`: chat lines for ms-swift, where `loss` says of an answer whether it is learned.

Arguments of calls stay JSON text, which it reads before it renders: it loads rows through a table, which fills objects
with the names of other rows' arguments. The table's columns are those of its first 10 MiB, so that of a supervised row
every answer says whether it is learned, and every row has its tools, were they none. Images stand in the content as
parts with their address. It pastes neighbours of one role together, begins with an empty question where an answer does,
ties answers of tools to calls by their order, and drops a row with a system message that is not the first; so such
lines are left out.

Sources: ms-swift 4.6.0, `dataset/preprocessor/core.py`, `template/template_inputs.py`, `template/base.py` (2026-11-27).
"""

from __future__ import annotations

import shlex

from tuneset import export_reasons as reasons
from tuneset.writing.conversation import Conversation, LeftOutError, tools_text
from tuneset.writing.fitting import has_untrained, refuse, refuse_columns, tell_detail
from tuneset.writing.pairs import with_tools
from tuneset.writing.row_files import ExportContext, ExportRow, Written, hf_message, hf_messages, row_exporter
from tuneset.writing.scripts_of import write_reward

_AFTER = {
    "": ("system", "user"),
    "system": ("user",),
    "user": ("assistant",),
    "assistant": ("user", "tool"),
    "tool": ("assistant", "tool"),
}
"""Which roles may follow which."""
_MARK = "<image>"
"""What stands in a text for the next image of its row."""
_TAKEN = frozenset({
    "add_eos", "audio", "audios", "channel", "chat_template_kwargs", "completion_ids", "completions", "conversation",
    "conversations", "image", "images", "margin", "objects", "rejected_response", "request_id", "system",
    "system_prompt", "trajectory_inputs", "video", "videos",
})  # fmt: skip
"""Columns that it takes for something of its own, such as `system` for a system message. The same source."""
_TAKEN_PREFIXES = ("rejected_", "positive_", "negative_", "teacher_")


def rows(whole: Conversation, context: ExportContext) -> list[ExportRow]:  # noqa: ARG001  a row says it all
    """The row of a line, of any method."""
    refuse(whole, lacks={"images of others", "reasoning", "names"})
    refuse_columns(whole, _TAKEN, _TAKEN_PREFIXES)
    if whole.method == "sft":
        _cut_rest(whole)
    _check_turns(whole)
    _check_marks(whole)
    tell_detail(whole)
    said = hf_messages(whole.messages, as_text=True)
    if whole.method == "dpo":
        assert whole.chosen is not None
        assert whole.rejected is not None
        chosen, rejected = (hf_message(answer, as_text=True) for answer in (whole.chosen, whole.rejected))
        return [with_tools({"messages": [*said, chosen], "rejected_messages": [*said, rejected]}, whole)]
    if whole.method == "kto":
        return [with_tools({"messages": said, "label": whole.label}, whole)]
    if whole.method == "rft":
        return [with_tools({**whole.columns, "messages": said}, whole)]
    if has_untrained(whole):
        whole.changes.add(reasons.WEIGHT_CARRIED)
    for row, message in zip(said, whole.messages, strict=True):
        if message.role == "assistant":
            row["loss"] = message.trained
    return [{"messages": said, "tools": tools_text(whole.tools)}]


def _cut_rest(whole: Conversation) -> None:
    """Take away what stands after the last trained answer; of a last one that is not to be learned the end would be."""
    trained = [place for place, message in enumerate(whole.messages) if message.trained]
    if not trained:
        raise LeftOutError(reasons.NOTHING_TRAINED, "no answer is trained")
    if trained[-1] < len(whole.messages) - 1:
        whole.changes.add(reasons.REST_CUT)
        whole.messages = whole.messages[: trained[-1] + 1]


def _check_turns(whole: Conversation) -> None:
    before, open_calls = "", set[str]()
    answers = [whole.chosen] if whole.chosen else []
    for place, message in enumerate([*whole.messages, *answers]):
        if message.role not in _AFTER[before] or (message.role == "tool" and message.call_id not in open_calls):
            raise LeftOutError(
                reasons.TURNS_NOT_TAKEN, f"message {place + 1}: {message.role} after {before or 'nothing'}"
            )
        if message.role == "tool":
            open_calls.discard(str(message.call_id))
        elif before == "tool" and open_calls:
            raise LeftOutError(reasons.TURNS_NOT_TAKEN, f"message {place + 1}: not every call before it is answered")
        else:
            open_calls = {call.id for call in message.calls}
        before = message.role


def _check_marks(whole: Conversation) -> None:
    """Raise LeftOutError where a row with images has a text that would be taken for another one's place."""
    parts = [message.content for _, message in whole.said() if isinstance(message.content, list)]
    texts = [message.content for _, message in whole.said() if isinstance(message.content, str)]
    texts += [part["text"] for content in parts for part in content if part["type"] == "text"]
    if parts and any(_MARK in text for text in texts):
        raise LeftOutError(reasons.NO_PLACE, "a text with a mark that stands for an image")


_COMMANDS = {
    "sft": "swift sft",
    "dpo": "swift rlhf --rlhf_type dpo",
    "kto": "swift rlhf --rlhf_type kto",
    "rft": "swift rlhf --rlhf_type grpo",
}


def _setup(written: Written) -> None:
    recipe, method = written.context.recipe, written.context.survey.method or "sft"
    model = shlex.quote(recipe.model) if recipe.model else '"$model"'
    options = [
        f"--model {model}",
        "--use_hf true",
        "--tuner_type lora",
        f"--lora_rank {recipe.lora_rank} --lora_alpha {recipe.lora_alpha}",
        f"--dataset {written.files['train']}",
        *([f"--val_dataset {written.validation}"] if written.validation else []),
        "--split_dataset_ratio 0",
        f"--max_length {recipe.max_length}",
        f"--num_train_epochs {recipe.epochs}",
        f"--learning_rate {recipe.learning_rate}",
        f"--per_device_train_batch_size 1 --gradient_accumulation_steps {recipe.batch_size}",
        *([f"--beta {recipe.beta}"] if method in ("dpo", "kto") else []),
        *(["--external_plugins reward.py --reward_funcs tuneset_grader"] if method == "rft" else []),
        f"--seed {recipe.seed}",
        "--output_dir out",
    ]
    asked = "" if recipe.model else "model=${1:?name the model: sh train.sh MODEL}\nshift\n"
    command = " \\\n  ".join([_COMMANDS[method], *options, '"$@"'])
    written.out.text(
        "train.sh", f"#!/bin/sh\n# Further options are given to ms-swift as they are.\nset -e\n{asked}{command}\n"
    )
    if method == "rft":
        write_reward(written)
    written.readme(
        "Rows for ms-swift",
        f"sh train.sh{'' if recipe.model else ' MODEL'}",
        "A model in a folder of your own needs `--model_type` and `--template` as well, such as `--model_type qwen2 "
        "--template qwen2_5`. Rows longer than `max_length` are left out by ms-swift.",
    )


MS_SWIFT = row_exporter("ms-swift", "ms-swift, with its command", ("sft", "dpo", "kto", "rft"), rows, _setup)
