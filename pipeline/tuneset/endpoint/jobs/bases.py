"""Models at hand that jobs can be trained from: `serve --base NAME=DIR`.

Each is a base model of the profile, as the tiny one is. What is in its folder is the trainer's business; that it can be
trained here is seen at the start of the server and not at the first job.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Mapping
from pathlib import Path

from tuneset.errors import UsageError
from tuneset.profile import Limit, Model, Profile
from tuneset.training.gguf import find_converter
from tuneset.training.trainer import Tuning, missing_libraries, require_libraries

TRAINER = "trl"


@dataclasses.dataclass(frozen=True)
class LocalBase:
    """A model at hand: its folder, what of it is trained, where graders ask, and what else is made of adapters."""

    folder: Path
    tuning: Tuning = "lora"
    grader_url: str | None = None
    merged: bool = False
    gguf: bool = False


def ready_models(profile: Profile) -> Profile:
    """A profile with those of its models alone whose trainers have what they import."""
    ready = {name: model for name, model in profile.models.items() if not missing_libraries(model.trainer)}
    return profile.model_copy(update={"models": ready})


def with_bases(profile: Profile, bases: Mapping[str, LocalBase]) -> Profile:
    """A profile with models at hand among its base models (name -> where and how).

    Raises UsageError where a name is taken or cannot be one, or a library or the converter to GGUF is missing;
    InputError where a folder holds no model that can be trained.
    """
    return profile.model_copy(
        update={"models": profile.models | {name: _model(profile, name, base) for name, base in bases.items()}}
    )


def _model(profile: Profile, name: str, base: LocalBase) -> Model:
    if name in profile.models or not name or ":" in name:
        raise UsageError(
            f"--base {name}: this name is taken or cannot be one",
            allowed=f"a name without a colon, other than {', '.join(profile.models)}",
        )
    require_libraries(TRAINER, *(("bitsandbytes",) if base.tuning == "qlora" else ()))
    if base.gguf:
        find_converter()
    # A server without such a model does without numpy.
    from tuneset.training.local_base import base_limit, sees_pictures  # noqa: PLC0415  it brings numpy

    folder = base.folder.resolve()
    today = dt.datetime.now(tz=dt.UTC).date()
    return Model(
        methods=["supervised", "dpo", "reinforcement", "kto"],
        encoding="o200k_base",  # for estimates alone: what is trained is counted with the model's own tokens
        encoding_exact=False,
        trainer=TRAINER,
        folder=str(folder),
        tuning=base.tuning,
        merged=base.merged,
        gguf=base.gguf,
        grader_url=base.grader_url,
        sees=sees_pictures(folder),
        max_example_tokens=Limit(value=base_limit(folder), unit="tokens", source="its config.json", as_of=today),
        training_usd_per_million_tokens=Limit(
            value=0, unit="USD per 1M tokens", source="runs on this machine", as_of=today
        ),
    )
