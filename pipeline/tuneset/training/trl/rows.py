"""The lines of a training file as tokens: what is read, and what of it is trained.

Both come from the code behind `tuneset mask`, with the model's own vocabulary and chat template, and not from the
trainer: what is trained is what was shown. Nothing here needs PyTorch.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import orjson

from tuneset.targets.local_models.chat_model import ChatModel
from tuneset.targets.local_models.rendering import RenderError
from tuneset.targets.masks.mask import IGNORED_LABEL, Mask, conversation, mask_messages, prepared
from tuneset.targets.masks.recipes import DEFAULT_RECIPE, RECIPES
from tuneset.training.preference_lines import conversation_pair
from tuneset.training.trainer import CannotTrainError
from tuneset.training.training_file import read_examples
from tuneset.training.unpaired_lines import judged_example

RECIPE = RECIPES[DEFAULT_RECIPE]

LEAST_ANSWER = 32
"""Tokens that an answer of reinforcement has room for at least."""

Ids = npt.NDArray[np.int32]


@dataclasses.dataclass(frozen=True)
class Supervised:
    """The examples of a supervised file, one behind the other; as a sequence, what TRL reads of each.

    Args:
        ids: the tokens of all examples.
        labels: the same where a token is trained, else IGNORED_LABEL.
        ends: where in them each example ends.
        cut: how many examples were cut at their end.
        empty: how many were left out because nothing of them is trained.
    """

    ids: Ids
    labels: Ids
    ends: npt.NDArray[np.int64]
    cut: int = 0
    empty: int = 0

    def __len__(self) -> int:
        return len(self.ends)

    def __getitem__(self, number: int) -> dict[str, list[int]]:
        if not 0 <= number < len(self):
            raise IndexError(number)
        start, end = (int(self.ends[number - 1]) if number else 0), int(self.ends[number])
        return {"input_ids": self.ids[start:end].tolist(), "labels": self.labels[start:end].tolist()}

    @property
    def tokens(self) -> int:
        """All tokens."""
        return len(self.ids)

    @property
    def trained(self) -> int:
        """Those that are trained."""
        return int((self.labels != IGNORED_LABEL).sum())

    def some(self, numbers: Iterable[int]) -> Supervised:
        """The examples of some numbers."""
        return _joined(
            (np.array(row["input_ids"], np.int32), np.array(row["labels"], np.int32))
            for row in map(self.__getitem__, numbers)
        )


def supervised_rows(path: Path, model: ChatModel, limit: int, param: str) -> Supervised:
    """Read a supervised file.

    Args:
        path: the file; it was found valid.
        model: whose tokens are asked for.
        limit: tokens at which an example is cut.
        param: the job's field that names the file, for the error.

    Raises CannotTrainError where the model's template makes no text of an example.
    """
    left_out = [0, 0]

    def read() -> Iterator[tuple[Ids, Ids]]:
        for number, example in enumerate(read_examples(path), start=1):
            messages, tools = conversation(example)
            mask = _mask(model, messages, tools, number, param)
            ids, labels = np.asarray(mask.tokens.ids, np.int32)[:limit], mask.labels().astype(np.int32)[:limit]
            left_out[0] += mask.count > limit
            # The first token of a text is given and never predicted.
            if (labels[1:] == IGNORED_LABEL).all():
                left_out[1] += 1
                continue
            yield ids, labels

    rows = _joined(read())
    return dataclasses.replace(rows, cut=left_out[0], empty=left_out[1])


@dataclasses.dataclass(frozen=True)
class Preferences:
    """The pairs of a preference file, as TRL reads them: the prompt's tokens, and those of each output."""

    rows: Sequence[Mapping[str, list[int]]]
    cut: int = 0
    empty: int = 0

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, number: int) -> Mapping[str, list[int]]:
        return self.rows[number]

    @property
    def tokens(self) -> int:
        """All tokens; those of a prompt count twice, as they are read twice."""
        return sum(2 * len(row["prompt_ids"]) for row in self.rows) + self.trained

    @property
    def trained(self) -> int:
        """Those of the outputs."""
        return sum(len(row["chosen_ids"]) + len(row["rejected_ids"]) for row in self.rows)

    def some(self, numbers: Iterable[int]) -> Preferences:
        """The pairs of some numbers."""
        return Preferences([self.rows[number] for number in numbers])


def preference_rows(path: Path, model: ChatModel, limit: int, param: str) -> Preferences:
    """Read a preference file; the arguments are those of `supervised_rows`."""
    rows, cut, empty = [], 0, 0
    for number, example in enumerate(read_examples(path), start=1):
        tools = example["input"].get("tools") or None
        masks = [_mask(model, one["messages"], tools, number, param) for one in conversation_pair(example)]
        row = _pair(masks, limit)
        cut += any(mask.count > limit for mask in masks)
        if row is None:
            empty += 1
        else:
            rows.append(row)
    return Preferences(rows, cut, empty)


