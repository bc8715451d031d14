"""What the gate measures on the written files, from scratch and range by range in worker processes.

What made the files is not trusted to judge them: nothing of the split, of dedup's keys, signatures and groups is used
here (a test holds the imports to it). Prompts are held against each other by digest, exchanges and beginnings by
numbers of their own (`exchanges.py`), near duplicates by an exact join (`near_rows.py`), and what is literally in
common by the measures of others (`shared_pieces.py`).
"""

from __future__ import annotations

import contextlib
import functools
import pickle
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import orjson

from tuneset import artifacts
from tuneset.errors import InputError, panics_told
from tuneset.execution import kept_results
from tuneset.execution.executor import Executor
from tuneset.execution.gate import exchanges, near_rows, shared_pieces
from tuneset.execution.gate.examples import texts_of
from tuneset.execution.gate.found import Found
from tuneset.execution.gate.hints import hinted, hints
from tuneset.execution.gate.texts import unit_batches
from tuneset.execution.process_setup import trim
from tuneset.params import NearParams
from tuneset.reading.line_ranges import ByteRange, byte_ranges, lines_of
from tuneset.similarity.ragged import Hashes, distinct, mapped
from tuneset.stages import gate

STEP_BYTES = 4 << 20  # of a file that one task takes; its parsed lines take several times that
HINTED = ("asked", "answers")
HINTS_FILE = "hints-{}.npy"
NUMBERS_FILE = "numbers-{}.npy"
KNOWN_FILE = "known"
SHOWN = 5  # examples of each leak that are named


class Indexed(NamedTuple):
    """What a range of the validation file holds.

    Args:
        asked: a digest of what each example asks, one after the other.
        hints: by which these are told apart at first, and its answers.
        answered: which of its examples have an answer.
        numbers: of its answers, exchanges and beginnings, with the place of each example in the range.
        near: its sets of shingles, by side; none where nobody looks for near duplicates.
        pieces: its runs of words and pieces.
    """

    asked: bytes
    hints: tuple[Hashes, Hashes]
    answered: list[bool]
    numbers: exchanges.Numbers
    near: list[near_rows.Indexed]
    pieces: shared_pieces.Indexed


class Looked(NamedTuple):
    """What a range of the training file holds of what validation has.

    Args:
        examples: how many it has in all.
        asking: which of them may ask what one of validation asks.
        digests: of what they ask, one after the other.
        met: answers, exchanges and beginnings.
        near: sets of shingles that are alike.
        pieces: runs of words and pieces.
    """

    examples: int
    asking: npt.NDArray[np.int64]
    digests: bytes
    met: exchanges.Met
    near: list[Found]
    pieces: list[Found]


class Known(NamedTuple):
    """What validation holds beside its index.

    Args:
        asked: a digest of what each example asks, one after the other.
        examples: how many it has.
        numbers: of its answers, exchanges and beginnings.
        own: its sets of shingles; None where nobody looks for near duplicates.
    """

    asked: bytes
    examples: int
    numbers: exchanges.Numbers
    own: near_rows.Own | None


@panics_told("gate, over all rows")
def measure(
    train: Path,
    validation: Path,
    near: NearParams,
    executor: Executor,
    *,
    work: Path,
    indexed: Callable[[], object] | None = None,
) -> gate.Measured:
    """Read both files from scratch and hold them against each other.

    The index lies in the folder `work` for that time, which is of no other use. `indexed` is called when validation is
    indexed, which takes this process's memory, and training is about to be read. Raises InputError where a file is
    missing.
    """
    for file in (train, validation):
        if not file.is_file():
            raise InputError(f"{file}: is missing", hint="run `tuneset split` first, or `tuneset prepare`")
    sizes = validation.stat().st_size, train.stat().st_size
    with _scratch(work) as scratch:
        begin = indexed or (lambda: None)
        if executor.repeats:
            return _measured_by_workers(train, validation, near, executor, scratch, begin)
        if near.enabled:
            sampling = functools.partial(near_rows.sample, train, validation, near, scratch)
            executor.over_all(sampling, label="gate: boilerplate")
        index = functools.partial(index_range, near=near, folder=scratch, file_bytes=sizes[0])
        parts = list(executor.map(index, _ranges(validation), label="gate: validation", size=sizes[0]))
        known = executor.over_all(functools.partial(put_together, parts, near, scratch), label="gate: index")
        del parts
        trim()
        begin()
        look = functools.partial(look_range, index=scratch, near=near)
        return judge(known, executor.map(look, _ranges(train), label="gate: train", size=sizes[1]), near, scratch)


def put_together(parts: Sequence[Indexed], near: NearParams, folder: Path) -> Known:
    """Write one index of all parts of the validation file; give what is held until training was looked at."""
    asked = b"".join(part.asked for part in parts)
    sizes = [len(part.answered) for part in parts]
    numbers = exchanges.joined([part.numbers for part in parts], sizes)
    return Known(asked, sum(sizes), numbers, _save(parts, numbers, near, folder))


def judge(known: Known, looked: Iterable[Looked], near: NearParams, folder: Path) -> gate.Measured:
    """What all parts of the training file have in common with validation; each is asked for once, in order."""
    pieces, alike = shared_pieces.tallies(folder), [] if known.own is None else near_rows.tallies(folder)
    found: list[Looked] = []
    heights: list[int] = []
    for one in looked:
        for tally, part in zip((*pieces, *alike), (*one.pieces, *one.near), strict=True):
            tally.add(part, sum(heights))
        heights.append(one.examples)
        found.append(one._replace(near=[], pieces=[]))
    leaks = {
        "equal_prompt": _equal_prompts(found, known.asked),
        **exchanges.leaks(known.numbers, [one.met for one in found], heights),
        **shared_pieces.leaks(pieces, known.examples, folder),
        **({} if known.own is None else near_rows.leaks(known.own, alike, near)),
    }
    shares = {name: len(places) / known.examples if known.examples else 0.0 for name, places in leaks.items()}
    return gate.Measured(
        sum(heights),
        known.examples,
        {leak.name: shares.get(leak.name) for leak in gate.LEAKS},
        {leak.name: sorted(leaks.get(leak.name, {}).items())[:SHOWN] for leak in gate.LEAKS},
    )


