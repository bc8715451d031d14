"""How likely the references are to each model: the loss, which needs no grader and no answer of the model's own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from tuneset.api.remote.asking import AT_ONCE, Answer, Answers
from tuneset.errors import UsageError
from tuneset.evaluation import paired
from tuneset.evaluation.cases import Case
from tuneset.providers.chat import logprobs_of
from tuneset.providers.chat_models import ChatQuestion
from tuneset.providers.endpoint import Endpoint

NONE: Mapping[str, None] = dict.fromkeys(("base_loss", "tuned_loss", "loss_gain", "loss_gain_low", "loss_gain_high"))
"""The figures where no loss was asked for."""


def losses(
    endpoint: Endpoint, models: tuple[str, str], seed: int, rows: Sequence[tuple[Case, Answer, Answer]], kept: Answers
) -> dict[str, Any]:
    """The mean loss of the references in nats a token, question by question, and how much less it is of the second.

    Each row has the answers of both models, which tell where the reference begins. Raises UsageError where the
    endpoint does not tell probabilities, and RemoteError; what was told by then is kept.
    """

    def asked(one: tuple[str, Case, Answer]) -> float:
        model, case, answer = one
        key = case.digest("loss", endpoint.identity, model)
        known = kept.get(key)
        if known is None:
            told = logprobs_of(endpoint, ChatQuestion(model, case.messages, case.tools, 0, 1), case.reference)
            of_reference = [each for each in told[answer["prompt_tokens"] or len(told) :] if each is not None]
            if not of_reference:
                raise UsageError(f"{endpoint.base_url} does not tell where the answer begins", hint="leave --loss away")
            known = {"loss": -sum(of_reference) / len(of_reference)}
            kept.add(key, known)
        loss: float = known["loss"]
        return loss

    pool = ThreadPoolExecutor(AT_ONCE)
    try:
        before, after = (
            list(pool.map(asked, [(model, row[0], row[1 + place]) for row in rows]))
            for place, model in enumerate(models)
        )
    finally:
        pool.shutdown(cancel_futures=True)
    found = paired.compare([-loss for loss in before], [-loss for loss in after], seed)
    values = (-found.base_score, -found.tuned_score, found.gain, found.gain_low, found.gain_high)
    return dict(zip(NONE, values, strict=True))
