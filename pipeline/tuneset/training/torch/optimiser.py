"""Moves the weights: Muon (Jordan et al., 2024) those of the layers, AdamW (Loshchilov and Hutter, 2019) the others.

Muon makes the steps of a matrix alike in all directions, so that a small model learns from about half as many
examples. Both are PyTorch's own.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch

from tuneset.training.torch.transformer import Transformer

MATRIX_RATE, OTHER_RATE = 2e-2, 6e-3
"""Learning rates of both; what is asked for multiplies them."""

WEIGHT_DECAY = 0.1
BETAS = (0.9, 0.98)


class Optimiser:
    """Both optimisers of one model."""

    def __init__(self, model: Transformer) -> None:
        self._names = {values: name for name, values in model.named_parameters()}
        matrices = [
            values
            for values, name in self._names.items()
            if name.startswith("layers") and name.endswith("weight") and values.dim() > 1
        ]
        inside = set(matrices)
        others = [values for values in self._names if values not in inside]
        muon = torch.optim.Muon(matrices, lr=0.0, weight_decay=WEIGHT_DECAY)
        adamw = torch.optim.AdamW(others, lr=0.0, betas=BETAS, weight_decay=0.0)
        self._both = ((muon, MATRIX_RATE), (adamw, OTHER_RATE))

    def move(self, factor: float) -> None:
        """Move the weights against their gradients, at a share of the learning rates, and forget the gradients."""
        for optimiser, rate in self._both:
            for group in optimiser.param_groups:
                group["lr"] = rate * factor
            optimiser.step()
            optimiser.zero_grad(set_to_none=True)

    def forget(self) -> None:
        """Begin anew: nothing is known of earlier gradients."""
        for optimiser, _ in self._both:
            optimiser.state.clear()

    def state(self) -> dict[str, Any]:
        """What is known of earlier gradients, as named tensors."""
        return {
            f"{self._names[values]}/{key}": kept
            for optimiser, _ in self._both
            for values, state in optimiser.state.items()
            for key, kept in state.items()
        }

    def go_on(self, state: Mapping[str, Any]) -> None:
        """Take back what `state` has given."""
        for optimiser, _ in self._both:
            for group in optimiser.param_groups:
                for values in group["params"]:
                    known = f"{self._names[values]}/"
                    found = {name.removeprefix(known): kept for name, kept in state.items() if name.startswith(known)}
                    # The number of steps stays on the processor, as the optimiser has it.
                    optimiser.state[values] = {
                        key: kept if kept.dim() == 0 else kept.to(values.device) for key, kept in found.items()
                    }