def _measured_by_workers(
    train: Path, validation: Path, near: NearParams, executor: Executor, scratch: Path, begin: Callable[[], object]
) -> gate.Measured:
    """As `measure`, where this process is to hold none of what ranges have: a worker puts that together, from files."""
    sizes = validation.stat().st_size, train.stat().st_size
    if near.enabled:
        sample = functools.partial(near_rows.sample, train, validation, folder=scratch)
        list(executor.map(sample, [near], label="gate: boilerplate", size=sum(sizes)))
    index = functools.partial(index_range, near=near, folder=scratch, file_bytes=sizes[0])
    known = functools.partial(_keep_known, near=near, folder=scratch)
    gather = functools.partial(kept_results.gather, executor)
    gather(index, _ranges(validation), known, scratch / "indexed", label="gate: validation", size=sizes[0])
    begin()
    look = functools.partial(look_range, index=scratch, near=near)
    measured = functools.partial(_judge_kept, near=near, folder=scratch)
    return gather(look, _ranges(train), measured, scratch / "looked", label="gate: train", size=sizes[1])


def _keep_known(parts: Iterator[Indexed], *, near: NearParams, folder: Path) -> None:
    artifacts.write_bytes(folder / KNOWN_FILE, pickle.dumps(put_together(list(parts), near, folder)))


def _judge_kept(looked: Iterator[Looked], *, near: NearParams, folder: Path) -> gate.Measured:
    known = pickle.loads((folder / KNOWN_FILE).read_bytes())  # noqa: S301  written by this run
    return judge(known, looked, near, folder)


def _equal_prompts(found: Sequence[Looked], asked: bytes) -> dict[int, int]:
    before = np.cumsum([0, *(one.examples for one in found)])
    rows = [row for one, start in zip(found, before, strict=False) for row in (one.asking + start).tolist()]
    return gate.equal_prompts(rows, b"".join(one.digests for one in found), asked)


@contextlib.contextmanager
def _scratch(work: Path) -> Iterator[Path]:
    """A folder in `work` whose name is new, since workers keep what they have opened by its path."""
    work.mkdir(parents=True, exist_ok=True)
    artifacts.remove_temporaries(work)  # of a run that was killed
    with tempfile.TemporaryDirectory(dir=work, prefix=artifacts.TEMPORARY_PREFIX) as scratch:
        yield Path(scratch)
    with contextlib.suppress(OSError):  # it holds something else after all
        work.rmdir()


def _save(parts: Sequence[Indexed], numbers: exchanges.Numbers, near: NearParams, folder: Path) -> near_rows.Own | None:
    """Write one index of all parts of the validation file; give its sets of shingles, where they are looked for."""
    for place, name in enumerate(HINTED):
        known = distinct(np.concatenate([part.hints[place] for part in parts]))
        np.save(folder / HINTS_FILE.format(name), known)
    for name, (values, _) in numbers.items():
        np.save(folder / NUMBERS_FILE.format(name), np.unique(values))
    shared_pieces.save([part.pieces for part in parts], [len(part.answered) for part in parts], folder)
    if not near.enabled:
        return None
    return near_rows.save([part.near for part in parts], [one for part in parts for one in part.answered], folder)


def index_range(part: ByteRange, *, near: NearParams, folder: Path, file_bytes: int) -> Indexed:
    """Look at a part of the validation file, which has so many bytes in all."""
    examples = [orjson.loads(line) for line in lines_of(part) if line]
    texts = texts_of(examples)
    batches = list(unit_batches(texts.sides, texts.beside))
    unanswered = set(texts.unanswered)
    return Indexed(
        b"".join(gate.prompt_digests(examples)),
        (hints(texts.asked), hints(texts.answers)),
        [place not in unanswered for place in range(len(examples))],
        exchanges.numbers_of(examples),
        near_rows.index(batches, near, folder, f"{part.start:x}") if near.enabled else [],
        shared_pieces.index(batches, file_bytes),
    )


def look_range(part: ByteRange, *, index: Path, near: NearParams) -> Looked:
    """Look at a part of the training file; what it holds is held against the validation file, whose index is given."""
    examples = [orjson.loads(line) for line in lines_of(part) if line]
    texts = texts_of(examples)
    batches = list(unit_batches(texts.sides, texts.beside))
    asking, answering = (
        hinted(hints(side), _load_array(index / HINTS_FILE.format(name)))
        for name, side in zip(HINTED, (texts.asked, texts.answers), strict=True)
    )
    numbers = {name: _load_array(index / NUMBERS_FILE.format(name)) for name in exchanges.MEASURES}
    return Looked(
        len(examples),
        asking,
        b"".join(gate.prompt_digests([examples[place] for place in asking.tolist()])),
        exchanges.met(examples, sorted({texts.owners[place] for place in answering.tolist()}), numbers),
        near_rows.look(batches, near, index) if near.enabled else [],
        shared_pieces.look(batches, index),
    )


@functools.lru_cache(maxsize=len((*HINTED, *exchanges.MEASURES)))
def _load_array(path: Path) -> npt.NDArray[Any]:
    return mapped(path)


def _ranges(path: Path) -> list[ByteRange]:
    return byte_ranges(path, 0, path.stat().st_size, STEP_BYTES)
