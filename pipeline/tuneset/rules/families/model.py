"""The model that is to be trained: known, still there, and able to take the method and the length of an example."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

from tuneset.rules.accessors import Object
from tuneset.rules.context import Context
from tuneset.rules.issue import Issue, issue
from tuneset.rules.rule import Rule, Sample
from tuneset.rules.samples import ANSWER, ASK, GOOD_CHAT, chat, turn
from tuneset.targets.target import find_target
from tuneset.terms import METHOD_FORMAT, Format

_SEEN = dt.date(2026, 11, 20)
_LINE = chat(ASK, ANSWER)


def _says(text: str) -> bytes:
    return chat(ASK, turn("assistant", text))


_FORMAT_METHOD: dict[Format, str] = {line_format: method for method, line_format in METHOD_FORMAT.items()}


RULES = (
    Rule(
        "TOK001", "over-length", "error", "The example has more tokens than the model takes.",
        "Longer examples are cut without notice, at the end or at the start.",
        "OpenAI fine-tuning guide (last published table)", dt.date(2024, 12, 1),
        Sample(_says("Paris is a city. " * 20_000), path="$", model="gpt-4.1-2025-04-14"), GOOD_CHAT,
    ),
    Rule(
        "MDL001", "unknown-model", "warning", "The profile does not know the model.",
        "Its length, methods and images cannot be judged, nor what it costs.",
        "the profile's list of models", _SEEN,
        Sample(_LINE, line=0, model="gpt-4.1-maxi"), GOOD_CHAT,
    ),
    Rule(
        "MDL002", "retired-model", "error", "The model has been shut down, or shuts down today.",
        "The job cannot be created, and what was trained cannot be used.",
        "OpenAI deprecations page", dt.date(2026, 11, 20),
        Sample(_LINE, line=0, model="gpt-4.1-nano-2025-04-14"), GOOD_CHAT,
    ),
    Rule(
        "MDL003", "method-not-supported", "error", "The model cannot be trained with the method of this format.",
        "The job is refused when it is created.",
        "OpenAI and Azure fine-tuning guides, tables of models and methods", _SEEN,
        Sample(chat(ASK, reference_answer="Paris"), line=0, model="gpt-4.1-2025-04-14"), GOOD_CHAT,
    ),
)  # fmt: skip


def model_issues(context: Context, today: dt.date) -> Iterator[Issue]:
    """Yield what is wrong with the model: unknown, retired, or not for the method of the format.

    Nothing is wrong with a model that nobody has named.
    """
    name = context.model_name
    if not name:
        return
    if context.model is None:
        hint = f"known are {', '.join(sorted(context.profile.models))}"
        yield issue("MDL001", None, f"profile {context.profile.name} does not know the model {name}", hint)
        return
    if context.model.shutdown is not None and context.model.shutdown <= today:
        others = [other for other, model in context.profile.models.items()
                  if model.shutdown is None or model.shutdown > today]  # fmt: skip
        hint = f"train {' or '.join(sorted(others))}" if others else "choose another provider"
        yield issue("MDL002", None, f"{name} was shut down on {context.model.shutdown}", hint)
    method = _FORMAT_METHOD[context.format]
    if method not in context.model.methods:
        said = f"{name} cannot be trained with {method}; allowed: {', '.join(context.model.methods)}"
        able = sorted(other for other, model in context.profile.models.items() if method in model.methods)
        hint = f"train {' or '.join(able)}" if able else f"no model of profile {context.profile.name} can"
        yield issue("MDL003", None, said, hint)


def length_issues(example: Object, size: int, context: Context) -> Iterator[Issue]:
    """Yield that an example is over-length; `size` is its bytes as a line.

    Tokens are counted only where a line has more bytes than the limit has tokens: a token is a byte at least.
    """
    limit = context.max_tokens
    if limit is None or size <= limit or not context.on("TOK001"):
        return
    counted_for = context.model_name or context.profile.default_model
    tokens = find_target(counted_for, context.profile).count_example(example).tokens
    if tokens > limit:
        whom = context.model_name or f"any model of profile {context.profile.name}"
        said = f"{tokens} tokens; allowed: at most {limit:.0f} for {whom}"
        yield issue("TOK001", (), said, "shorten the example, or split it")
