"""AdamW (Loshchilov and Hutter, 2019) over a model's parameters. It knows arrays only."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from tuneset.training.tiny.arrays import Floats, Parameters

BETAS = (0.9, 0.99)
EPSILON = 1e-8
WEIGHT_DECAY = 0.3


class AdamW:
    """The optimiser's moving averages; `step` changes the parameters in place."""

    def __init__(self, parameters: Mapping[str, Floats]) -> None:
        self.means = {name: np.zeros_like(values) for name, values in parameters.items()}
        self.squares = {name: np.zeros_like(values) for name, values in parameters.items()}
        self.steps = 0

    def step(self, parameters: Parameters, by: Mapping[str, Floats], rate: float) -> None:
        """Move `parameters` against the gradients `by`, at learning rate `rate`."""
        self.steps += 1
        keep_mean, keep_square = BETAS
        mean_scale = 1 / (1 - keep_mean**self.steps)
        square_scale = 1 / (1 - keep_square**self.steps)
        for name in parameters:
            values, mean, square, gradient = parameters[name], self.means[name], self.squares[name], by[name]
            mean += (1 - keep_mean) * (gradient - mean)
            square += (1 - keep_square) * (gradient * gradient - square)
            if values.ndim > 1:
                values *= 1 - rate * WEIGHT_DECAY
            values -= (rate * mean_scale) * mean / (np.sqrt(square * square_scale) + EPSILON)
