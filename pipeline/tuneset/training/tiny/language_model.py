"""A small neural language model in numpy: a window of pieces, what attention finds further back, one hidden layer.

After Bengio et al. (2003), "A Neural Probabilistic Language Model": the last pieces are embedded, go through a
rectified hidden layer and a softmax. Beside them stand the pieces that followed when the present ones occurred before,
and what `attention` finds among all that came before. It knows arrays only: no text, no files, no randomness but the
generator that it is given. All arithmetic is float32.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Sequence

import numpy as np
import numpy.typing as npt

from tuneset.training.tiny.arrays import Floats, Hits, Ids, Parameters, normal, sum_by_id
from tuneset.training.tiny.attention import SUM, Look, Memory, attend, attention_gradients, new_attention

WINDOW = 8
"""How many pieces right before a position the model sees one by one."""

FOLLOWED = (1, 2)
"""For each of these lengths it sees the piece that followed when the last so many pieces occurred before."""

SEEN = WINDOW + len(FOLLOWED)
EMBEDDING = 48
HIDDEN = 144


@dataclasses.dataclass(frozen=True)
class Batch:
    """Positions whose pieces are to be told; computed at a time, so that their number bounds the memory that it takes.

    Args:
        seen: (positions, SEEN) piece ids: those of the window, then what followed.
        memory: what else came before.
        targets: the piece at each position.
    """

    seen: Ids
    memory: Memory
    targets: Ids


@dataclasses.dataclass(frozen=True)
class Evaluation:
    """Mean cross-entropy (nats a piece) and share of pieces whose likeliest guess is right, over `positions`."""

    loss: float
    accuracy: float
    positions: int


def new_parameters(pieces: int, random: np.random.Generator) -> Parameters:
    """Untrained weights for a vocabulary of `pieces`: the output layer is zero, so that every piece is as likely."""
    width = (SEEN + 1) * EMBEDDING + SUM
    return {
        "embedding": normal(random, (pieces, EMBEDDING), 0.3),
        **new_attention(WINDOW * EMBEDDING, EMBEDDING, random),
        "hidden_weight": normal(random, (width, HIDDEN), (2 / width) ** 0.5),
        "hidden_bias": np.zeros(HIDDEN, np.float32),
        "output_weight": np.zeros((HIDDEN, pieces), np.float32),
        "output_bias": np.zeros(pieces, np.float32),
    }


def evaluate(parameters: Parameters, batches: Iterable[Batch]) -> Evaluation:
    """Loss and accuracy without learning."""
    losses, hits = predict(parameters, batches)
    return Evaluation(float(losses.sum(dtype=np.float64)) / len(losses), float(hits.mean()), len(losses))


def predict(parameters: Parameters, batches: Iterable[Batch]) -> tuple[Floats, Hits]:
    """The cross-entropy (nats) of each position, and whether its likeliest guess is right."""
    losses, hits = [np.zeros(0, np.float32)], [np.zeros(0, np.bool_)]
    for batch in batches:
        logits = _forward(parameters, batch.seen, batch.memory).logits
        hits.append(logits.argmax(axis=1) == batch.targets)
        losses.append(_losses(_softmax(logits), batch.targets))
    return np.concatenate(losses), np.concatenate(hits)


def next_logprobs(parameters: Parameters, seen: Ids, memory: Memory) -> npt.NDArray[np.float64]:
    """The log probability of each piece at one position, of which `seen` is (1, SEEN)."""
    exact = _forward(parameters, seen, memory).logits[0].astype(np.float64)
    highest = exact.max()
    logprobs: npt.NDArray[np.float64] = exact - highest - np.log(np.exp(exact - highest).sum())
    return logprobs


def gradients(
    parameters: Parameters, batches: Sequence[Batch], weights: Floats | None = None
) -> tuple[Evaluation, Parameters]:
    """Loss and accuracy on batches, and the gradient of the mean loss by each parameter.

    `weights`, one a position, multiply the losses that the gradient is of; the measure is without them.
    """
    loss, right, done = 0.0, 0, 0
    total = {name: np.zeros_like(values) for name, values in parameters.items()}
    for batch in batches:
        part = slice(done, done + len(batch.targets))
        part_loss, part_right, by = _summed_gradients(parameters, batch, None if weights is None else weights[part])
        loss += part_loss
        right += part_right
        done = part.stop
        for name in total:
            total[name] += by[name]
    for name in total:
        total[name] /= done
    return Evaluation(loss / done, right / done, done), total


def _summed_gradients(parameters: Parameters, batch: Batch, weights: Floats | None) -> tuple[float, int, Parameters]:
    """Summed loss, right guesses and the gradient of the summed loss."""
    forward = _forward(parameters, batch.seen, batch.memory)
    targets = batch.targets
    right = int((forward.logits.argmax(axis=1) == targets).sum())
    probabilities = _softmax(forward.logits)
    loss = float(_losses(probabilities, targets).sum(dtype=np.float64))
    by_logits = probabilities
    by_logits[np.arange(len(targets)), targets] -= 1
    if weights is not None:
        by_logits *= weights[:, None]
    by_hidden: Floats = by_logits @ parameters["output_weight"].T
    by_hidden *= forward.hidden > 0
    by_inputs: Floats = by_hidden @ parameters["hidden_weight"].T
    by_seen, by_found = by_inputs[:, : SEEN * EMBEDDING], by_inputs[:, SEEN * EMBEDDING :]
    window = forward.inputs[:, : WINDOW * EMBEDDING]
    by_attention, by_embedding, by_window = attention_gradients(parameters, window, forward.look, by_found)
    by_seen[:, : WINDOW * EMBEDDING] += by_window
    by_embedding += sum_by_id(batch.seen, np.ascontiguousarray(by_seen), len(by_embedding))
    return (
        loss,
        right,
        {
            "embedding": by_embedding,
            **by_attention,
            "hidden_weight": forward.inputs.T @ by_hidden,
            "hidden_bias": by_hidden.sum(axis=0),
            "output_weight": forward.hidden.T @ by_logits,
            "output_bias": by_logits.sum(axis=0),
        },
    )


@dataclasses.dataclass(frozen=True)
class _Forward:
    """The hidden layer's inputs, that layer and the logits, one row a position; and what attention has computed."""

    inputs: Floats
    hidden: Floats
    logits: Floats
    look: Look


def _forward(parameters: Parameters, seen: Ids, memory: Memory) -> _Forward:
    embedded: Floats = parameters["embedding"][seen].reshape(len(seen), -1)
    found, look = attend(parameters, embedded[:, : WINDOW * EMBEDDING], memory)
    inputs: Floats = np.concatenate([embedded, found], axis=1)
    hidden: Floats = inputs @ parameters["hidden_weight"]
    hidden += parameters["hidden_bias"]
    np.maximum(hidden, 0, out=hidden)
    logits: Floats = hidden @ parameters["output_weight"]
    logits += parameters["output_bias"]
    return _Forward(inputs, hidden, logits, look)


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
