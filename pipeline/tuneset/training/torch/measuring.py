"""What a model makes of windows: losses without learning, and gradients of weighted losses. It knows no files."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch.nn import functional

from tuneset.training.torch.transformer import Transformer
from tuneset.training.torch.windows import Window, WindowBatch, groups

Values = npt.NDArray[np.float64]


@dataclasses.dataclass(frozen=True)
class WindowLosses:
    """Of each window the summed loss of its learned pieces (nats), the right guesses among them, and their number."""

    losses: Values
    right: npt.NDArray[np.int64]
    positions: npt.NDArray[np.int64]

    @property
    def loss(self) -> float:
        """Nats a piece."""
        return float(self.losses.sum() / self.positions.sum())

    @property
    def accuracy(self) -> float:
        """The share of right guesses."""
        return float(self.right.sum() / self.positions.sum())


def measure(model: Transformer, windows: Sequence[Window]) -> WindowLosses:
    """Look at windows without learning, at least one."""
    with torch.no_grad():
        return _over(model, windows, None)


def backward(model: Transformer, windows: Sequence[Window], weights: Sequence[float]) -> WindowLosses:
    """Add the gradients of the windows' summed losses, each times its weight, to those of the model."""
    return _over(model, windows, weights)


def _over(model: Transformer, windows: Sequence[Window], weights: Sequence[float] | None) -> WindowLosses:
    found = WindowLosses(np.zeros(len(windows)), np.zeros(len(windows), np.int64), np.zeros(len(windows), np.int64))
    for group in groups(windows):
        losses, right = _forward(model, group)
        rows = len(group.windows)
        if weights is not None:
            factors = np.array([weights[number] for number in group.windows], np.float32)[group.rows]
            (losses * torch.from_numpy(factors).to(losses.device)).sum().backward()
        found.losses[group.windows] = np.bincount(group.rows, losses.detach().double().cpu().numpy(), rows)
        found.right[group.windows] = np.bincount(group.rows, right.cpu().numpy(), rows).astype(np.int64)
        found.positions[group.windows] = np.bincount(group.rows, minlength=rows)
    return found


def _forward(model: Transformer, group: WindowBatch) -> tuple[Any, Any]:
    """The loss of each learned piece, and whether its likeliest guess is right."""
    device = model.embedding.weight.device
    arrays = (group.inputs, group.hints, group.places, group.targets)
    inputs, hints, places, targets = (torch.from_numpy(one).to(device) for one in arrays)
    inside = model(inputs, hints)
    logits = model.logits(inside.view(-1, inside.shape[-1]).index_select(0, places))
    return functional.cross_entropy(logits, targets, reduction="none"), logits.detach().argmax(dim=1) == targets
