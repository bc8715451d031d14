"""The export format `ms-swift`: chat lines for ms-swift, where `loss` says of an answer whether it is learned.

Arguments of calls stay JSON text, which it reads before it renders: it loads rows through a table, which fills objects
with the names of other rows' arguments. Images stand in the content as parts with their address.

Sources: ms-swift 4.6.0, `dataset/preprocessor/core.py`, `template/template_inputs.py` (2026-11-25).
"""

from __future__ import annotations

import shlex

from tuneset import export_reasons as reasons
from tuneset.writing.conversation import Conversation, LeftOutError
from tuneset.writing.fitting import has_untrained, refuse
from tuneset.writing.pairs import with_tools
from tuneset.writing.row_files import Context, ExportRow, Written, hf_message, hf_messages, row_exporter
from tuneset.writing.scripts_of import write_reward


def rows(whole: Conversation, context: Context) -> list[ExportRow]:  # noqa: ARG001  a row says it all
    """The row of a line, of any method."""
    refuse(whole, lacks={"reasoning", "names"})
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
    if not any(message.trained for message in whole.messages):
        raise LeftOutError(reasons.NOTHING_TRAINED, "no answer is trained")
    if has_untrained(whole):
        whole.changes.add(reasons.WEIGHT_CARRIED)
        for row, message in zip(said, whole.messages, strict=True):
            if message.role == "assistant":
                row["loss"] = message.trained
    return [with_tools({"messages": said}, whole)]


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
