"""Questions to a model at an endpoint, one at a time, by chat completions. Nothing is kept and nothing is graded here.

To ask twice changes nothing but the bill, so that a question is repeated like any read.
"""

from __future__ import annotations

from tuneset.errors import RemoteError, UsageError
from tuneset.params import EndpointParams
from tuneset.providers.calls import read
from tuneset.providers.chat_models import Chat, ChatAnswer, ChatQuestion
from tuneset.providers.endpoint import Endpoint


def require_chat(endpoint: Endpoint, params: EndpointParams) -> None:
    """See that models can be asked here, and that it may cost what it does. Raises UsageError.

    No price of an answer is known of any provider, so that no limit could be kept: where answers are paid, the user
    has to take a cost that is not known.
    """
    require_answers(endpoint)
    if endpoint.profile.endpoint.paid and not params.accept_unknown_cost:
        raise UsageError(
            f"answers at {endpoint.profile.title} cost money, and no price of them is known here, so that "
            "endpoint.spend_limit_usd cannot be kept",
            hint="set endpoint.accept_unknown_cost: true, and fewer questions by --limit",
        )


def require_answers(endpoint: Endpoint) -> None:
    """See that models can be asked here, whatever it costs. Raises UsageError."""
    if not isinstance(endpoint.provider, Chat):
        raise UsageError(
            f"endpoint.profile {endpoint.profile.name}: no model can be asked at {endpoint.profile.title} from here",
            hint="name an address that offers chat completions in endpoint.base_url, with endpoint.profile: local",
        )


def logprobs_of(endpoint: Endpoint, question: ChatQuestion, answer: str) -> tuple[float | None, ...]:
    """How likely each token of a question and a given answer is. Raises UsageError where the endpoint does not tell."""
    provider = endpoint.provider
    assert isinstance(provider, Chat), "require_chat has seen to it"
    found, why = None, ""
    try:
        found = read(endpoint, f"asking {question.model}", lambda _: provider.logprobs_of(question, answer))
    except RemoteError as error:
        if error.code != "bad_request":
            raise
        why = f": {error.message}"
    if found is None:
        raise UsageError(
            f"{endpoint.base_url} does not tell how likely a given answer is{why}",
            hint="leave --loss away, or serve the models by vLLM or `tuneset serve`",
        )
    return found


def ask(endpoint: Endpoint, question: ChatQuestion) -> ChatAnswer:
    """The answer to a question. Raises RemoteError, `bad_request` among others where the model does not take it."""
    provider = endpoint.provider
    assert isinstance(provider, Chat), "require_chat has seen to it"
    return read(endpoint, f"asking {question.model}", lambda _: provider.ask(question))
