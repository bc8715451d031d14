"""What a teacher's answers can cost at most, and whether they may: from prices of params, and tokens counted before.

No profile holds a price of answers, so that without prices of params nothing is known.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from typing import Any

from tuneset.api.remote.label import usd
from tuneset.errors import UsageError
from tuneset.json_text import dumps
from tuneset.params import EndpointParams, LabelParams
from tuneset.providers.chat_models import ChatQuestion
from tuneset.providers.endpoint import Endpoint
from tuneset.targets.tokenizer import find_tokenizer

ENCODING = "o200k_base"
"""By which prompts are counted: an estimate for any model that has another one."""
MESSAGE_TOKENS, ANSWER_START = 4, 3
"""What a chat format puts around a message and before an answer. OpenAI's cookbook for its chat models, 2024."""
_AT_ONCE = 1024
"""Questions whose texts are counted at a time."""


@dataclasses.dataclass(frozen=True)
class AtMost:
    """What questions may come to: tokens of all prompts, as estimated, of all answers, and US dollars if known."""

    prompt_tokens: int
    answer_tokens: int
    usd: float | None


def at_most(questions: Iterable[ChatQuestion], params: LabelParams) -> AtMost:
    """The most that questions come to, if each answer is as long as it may be. Images are not counted."""
    tokenizer = find_tokenizer(ENCODING)
    prompts = count = 0
    texts: list[str] = []
    for question in questions:
        count += 1
        prompts += MESSAGE_TOKENS * len(question.messages) + ANSWER_START
        texts += [text for message in question.messages for text in _texts(message)]
        texts += [dumps(dict(question.tools))] if question.tools else []
        if len(texts) >= _AT_ONCE:
            prompts += sum(tokenizer.count(texts))
            texts = []
    prompts += sum(tokenizer.count(texts))
    answers = count * params.max_tokens
    return AtMost(prompts, answers, usd(params, prompts, answers))


def _texts(message: Any) -> list[str]:  # noqa: ANN401  any message
    """The texts of a message: its content, of text or of parts, and its calls.

    >>> _texts({"content": [{"type": "text", "text": "a"}, {"type": "image_url"}]}), _texts({"content": None})
    (['a'], [])
    """
    content = message.get("content")
    parts = content if isinstance(content, list) else [{"text": content}]
    found = [part["text"] for part in parts if isinstance(part, dict) and isinstance(part.get("text"), str)]
    return [*found, *([dumps(message["tool_calls"])] if message.get("tool_calls") else [])]


def check_spending(endpoint: Endpoint, params: EndpointParams, cost: AtMost) -> None:
    """Refuse what the user does not allow; endpoints that cost nothing pass. Raises UsageError.

    A paid endpoint needs a limit, and prices by which it can be held, or a word that an unknown cost is taken.
    """
    limit, title = params.spend_limit_usd, endpoint.profile.title
    if limit is not None and cost.usd is not None and cost.usd > limit:
        raise UsageError(
            f"the answers may cost up to {cost.usd:.2f} USD, endpoint.spend_limit_usd is {limit:.2f}",
            hint="raise the limit, lower label.max_tokens, or ask fewer rows",
        )
    if not endpoint.profile.endpoint.paid:
        return
    if limit is None:
        raise UsageError(
            f"endpoint.spend_limit_usd is not set, and answers at {title} cost money",
            hint="set it in params.yaml to the most that they may cost, in US dollars",
        )
    if cost.usd is None and not params.accept_unknown_cost:
        raise UsageError(
            f"what answers cost at {title} is not known, so that endpoint.spend_limit_usd cannot be kept",
            hint="set label.prompt_usd_per_million_tokens and label.answer_usd_per_million_tokens to the provider's "
            "prices; or endpoint.accept_unknown_cost: true to go on without",
        )
