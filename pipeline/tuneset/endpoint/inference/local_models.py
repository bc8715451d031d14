"""Which model a name stands for, and its answers from the process of its generator; so many at a time.

What is asked beyond MAX_RUNNING waits, in order within a project and those in turn, and beyond MAX_WAITING is refused.
The processes are started when they are needed, and end with the server.
"""

from __future__ import annotations

import contextlib
from collections.abc import AsyncGenerator

from tuneset.endpoint.api.api_errors import ApiError
from tuneset.endpoint.fair_turns import FairTurns
from tuneset.endpoint.inference.generator_process import GeneratorProcess
from tuneset.endpoint.jobs.trained_models import weights_of
from tuneset.endpoint.state.state_folder import State
from tuneset.profile import Profile, base_model
from tuneset.training.answering import Told
from tuneset.training.generator import GENERATORS, ModelRef, Prompted, Question, generator_address
from tuneset.training.trainer import trainer_environment

MAX_RUNNING = 64
"""Answers that are generated at a time, of all models: more than take a step together, so that a short one gets its
turn beside long ones."""

MAX_WAITING = 256
"""Answers of a project that wait for their turn."""

MAX_PROMPT = 32_768
"""Pieces of a prompt; a model may have room for less."""

LOG = "answering.log"


def field_of(question: Question) -> str:
    """The field of a request that holds the prompt, as the routes have it but for responses.

    >>> field_of(Question(text="a")), field_of(Question(messages=[]))
    ('prompt', 'messages')
    """
    return "messages" if question.text is None else "prompt"


class LocalModels:
    """The models of this server."""

    def __init__(self, state: State, profile: Profile) -> None:
        self._state = state
        self._profile = profile
        self._turns = FairTurns(MAX_RUNNING)
        self._processes: dict[str, GeneratorProcess] = {}

    def find(self, name: str, state: State) -> ModelRef | None:
        """The model of a name: a base model, or one of `state` that a job has made; None where there is none."""
        weights = None
        if name not in self._profile.models:
            weights = weights_of(state, name)
            if weights is None:
                return None
        model = self._profile.models.get(base_model(name))
        if model is None:
            message = f"The model {base_model(name)} is not served now; start the server with it again (--base)."
            raise ApiError(400, message, param="model", code="model_not_available")
        if model.trainer not in GENERATORS:
            message = f"The model '{name}' cannot be talked to: nothing generates with what its trainer leaves."
            raise ApiError(400, message, param="model", code="model_not_available")
        return ModelRef(generator_address(model.trainer), name, None if weights is None else str(weights), model.folder)

    def sees(self, name: str) -> bool:
        """Whether the model of a name, a base or one that was trained from it, reads pictures beside text."""
        model = self._profile.models.get(base_model(name))
        return model is not None and model.sees

    async def ask(self, model: ModelRef, question: Question, project: str) -> AsyncGenerator[Told, None]:
        """What the model says, as soon as it is the project's turn. Raises ApiError where it cannot answer."""
        if self._turns.waiting(project) >= MAX_WAITING:
            message = "The server has more to generate than it can queue. Please try again later."
            raise ApiError(429, message, code="rate_limit_exceeded", type="requests")
        async with self._turns.taken(project), contextlib.aclosing(self._process(model).ask(model, question)) as heard:
            async for told in heard:
                if isinstance(told, Prompted) and told.tokens > MAX_PROMPT:
                    message = (
                        f"This server takes at most {MAX_PROMPT} tokens of a prompt. Your messages resulted in "
                        f"{told.tokens} tokens. Please reduce the length of the messages."
                    )
                    raise ApiError(400, message, param=field_of(question), code="context_length_exceeded")
                yield told

    async def close(self) -> None:
        """End all processes."""
        for process in self._processes.values():
            await process.close()

    def _process(self, model: ModelRef) -> GeneratorProcess:
        if model.generator not in self._processes:
            trainer = next(name for name, known in GENERATORS.items() if known == model.generator)
            log, environment = self._state.folder / LOG, trainer_environment(trainer)
            self._processes[model.generator] = GeneratorProcess(model.generator, log, environment)
        return self._processes[model.generator]
