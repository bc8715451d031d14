"""What the gate measures on the written files, from scratch and range by range in worker processes.

What made the files is not trusted to judge them: nothing of the split, of dedup's keys, signatures and groups is used
here (a test holds the imports to it). Prompts are held against each other by digest, exchanges and beginnings by
numbers of their own (`exchanges.py`), near duplicates by an exact join (`near_rows.py`), and what is literally in
common by the measures of others (`shared_pieces.py`). Validation is indexed block by block (`validation_blocks.py`).
"""

from __future__ import annotations

import contextlib
import functools
import itertools
import secrets
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple, TypeVar

import numpy as np

from tuneset import artifacts
from tuneset.errors import InputError, panics_told
from tuneset.execution import kept_results, storage
from tuneset.execution.exchange import Piece
from tuneset.execution.executor import Executor
from tuneset.execution.executors.process_setup import trim
from tuneset.execution.gate import array_file, findings, near_rows, number_tables, training_ranges, validation_blocks
from tuneset.execution.gate.array_file import Array
from tuneset.execution.gate.examples import examples_of
from tuneset.execution.stores.file_ranges import Range, ranges, spread
from tuneset.execution.stores.location import Location
from tuneset.params import NearParams
from tuneset.similarity import boilerplate
from tuneset.stages import gate

STEP_BYTES = 4 << 20  # of a file that one task takes; its parsed lines take several times that
Task = TypeVar("Task")
FEWER_STEP_BYTES = 16 << 20
"""The same on many machines, where each task costs the process between them some work."""


class _Files(NamedTuple):
    """What is held against each other: ranges of the training file, and by block those of the validation file."""

    train: list[Range]
    blocks: list[list[Range]]

    @property
    def validation(self) -> list[Range]:
        """The ranges of all blocks."""
        return [one for block in self.blocks for one in block]


@panics_told("gate, over all rows")
def measure(
    train: Location,
    validation: Location,
    near: NearParams,
    executor: Executor,
    *,
    work: Location,
    indexed: Callable[[], object] | None = None,
) -> gate.Measured:
    """Read both files from scratch and hold them against each other.

    The index lies in the folder `work` for that time, which is of no other use. `indexed` is called when validation is
    indexed, which takes this process's memory, and training is about to be read. Raises InputError where a file is
    missing.
    """
    step = FEWER_STEP_BYTES if executor.repeats else STEP_BYTES
    cut = [ranges(file, _size(file), step) for file in (train, validation)]
    files = _Files(cut[0], validation_blocks.blocks(cut[1]))
    with _scratch(work) as scratch:
        begin = indexed or (lambda: None)
        if near.enabled:
            sample = functools.partial(_sample, near=near, folder=scratch)
            ends = (files.train[:1], files.validation[:1])
            size = sum(one.size for end in ends for one in end)
            _once(executor, sample, [one for end in ends for one in end], "gate: boilerplate", size)
        if executor.repeats:
            assert not isinstance(scratch, Path) or scratch.is_dir(), "workers share the folder"
            judged = _judged_by_workers(files, near, executor, scratch, begin)
        else:
            assert isinstance(scratch, Path), "one machine has its scratch here"
            judged = _judged_here(files, near, executor, scratch, begin)
    return findings.measured(judged)


