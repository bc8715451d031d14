"""What a trainer tells of its job, as typed records, and how they are written: one JSON document a line.

{"kind":"checkpoint","step":12,"metrics":{"train_loss":1.5},"file":"checkpoint-12.npz"}
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

import orjson


@dataclass(frozen=True)
class Planned:
    """What will be done. `hyperparameters` are all of the request's, resolved; `message` says it in words."""

    hyperparameters: Mapping[str, int | float]
    total_steps: int
    message: str


@dataclass(frozen=True)
class Resumed:
    """A paused training goes on after `step`."""

    step: int


@dataclass(frozen=True)
class Metrics:
    """What was measured at a step. The names of `values` are the protocol's: `train_loss`, `valid_loss` and so on."""

    step: int
    total_steps: int
    values: Mapping[str, float]


@dataclass(frozen=True)
class Note:
    """Something that the job's owner should know."""

    level: Literal["info", "warn", "error"]
    message: str


@dataclass(frozen=True)
class Checkpoint:
    """The model as it is after a step lies in `file`, a name in the trainer's folder.

    The last one is the result, unless `Done` names another.
    """

    step: int
    metrics: Mapping[str, float]
    file: str


@dataclass(frozen=True)
class Paused:
    """The training stopped after `step`, as it was asked to, and can go on."""

    step: int


@dataclass(frozen=True)
class Done:
    """The training has ended well.

    Args:
        trained_tokens: those that are billed, over all epochs.
        files: names in the trainer's folder of what can be downloaded beside the result file, such as an adapter.
        model_step: the step whose checkpoint is the model; None for the last one.
    """

    trained_tokens: int
    files: list[str] = dataclasses.field(default_factory=list)
    model_step: int | None = None


@dataclass(frozen=True)
class Failed:
    """The training cannot succeed. `param` is the field of the request that is at fault, where it is one."""

    code: str
    message: str
    param: str | None


Record: TypeAlias = Planned | Resumed | Metrics | Note | Checkpoint | Paused | Done | Failed
End: TypeAlias = Paused | Done | Failed

_KINDS: dict[str, type[Record]] = {
    "plan": Planned,
    "resumed": Resumed,
    "metrics": Metrics,
    "message": Note,
    "checkpoint": Checkpoint,
    "paused": Paused,
    "done": Done,
    "failed": Failed,
}
_NAMES = {record: name for name, record in _KINDS.items()}


def to_line(record: Record) -> bytes:
    r"""A record as a line. What was measured as no number is left out: JSON has no word for it.

    >>> to_line(Paused(step=7))
    b'{"kind":"paused","step":7}\n'
    >>> to_line(Metrics(7, 9, {"train_loss": 1.5, "valid_loss": math.nan}))
    b'{"kind":"metrics","step":7,"total_steps":9,"values":{"train_loss":1.5}}\n'
    """
    document = {"kind": _NAMES[type(record)], **dataclasses.asdict(record)}
    for name in ("values", "metrics"):
        if name in document:
            document[name] = {key: value for key, value in document[name].items() if math.isfinite(value)}
    return orjson.dumps(document, option=orjson.OPT_APPEND_NEWLINE)


def read_records(progress: bytes) -> list[Record]:
    r"""The records of whole lines.

    >>> read_records(b'{"kind":"done","trained_tokens":900}\n')
    [Done(trained_tokens=900, files=[], model_step=None)]
    """
    documents: Iterable[dict[str, Any]] = map(orjson.loads, progress.splitlines())
    return [_KINDS[document.pop("kind")](**document) for document in documents]
