"""The interface to export formats: what one is given, and what it tells of each line. No format stands here.

A format is a function that writes its files into a folder and yields one `LineOutcome` a line, so that no line is left
out, split or changed without a word. `export.py` does all else: ledger, manifest, sums.
"""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import hashlib
import itertools
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import IO, Any, NamedTuple, Protocol

from tuneset import artifacts
from tuneset.errors import InputError
from tuneset.json_text import loads
from tuneset.reading.line_ranges import byte_ranges, lines_of
from tuneset.terms import Format
from tuneset.writing.conversation import method_of
from tuneset.writing.recipe import TrainingRecipe

SIDES = ("train", "validation", "test")
"""The sides that a dataset may have, each a file `SIDE.jsonl`; only the first must be there."""

Progress = Callable[[str, int, int], None]
"""Told what runs, how many ranges of bytes are done, and how many there are."""


class Line(NamedTuple):
    """One example of the dataset.

    Args:
        number: of the physical line, from 1.
        text: the line without its end.
        example: the same as a dict, in the provider's own form.
    """

    number: int
    text: bytes
    example: dict[str, Any]


class LineOutcome(NamedTuple):
    """What an export made of one line.

    Args:
        side: of the file in which the line stands.
        line: its number, from 1.
        rows: how many rows were written for it; 0 where it was left out.
        code: of the reason in `drop_reasons.py` for which it was left out.
        detail: what of the line the format has no place for, without any value of it.
        changes: codes of the reasons for which its rows say it otherwise, in order.
    """

    side: str
    line: int
    rows: int
    code: str | None = None
    detail: str | None = None
    changes: tuple[str, ...] = ()


class Survey(NamedTuple):
    """What has to be known of all lines before the first is written.

    Args:
        method: the format of the lines, which the first of them tells; None where there is no line.
        untrained: whether an answer has the weight 0.
    """

    method: Format | None
    untrained: bool


class Dataset:
    """A folder as `prepare` and the stage `split` leave it: `train.jsonl` and what stands beside it.

    Raises InputError where there is no `train.jsonl`.
    """

    def __init__(self, folder: Path, progress: Progress) -> None:
        self.folder = folder
        self.sides = tuple(side for side in SIDES if self.path(side).is_file())
        if SIDES[0] not in self.sides:
            raise InputError(
                f"{self.path(SIDES[0])}: is not there", hint="name the folder that `tuneset prepare` wrote"
            )
        self._progress = progress

    def path(self, side: str) -> Path:
        """The file of a side."""
        return self.folder / f"{side}.jsonl"

    def lines(self, side: str) -> Iterator[Line]:
        """Yield the examples of a side; blank lines are none.

        Raises InputError at a line that is no JSON object.
        """
        path = self.path(side)
        ranges = byte_ranges(path, 0, path.stat().st_size)
        numbers = itertools.count(1)
        for done, part in enumerate(ranges):
            self._progress(path.name, done, len(ranges))
            for text, number in zip(lines_of(part), numbers, strict=False):
                if text is None or text.strip():
                    yield Line(number, text or b"", _example(path, number, text))
        self._progress(path.name, len(ranges), len(ranges))

    def sums(self, side: str) -> dict[str, str | int]:
        """`sha256`, `bytes` and `examples` of a side's file, counted by other means than `lines` has."""
        digest, size, examples = hashlib.sha256(), 0, 0
        with self.path(side).open("rb") as handle:
            for text in handle:
                digest.update(text)
                size += len(text)
                examples += not text.isspace()
        return {"sha256": digest.hexdigest(), "bytes": size, "examples": examples}

    @functools.cached_property
    def survey(self) -> Survey:
        """One look at all lines. Raises InputError as `lines` does."""
        method: Format | None = None
        untrained = False
        for side in self.sides:
            for line in self.lines(side):
                method = method or method_of(line.example)
                if not untrained and b'"weight"' in line.text:
                    messages = line.example.get("messages")
                    untrained = isinstance(messages, list) and any(map(_is_untrained, messages))
        return Survey(method, untrained)


def _is_untrained(message: Any) -> bool:  # noqa: ANN401  any JSON value
    return isinstance(message, dict) and message.get("role") == "assistant" and message.get("weight") == 0


def _example(path: Path, number: int, text: bytes | None) -> dict[str, Any]:
    try:
        example = loads(text) if text is not None else None
    except ValueError:
        example = None
    if not isinstance(example, dict):
        raise InputError(f"{path}:{number}: is no JSON object", hint=f"see `tuneset check {path}`")
    return example


class ExportTarget(Protocol):
    """The model that is to be trained, as far as a format asks it: tokens of a conversation, and which are learned."""

    name: str
    """What to call it in a config: a folder or a name."""

    def encode(
        self, messages: Sequence[dict[str, Any]], tools: Sequence[dict[str, Any]]
    ) -> tuple[list[int], list[int]]:
        """The token ids of a conversation, and for each 1 where it is learned and 0 where not.

        Messages are as Hugging Face templates take them, with `weight` on an answer that is not to be learned. Raises
        LeftOutError `NOT_RENDERED` where the template fails or leaves a part out.
        """

    def unstable(self, messages: Sequence[dict[str, Any]], tools: Sequence[dict[str, Any]]) -> list[int]:
        """Numbers, from 0, of the answers that, or whose prompts, the template shows otherwise once the talk goes on.

        Messages are as `encode` takes them. Raises LeftOutError `NOT_RENDERED` where the template fails.
        """


@dataclasses.dataclass(frozen=True)
class Order:
    """What an export was asked for beside its format.

    Args:
        recipe: what the config says.
        target: the model, where one was named.
        max_length: tokens above which a row is left out, where the target can count them.
        grader: the definition of a grader, for the reward of a task, in the form of the protocol's own.
        split_unstable: whether a conversation with a trained answer that the target finds unstable is written as a row
            for each trained answer; only with a target.
    """

    recipe: TrainingRecipe = dataclasses.field(default_factory=TrainingRecipe)
    target: ExportTarget | None = None
    max_length: int | None = None
    grader: dict[str, Any] | None = None
    split_unstable: bool = False


class OutFolder:
    """The folder of an export: files appear in it whole, `names` holds which, and `note` is called at each."""

    def __init__(self, path: Path, names: list[str], note: Callable[[], None]) -> None:
        self.path = path
        self.names = names
        self._note = note

    @contextlib.contextmanager
    def writing(self, name: str) -> Iterator[IO[bytes]]:
        """Yield a handle whose bytes are the file `name`, once the block has ended well."""
        with artifacts.writing(self.path / name) as handle:
            yield handle
        self.names.append(name)
        self._note()

    def remove(self, name: str) -> None:
        """Take a file away again, such as that of a side of which no line has a place."""
        self.names.remove(name)
        (self.path / name).unlink()

    def text(self, name: str, text: str) -> None:
        """Write a text file."""
        with self.writing(name) as handle:
            handle.write(text.encode())


class Exporter(NamedTuple):
    """One export format.

    Args:
        name: as `export --to` takes it.
        title: what it writes, for people, in a few words.
        write: writes its files into a folder, and yields a LineOutcome for each line of the dataset, side by side and
            in the order of the lines.
        methods: the formats of lines that it has a form for.
        needs_target: whether it writes tokens, and so has to know the model.
    """

    name: str
    title: str
    write: Callable[[Dataset, OutFolder, Order], Iterator[LineOutcome]]
    methods: frozenset[Format] = frozenset({"sft"})
    needs_target: bool = False
