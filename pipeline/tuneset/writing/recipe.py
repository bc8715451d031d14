"""What a trainer is told beside the data: base model, epochs, learning rate, batch, length. No format stands here.

The defaults are those that a LoRA run on some thousand conversations usually begins with; `tuneset migrate` puts those
of a job in their place. Every config that is written names all of them, so that nothing is left to a trainer's own.
"""

from __future__ import annotations

import dataclasses


@dataclasses.dataclass(frozen=True)
class TrainingRecipe:
    """How a model is trained.

    Args:
        model: the base model, a folder or a name; None where the command of the README is given it.
        epochs: how often the rows are seen.
        learning_rate: absolute, at its peak.
        batch_size: rows an update.
        max_length: tokens; what trainers do with longer rows differs, and each README says it.
        lora_rank: of the adapter.
        lora_alpha: its scale.
        beta: of preference training, how far the model may go from where it began.
        seed: of the order of rows.
        learning_rate_multiplier: of a service's own learning rate, for services that take no absolute one; None for
            theirs.
    """

    model: str | None = None
    epochs: int = 3
    learning_rate: float = 1e-4
    batch_size: int = 8
    max_length: int = 4096
    lora_rank: int = 16
    lora_alpha: int = 32
    beta: float = 0.1
    seed: int = 0
    learning_rate_multiplier: float | None = None
