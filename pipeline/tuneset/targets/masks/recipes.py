"""What each trainer trains of an example, as data: read in its code or measured with it, with version and date.

A recipe says which tokens get a loss; the text is always what the model's own chat template makes of the line. Trainers
that write conversations by templates of their own are marked.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import difflib
from typing import Literal

from tuneset.errors import UsageError

_READ = dt.date(2026, 11, 26)


@dataclasses.dataclass(frozen=True)
class Recipe:
    """How one trainer masks.

    Args:
        name: as users write it.
        title: the trainer, its version, and the settings under which it does so.
        source: where that is known from; `as_of` when it was so.
        uses_generation: whether `generation` blocks of a template say what is trained, where it has them.
        turns: all answers, or the last alone.
        switch: the key of a message that says whether it is trained; "" where none is looked at.
        switch_on_any: whether that key also switches on other roles than the assistant.
        end_of_turn: whether the token that ends an answer is trained.
        after_end: whether what the template writes after that token is trained too, such as a line break; `unless_eos`
            where only if that token is not the model's end token.
        last_end_always: whether the end of the last answer is trained though the answer is not.
        arguments: whether arguments of tool calls reach the template as they are written, or as objects.
        reasoning: whether reasoning beside an answer reaches the template, or is left out.
        own_template: whether the trainer writes conversations by a template of its own.
    """

    name: str
    title: str
    source: str
    as_of: dt.date = _READ
    uses_generation: bool = False
    turns: Literal["all", "last"] = "all"
    switch: str = ""
    switch_on_any: bool = False
    end_of_turn: bool = True
    after_end: Literal["no", "yes", "unless_eos"] = "no"
    last_end_always: bool = False
    arguments: Literal["as_written", "objects"] = "as_written"
    reasoning: Literal["template", "left_out"] = "template"
    own_template: bool = False
    note: str = ""


RECIPES: dict[str, Recipe] = {
    recipe.name: recipe
    for recipe in (
        Recipe(
            "answers", "Every answer with its end, but those of weight 0",
            "what most trainers mean by training answers",
            switch="weight", arguments="objects",
        ),
        Recipe(
            "trl", "TRL 1.16.0, SFTTrainer with assistant_only_loss=True",
            "trl/trainer/sft_trainer.py, trl/data_utils.py",
            uses_generation=True,
            note="it stops where a template has no generation block and it knows no training template for the model; "
            "weight is not looked at",
        ),
        Recipe(
            "axolotl", "Axolotl 0.19.0, type chat_template, message_field_training: weight, train_on_eos: turn",
            "axolotl/prompt_strategies/chat_template.py",
            switch="weight", switch_on_any=True, arguments="objects",
        ),
        Recipe(
            "llama-factory", "LLaMA-Factory 0.9.5, stage sft, mask_history: false",
            "llamafactory/data/processor/supervised.py, llamafactory/data/converter.py",
            reasoning="left_out", own_template=True,
            note="weight is not looked at; arguments that are text are written as a text once more",
        ),
        Recipe(
            "unsloth", "Unsloth 2026.10.9, train_on_responses_only", "unsloth_zoo/dataset_utils.py",
            after_end="unless_eos", note="weight is not looked at",
        ),
        Recipe(
            "ms-swift", "ms-swift 4.6.0, swift sft, loss_scale: default",
            "swift/loss_scale/base.py, swift/template/base.py",
            switch="loss", after_end="yes", last_end_always=True, arguments="objects", own_template=True,
            note="weight is not looked at: its own key is loss",
        ),
        Recipe(
            "together", 'Together AI, train_on_inputs: "auto"', "Together documentation, data preparation",
            dt.date(2026, 8, 20), switch="weight", switch_on_any=True, arguments="objects", own_template=True,
            note="its preview of a job gives the labels themselves",
        ),
        Recipe(
            "fireworks", "Fireworks AI, supervised", "Fireworks documentation, supervised fine-tuning",
            dt.date(2026, 8, 20), switch="weight", arguments="objects", own_template=True,
            note="where the end of a turn is trained is not documented",
        ),
        Recipe(
            "openai", "OpenAI's supervised fine-tuning", "OpenAI API specification, fine-tuning chat input",
            dt.date(2026, 11, 20), switch="weight", arguments="objects", own_template=True,
            note="the template of its models is not published: the mask shows which answers are trained",
        ),
    )
}  # fmt: skip
"""All recipes by name."""

DEFAULT_RECIPE = "answers"


def find_recipe(name: str) -> Recipe:
    """The recipe of that name. Raises UsageError with the nearest known one.

    >>> find_recipe("trl").turns
    'all'
    """
    if name not in RECIPES:
        near = difflib.get_close_matches(name, RECIPES, n=1, cutoff=0.4)
        raise UsageError(
            f"unknown recipe {name}", allowed=", ".join(RECIPES), hint=f"did you mean {near[0]}?" if near else ""
        )
    return RECIPES[name]