def _judged_here(
    files: _Files, near: NearParams, executor: Executor, scratch: Path, begin: Callable[[], object]
) -> list[findings.BlockFindings]:
    size = files.validation[0].size
    index = functools.partial(validation_blocks.index_range, near=near, folder=scratch)
    known = []
    results = executor.map(index, files.validation, label="gate: validation", size=size)
    for number, block in enumerate(files.blocks):
        ranges_of_block = list(itertools.islice(results, len(block)))
        file = validation_blocks.path_of(scratch, number)
        together = functools.partial(_put_together, ranges_of_block, near, file)
        known.append(executor.over_all(together, label="gate: index"))
        del ranges_of_block, together
        trim()
    for _ in results:  # all have come; their number is told
        pass
    count, parts = len(files.blocks), number_tables.parts_for(len(files.blocks))
    mapped = [_numbers_file(validation_blocks.path_of(scratch, number)) for number in range(count)]
    tasks = [(part, mapped) for part in range(parts)]
    _write_tables(executor, functools.partial(_write_part_of, parts=parts), tasks, files, scratch)
    for file in mapped:
        file.unlink()
    begin()
    counting = [findings.Counted(scratch, part, parts) for part in range(parts)]
    judges = [findings.BlockJudge(one, validation_blocks.opened(scratch, number)) for number, one in enumerate(known)]
    look = functools.partial(training_ranges.look_range, folder=scratch, blocks=count, parts=parts, near=near)
    for of_parts, of_blocks in executor.map(look, files.train, label="gate: train", size=files.train[0].size):
        for part, found in zip(counting, of_parts, strict=True):
            part.add(found)
        for judge, looked in zip(judges, of_blocks, strict=True):
            judge.add(looked)
    return [judge.judged([part.of_block(block) for part in counting], near) for block, judge in enumerate(judges)]


def _judged_by_workers(
    files: _Files, near: NearParams, executor: Executor, scratch: Location, begin: Callable[[], object]
) -> list[findings.BlockFindings]:
    """As `_judged_here`, where workers put together what ranges have, from files, and this process holds none of it."""
    keep = functools.partial(kept_results.keep, executor)
    index = functools.partial(_indexed, near=near, folder=scratch)
    size = files.validation[0].size
    indexed = keep(index, files.validation, scratch / "indexed", 1, label="gate: validation", size=size)
    pieces = indexed.of_part(0)
    starts = np.cumsum([0, *map(len, files.blocks)]).tolist()
    by_block = [
        (number, pieces[start : start + len(block)])
        for number, (block, start) in enumerate(zip(files.blocks, starts, strict=False))
    ]
    count, parts = len(files.blocks), number_tables.parts_for(len(files.blocks))
    write = functools.partial(_write_block, near=near, folder=scratch, parts=parts)
    numbers = keep(write, by_block, scratch / "of-blocks", parts, label="gate: index", size=size)
    tasks = [(part, numbers.of_part(part)) for part in range(parts)]
    _write_tables(executor, functools.partial(_write_part, parts=parts), tasks, files, scratch)
    begin()
    size = files.train[0].size
    look = functools.partial(_looked, folder=scratch, blocks=count, parts=parts, near=near)
    looked = keep(look, files.train, scratch / "looked", parts + count, label="gate: train", size=size)
    tallied = functools.partial(_count, folder=scratch, parts=parts, blocks=count)
    of_parts = [(part, looked.of_part(part)) for part in range(parts)]
    counted = keep(tallied, of_parts, scratch / "counted", count, label="gate: counts", size=size)
    judge = functools.partial(_judge, near=near, folder=scratch)
    judging = ((number, looked.of_part(parts + number), counted.of_part(number)) for number in range(count))
    return list(executor.map(judge, judging, label="gate: findings", size=size, count=count))


def _write_tables(
    executor: Executor,
    write: Callable[..., None],
    tasks: Sequence[tuple[int, object]],
    files: _Files,
    scratch: Location,
) -> None:
    """Have workers write the tables of all blocks, part by part, and then their filters."""
    size = files.validation[0].size
    write = functools.partial(write, folder=scratch, bits=number_tables.filter_bits(size))
    for _ in executor.map(write, tasks, label="gate: tables", size=size, count=len(tasks)):
        pass
    filters = functools.partial(number_tables.write_filters, scratch)
    _once(executor, filters, len(tasks), "gate: tables", size)


# --- in workers --------------------------------------------------------------------------------------------------


