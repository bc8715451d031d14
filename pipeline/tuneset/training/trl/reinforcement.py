"""Reinforcement by TRL's GRPO: the model answers, the protocol's grader scores its answers, the better ones count."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import datasets
from torch.utils.data import Sampler
from trl import GRPOConfig, GRPOTrainer
from trl.trainer.utils import RepeatSampler

from tuneset.graders.ask_server import ask_server
from tuneset.graders.grader import grade_all, sample_of
from tuneset.training.trainer import GRADER_KEY_VARIABLE, TrainingRequest
from tuneset.training.trl.base_model import Base
from tuneset.training.trl.plan import TrlPlan
from tuneset.training.trl.rows import Prompts
from tuneset.training.trl.tool_calls import read_calls

MAX_ANSWER = 1_024
"""Tokens of an answer at most; and at most half of what the model takes."""

LOGGED = {
    "loss": "train_loss",
    "reward": "train_mean_reward",
    "completions/mean_length": "completion_tokens_mean",
    "grader_errors": "train_grader_errors",
}
"""What is told of TRL's log. The names of OpenAI's reinforcement guide, 2026-08-21, as far as it has them."""

COLUMNS = {
    "train_loss": "train_loss",
    "train_mean_reward": "train_mean_reward",
    "valid_mean_reward": "valid_mean_reward",
    "full_valid_mean_reward": "full_valid_mean_reward",
    "completion_tokens_mean": "completion_tokens_mean",
    "train_grader_errors": "train_grader_errors",
}


class Graded(GRPOTrainer):  # type: ignore[misc]  # the library's types are not read
    """GRPO of prompts that are text with all marks of the chat format, so that no template is put around them."""

    def _tokenize_prompts(self, prompts: list[str]) -> tuple[list[list[int]], None, dict[str, Any]]:
        found = self.processing_class(prompts, add_special_tokens=False)["input_ids"]
        return [list(one) for one in found], None, {}

    def _get_train_sampler(self, *given: Any) -> _OrderOfEpoch:
        return _OrderOfEpoch(super()._get_train_sampler(*given))


class _OrderOfEpoch(Sampler):  # type: ignore[misc]  # as above
    """The prompts in an order that the seed and the number of the epoch decide.

    TRL's own sampler draws each epoch's order after that of the epoch before, and in a training that goes on begins
    with that of the first, so that other prompts come than without the interruption.
    """

    def __init__(self, sampler: RepeatSampler) -> None:
        self._sampler = sampler

    def set_epoch(self, epoch: int) -> None:
        """Called by the trainer before each epoch, also by one that goes on."""
        self._sampler.generator.manual_seed(self._sampler.seed + epoch)

    def __iter__(self) -> Iterator[int]:
        return iter(self._sampler)

    def __len__(self) -> int:
        return len(self._sampler)


class Reward:
    """The grader as TRL calls it: a score for each answer. It keeps the sentences of what could not be graded."""

    __name__ = "grader"

    def __init__(self, request: TrainingRequest) -> None:
        assert request.grader is not None
        self._grader = request.grader
        url = request.grader_url
        self._ask = None if url is None else ask_server(url, os.environ.get(GRADER_KEY_VARIABLE))
        self.told: list[str] = []
        self._known: set[str] = set()

    def __call__(self, completions: Sequence[str], row: Sequence[str], log_metric: Any, **_: Any) -> list[float]:
        """The scores of some answers, each with its row as JSON."""
        items: list[Mapping[str, Any]] = [json.loads(text) for text in row]
        pairs = [(_sample(text, item), item) for text, item in zip(completions, items, strict=True)]
        grades = grade_all(self._grader, pairs, self._ask)
        errors = [grade.error for grade in grades if grade.error is not None]
        log_metric("grader_errors", len(errors) / len(grades))
        fresh = [error for error in dict.fromkeys(errors) if error not in self._known]
        self._known.update(fresh)
        self.told += fresh
        return [grade.score for grade in grades]


def _sample(text: str, item: Mapping[str, Any]) -> dict[str, Any]:
    """An answer as graders see it, with the calls of the row's tools that it is."""
    names = frozenset(tool["function"]["name"] for tool in item.get("tools") or ())
    written = text.strip().removeprefix("<tool_call>").removesuffix("</tool_call>")
    calls = read_calls(written, names) if names else []
    tools = [{"type": "function", "function": {"name": name, "arguments": arguments}} for name, arguments in calls]
    return sample_of(text, tools=tools)


def make(
    request: TrainingRequest, plan: TrlPlan, base: Base, rows: Prompts, arguments: dict[str, Any], callback: Any
) -> Graded:
    """The trainer of a job. TRL counts answers where the plan counts prompts."""
    longest = min(MAX_ANSWER, request.max_example_tokens // 2)
    config = GRPOConfig(
        **arguments | {"per_device_eval_batch_size": arguments["per_device_eval_batch_size"] * plan.eval_answers},
        num_generations=plan.answers,
        num_generations_eval=plan.eval_answers,
        max_completion_length=longest,
    )
    reward = Reward(request)
    callback.reward = reward
    return Graded(
        model=base.model,
        args=config,
        reward_funcs=[reward],
        train_dataset=dataset(rows),
        processing_class=base.tokenizer,
        peft_config=base.adapter,
        callbacks=[callback],
    )


def dataset(rows: Prompts) -> datasets.Dataset:
    """Prompts as TRL takes them."""
    return datasets.Dataset.from_list([{"prompt": row["prompt"], "row": row["row"]} for row in rows.rows])


def measure(trainer: Any, rows: Prompts) -> dict[str, float]:
    """The mean reward of answers to validation prompts."""
    found = trainer.evaluate(eval_dataset=dataset(rows))
    return {"mean_reward": float(found["eval_reward"])} if "eval_reward" in found else {}
