"""A small neural language model in numpy: a fixed window of pieces, embedded, one hidden layer, a softmax.

After Bengio et al. (2003), "A Neural Probabilistic Language Model", with a rectified hidden layer and AdamW. It knows
arrays only: no text, no files, no randomness but the generator that it is given. All arithmetic is float32.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

WINDOW = 8
"""How many pieces before a position the model sees."""

EMBEDDING = 48
HIDDEN = 192
CHUNK = 4_096
"""Positions computed at a time; bounds memory at about 50 MB for a thousand pieces, whatever a step holds."""

BETAS = (0.9, 0.99)
EPSILON = 1e-8
WEIGHT_DECAY = 0.3

Floats: TypeAlias = npt.NDArray[np.float32]
Ids: TypeAlias = npt.NDArray[np.int64]
Hits: TypeAlias = npt.NDArray[np.bool_]
Parameters: TypeAlias = dict[str, Floats]


@dataclasses.dataclass(frozen=True)
class Evaluation:
    """Mean cross-entropy (nats a piece) and share of pieces whose likeliest guess is right, over `positions`."""

    loss: float
    accuracy: float
    positions: int


def new_parameters(pieces: int, random: np.random.Generator) -> Parameters:
    """Untrained weights for a vocabulary of `pieces`: the output layer is zero, so that every piece is as likely."""
    width = WINDOW * EMBEDDING
    return {
        "embedding": _normal(random, (pieces, EMBEDDING), 0.3),
        "hidden_weight": _normal(random, (width, HIDDEN), (2 / width) ** 0.5),
        "hidden_bias": np.zeros(HIDDEN, np.float32),
        "output_weight": np.zeros((HIDDEN, pieces), np.float32),
        "output_bias": np.zeros(pieces, np.float32),
    }


def evaluate(parameters: Parameters, windows: Ids, targets: Ids) -> Evaluation:
    """Loss and accuracy without learning. `windows` is (positions, WINDOW), `targets` (positions,); both piece ids."""
    loss, right = 0.0, 0
    for start in range(0, len(targets), CHUNK):
        part = slice(start, start + CHUNK)
        losses, hits = predict(parameters, windows[part], targets[part])
        right += int(hits.sum())
        loss += float(losses.sum(dtype=np.float64))
    return Evaluation(loss / len(targets), right / len(targets), len(targets))


def predict(parameters: Parameters, windows: Ids, targets: Ids) -> tuple[Floats, Hits]:
    """The cross-entropy (nats) of each position, and whether its likeliest guess is right."""
    losses, hits = [np.zeros(0, np.float32)], [np.zeros(0, np.bool_)]
    for start in range(0, len(targets), CHUNK):
        part = slice(start, start + CHUNK)
        *_, logits = _forward(parameters, windows[part])
        hits.append(logits.argmax(axis=1) == targets[part])
        losses.append(_losses(_softmax(logits), targets[part]))
    return np.concatenate(losses), np.concatenate(hits)


def next_logprobs(parameters: Parameters, window: Ids) -> npt.NDArray[np.float64]:
    """The log probability of each piece after one window, (WINDOW,)."""
    *_, logits = _forward(parameters, window[None])
    exact = logits[0].astype(np.float64)
    highest = exact.max()
    logprobs: npt.NDArray[np.float64] = exact - highest - np.log(np.exp(exact - highest).sum())
    return logprobs


def gradients(
    parameters: Parameters, windows: Ids, targets: Ids, weights: Floats | None = None
) -> tuple[Evaluation, Parameters]:
    """Loss and accuracy on a batch, and the gradient of the mean loss by each parameter.

    `weights`, one a position, multiply the losses that the gradient is of; the measure is without them.
    """
    loss, right = 0.0, 0
    total = {name: np.zeros_like(values) for name, values in parameters.items()}
    for start in range(0, len(targets), CHUNK):
        part = slice(start, start + CHUNK)
        by_part = None if weights is None else weights[part]
        part_loss, part_right, by = _summed_gradients(parameters, windows[part], targets[part], by_part)
        loss += part_loss
        right += part_right
        for name in total:
            total[name] += by[name]
    for name in total:
        total[name] /= len(targets)
    return Evaluation(loss / len(targets), right / len(targets), len(targets)), total


def _summed_gradients(
    parameters: Parameters, windows: Ids, targets: Ids, weights: Floats | None
) -> tuple[float, int, Parameters]:
    """Summed loss, right guesses and the gradient of the summed loss, for at most CHUNK positions."""
    embedded, hidden, logits = _forward(parameters, windows)
    right = int((logits.argmax(axis=1) == targets).sum())
    probabilities = _softmax(logits)
    loss = float(_losses(probabilities, targets).sum(dtype=np.float64))
    by_logits = probabilities
    by_logits[np.arange(len(targets)), targets] -= 1
    if weights is not None:
        by_logits *= weights[:, None]
    by_hidden: Floats = by_logits @ parameters["output_weight"].T
    by_hidden *= hidden > 0
    by_embedded: Floats = by_hidden @ parameters["hidden_weight"].T
    return (
        loss,
        right,
        {
            "embedding": _sum_by_id(windows, by_embedded, len(parameters["embedding"])),
            "hidden_weight": embedded.T @ by_hidden,
            "hidden_bias": by_hidden.sum(axis=0),
            "output_weight": hidden.T @ by_logits,
            "output_bias": by_logits.sum(axis=0),
        },
    )


class AdamW:
    """The optimiser's moving averages; `step` changes the parameters in place (Loshchilov and Hutter, 2019)."""

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


def _forward(parameters: Parameters, windows: Ids) -> tuple[Floats, Floats, Floats]:
    """The embedded windows, the hidden layer and the logits, one row a position."""
    embedded: Floats = parameters["embedding"][windows].reshape(len(windows), -1)
    hidden: Floats = embedded @ parameters["hidden_weight"]
    hidden += parameters["hidden_bias"]
    np.maximum(hidden, 0, out=hidden)
    logits: Floats = hidden @ parameters["output_weight"]
    logits += parameters["output_bias"]
    return embedded, hidden, logits


def _softmax(logits: Floats) -> Floats:
    """Probabilities, written over the logits."""
    logits -= logits.max(axis=1, keepdims=True)
    np.exp(logits, out=logits)
    logits /= logits.sum(axis=1, keepdims=True)
    return logits


def _losses(probabilities: Floats, targets: Ids) -> Floats:
    """The cross-entropy of each position; a probability that float32 rounds to zero counts as the smallest it has."""
    chosen = probabilities[np.arange(len(targets)), targets]
    losses: Floats = -np.log(np.maximum(chosen, np.finfo(np.float32).tiny))
    return losses


def _sum_by_id(ids: Ids, by_embedded: Floats, pieces: int) -> Floats:
    """Add up the rows that belong to one piece, always in the same order, so that equal runs give equal bits."""
    flat = ids.ravel()
    rows = by_embedded.reshape(len(flat), EMBEDDING)
    order = np.argsort(flat, kind="stable")
    ordered = flat[order]
    starts = np.flatnonzero(np.r_[True, ordered[1:] != ordered[:-1]])
    total = np.zeros((pieces, EMBEDDING), np.float32)
    total[ordered[starts]] = np.add.reduceat(rows[order], starts, axis=0)
    return total


def _normal(random: np.random.Generator, shape: tuple[int, int], scale: float) -> Floats:
    return random.standard_normal(shape, dtype=np.float32) * np.float32(scale)