def _sample(files: Sequence[Range], *, near: NearParams, folder: Location) -> None:
    rows = [
        example
        for one in files
        for example in examples_of(spread(one.file, one.size, boilerplate.SAMPLE_ROWS), one.file)
    ]
    near_rows.sample(rows, near, folder)


def _indexed(part: Range, *, near: NearParams, folder: Location) -> list[validation_blocks.IndexedBlock]:
    return [validation_blocks.index_range(part, near=near, folder=folder)]


def _write_block(
    task: tuple[int, Sequence[Piece]], *, near: NearParams, folder: Location, parts: int
) -> list[dict[str, Array]]:
    number, pieces = task
    numbers = validation_blocks.write_block(kept_results.read(pieces), near, folder, number)
    return list(number_tables.cut(numbers, parts))


def _write_part(task: tuple[int, Sequence[Piece]], *, parts: int, folder: Location, bits: int) -> None:
    part, pieces = task
    number_tables.write_part(kept_results.read(pieces), folder, part, parts=parts, bits=bits)


def _write_part_of(task: tuple[int, Sequence[Path]], *, parts: int, folder: Location, bits: int) -> None:
    part, blocks = task
    of_blocks = (number_tables.cut_one(array_file.mapped(file), part, parts) for file in blocks)
    number_tables.write_part(of_blocks, folder, part, parts=parts, bits=bits)


def _looked(
    part: Range, *, folder: Location, blocks: int, parts: int, near: NearParams
) -> list[training_ranges.OfPart | training_ranges.OfBlock]:
    of_parts, of_blocks = training_ranges.look_range(part, folder=folder, blocks=blocks, parts=parts, near=near)
    return [*of_parts, *of_blocks]


def _count(task: tuple[int, Sequence[Piece]], *, folder: Location, parts: int, blocks: int) -> list[findings.OfNumbers]:
    part, pieces = task
    return findings.count(kept_results.read(pieces), folder=folder, part=part, parts=parts, blocks=blocks)


def _judge(
    task: tuple[int, Sequence[Piece], Sequence[Piece]], *, near: NearParams, folder: Location
) -> findings.BlockFindings:
    number, looked, counted = task
    found, pieces = kept_results.read(looked), kept_results.read(counted)
    return findings.judge(found, pieces, folder=folder, number=number, near=near)


# --- in this process ---------------------------------------------------------------------------------------------


def _put_together(
    given: Sequence[validation_blocks.IndexedBlock], near: NearParams, file: Path
) -> validation_blocks.KnownBlock:
    """Write the index of a block, and its numbers beside it for the tables."""
    known, numbers = validation_blocks.put_together(given, near, file)
    array_file.write(_numbers_file(file), numbers)
    return known


def _numbers_file(block: Path) -> Path:
    return block.with_name(f"{block.name}.numbers")


def _once(executor: Executor, step: Callable[[Task], None], task: Task, label: str, size: int) -> None:
    """One step: here, or where other machines have the files nearer by."""
    if executor.repeats:
        list(executor.map(step, [task], label=label, size=size))
    else:
        executor.over_all(functools.partial(step, task), label=label)


def _size(file: Location) -> int:
    size = storage.size(file)
    if size is None:
        raise InputError(f"{file}: is missing", hint="run `tuneset split` first, or `tuneset prepare`")
    return size


@contextlib.contextmanager
def _scratch(work: Location) -> Iterator[Location]:
    """A folder in `work` whose name is new, since workers keep what they have opened by its path."""
    if not isinstance(work, Path):
        scratch = work / secrets.token_hex(4)
        try:
            yield scratch
        finally:
            storage.remove_folder(scratch)
        return
    work.mkdir(parents=True, exist_ok=True)
    artifacts.remove_temporaries(work)  # of a run that was killed
    with tempfile.TemporaryDirectory(dir=work, prefix=artifacts.TEMPORARY_PREFIX) as temporary:
        yield Path(temporary)
    with contextlib.suppress(OSError):  # it holds something else after all
        work.rmdir()