@dataclasses.dataclass(frozen=True)
class Unpaired:
    """Answers that are good or bad, as TRL reads them: the prompt's tokens, those of the answer, and its label."""

    rows: Sequence[Mapping[str, Any]]
    cut: int = 0
    empty: int = 0

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def tokens(self) -> int:
        """All tokens."""
        return sum(len(row["prompt_ids"]) for row in self.rows) + self.trained

    @property
    def trained(self) -> int:
        """Those of the answers."""
        return sum(len(row["completion_ids"]) for row in self.rows)

    def some(self, numbers: Iterable[int]) -> Unpaired:
        """The answers of some numbers."""
        return Unpaired([self.rows[number] for number in numbers])


def unpaired_rows(path: Path, model: ChatModel, limit: int, param: str) -> Unpaired:
    """Read a file of labelled answers; the arguments are those of `supervised_rows`."""
    rows, cut, empty = [], 0, 0
    for number, example in enumerate(read_examples(path), start=1):
        messages, tools = conversation(judged_example(example))
        mask = _mask(model, messages, tools, number, param)
        cut += mask.count > limit
        start, end = (mask.trained_tokens[0][0], mask.trained_tokens[-1][1]) if mask.trained_tokens else (0, 0)
        ids = [int(one) for one in mask.tokens.ids[: min(limit, end)]]
        if start < 1 or len(ids) <= start:
            empty += 1
            continue
        rows.append({"prompt_ids": ids[:start], "completion_ids": ids[start:], "label": example["label"]})
    return Unpaired(rows, cut, empty)


@dataclasses.dataclass(frozen=True)
class Prompts:
    """The prompts of a reinforcement file: the text that asks the model, its tokens, the row for the grader as JSON."""

    rows: Sequence[Mapping[str, Any]]
    cut: int = 0
    empty: int = 0

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def tokens(self) -> int:
        """All tokens of the prompts."""
        return sum(len(row["prompt_ids"]) for row in self.rows)

    @property
    def trained(self) -> int:
        """None of them is trained: answers are the model's own, and counted as they come."""
        return 0

    def some(self, numbers: Iterable[int]) -> Prompts:
        """The prompts of some numbers."""
        return Prompts([self.rows[number] for number in numbers])


def prompt_rows(path: Path, model: ChatModel, limit: int, param: str) -> Prompts:
    """Read a reinforcement file; the arguments are those of `supervised_rows`.

    A prompt that leaves no room for an answer is left out.
    """
    rows, empty = [], 0
    for number, example in enumerate(read_examples(path), start=1):
        try:
            messages = prepared(example["messages"], RECIPE)
            text = model.render(messages, example.get("tools") or None, generation_prompt=True).text
        except RenderError as error:
            raise _refused(error, number, param) from None
        ids = model.vocabulary.encode(text).ids
        if len(ids) + LEAST_ANSWER > limit:
            empty += 1
            continue
        rows.append({"prompt": text, "prompt_ids": ids.tolist(), "row": orjson.dumps(example).decode()})
    return Prompts(rows, 0, empty)


def _pair(masks: Sequence[Mask], limit: int) -> dict[str, list[int]] | None:
    """A pair as TRL reads it; None where nothing of an output is within the limit.

    What both texts begin with is the prompt, as far as nothing of it is trained.
    """
    if not all(mask.trained_tokens for mask in masks):
        return None
    ids = [np.asarray(mask.tokens.ids)[: min(limit, mask.trained_tokens[-1][1])] for mask in masks]
    shared = min(mask.trained_tokens[0][0] for mask in masks)
    differs = np.flatnonzero(ids[0][:shared] != ids[1][:shared])
    prompt = int(differs[0]) if len(differs) else shared
    if min(map(len, ids)) <= prompt:
        return None
    outputs = {f"{name}_ids": one[prompt:].tolist() for name, one in zip(("chosen", "rejected"), ids, strict=True)}
    return {"prompt_ids": ids[0][:prompt].tolist(), **outputs}


def _mask(
    model: ChatModel, messages: Sequence[Mapping[str, Any]], tools: Sequence[Any] | None, number: int, param: str
) -> Mask:
    try:
        return mask_messages(model, messages, tools, RECIPE)
    except RenderError as error:
        raise _refused(error, number, param) from None


def _refused(error: RenderError, number: int, param: str) -> CannotTrainError:
    message = f"The job failed due to an invalid {param.replace('_', ' ')}. Example {number}: {error.reason}."
    return CannotTrainError(f"invalid_{param}", message, param)


def _joined(examples: Iterable[tuple[Ids, Ids]]) -> Supervised:
    ids, labels = [np.zeros(0, np.int32)], [np.zeros(0, np.int32)]
    ends = []
    total = 0
    for one, trained in examples:
        ids.append(one)
        labels.append(trained)
        total += len(one)
        ends.append(total)
    return Supervised(np.concatenate(ids), np.concatenate(labels), np.array(ends, np.int64))


Rows: TypeAlias = Supervised | Preferences | Unpaired | Prompts
"""The rows of a file, of whatever method."""
