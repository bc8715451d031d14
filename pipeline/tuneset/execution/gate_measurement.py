"""What the gate measures on the written files, from scratch and range by range in worker processes.

Prompts are held against each other by digest. Near duplicates across the files are found by looking the shingles of
training up in an index of those of validation (`similarity/cross_index.py`), not by the signatures that dedup used.
"""

from __future__ import annotations

import contextlib
import functools
import itertools
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import orjson
import polars as pl

from tuneset import artifacts
from tuneset.errors import InputError, panics_told
from tuneset.execution import exchanges
from tuneset.execution.executor import Executor
from tuneset.execution.process_setup import trim
from tuneset.params import NearParams
from tuneset.reading.line_ranges import ByteRange, byte_ranges, lines_of
from tuneset.similarity import boilerplate, cross_index
from tuneset.similarity.minhash import BATCH_TEXTS
from tuneset.similarity.ragged import Hashes, Texts
from tuneset.similarity.shingles import shingle_sets
from tuneset.similarity.words import fold_texts, unit_hashes
from tuneset.stages import gate
from tuneset.stages.dedup import PROMPT_WORDS

PAIRS_AT_ONCE = 4096  # candidates whose texts are in memory together
STEP_BYTES = 4 << 20  # of a file that one task takes; its parsed lines take several times that
STARTS_FILE, HINTS_FILE = "lines.npy", "hints.npy"
BOILERPLATE_FILES = ("boilerplate-0.npy", "boilerplate-1.npy")
SIDES = len(BOILERPLATE_FILES)
"""Prompt and answer; of an example that is compared by one text alone the first stands for it."""
NUMBERS_FILE = "numbers-{}.npy"
SHOWN = 5  # examples of each leak that are named
LOOSENED = 2
SMALL_LINE_BYTES = 2048  # a file with fewer bytes a sampled row is read whole


class Indexed(NamedTuple):
    """What a range of the validation file holds.

    Args:
        prompts: what its examples ask.
        starts: where in the file each example begins.
        shingles: the index of them.
        numbers: of its answers, exchanges and beginnings, with the place of each example in the range.
    """

    prompts: gate.Prompts
    starts: npt.NDArray[np.int64]
    shingles: cross_index.CrossIndex
    numbers: exchanges.Numbers


class Looked(NamedTuple):
    """What a range of the training file holds.

    Args:
        examples: how many.
        digests: of those of its prompts that validation may have too, one after the other.
        alike: which validation examples are like one of it, numbered through their file.
        met: which of its answers, exchanges and beginnings validation has too.
    """

    examples: int
    digests: bytes
    alike: set[int]
    met: exchanges.Met


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
    size = validation.stat().st_size
    parts = list(
        executor.map(
            functools.partial(index_range, near=near), _ranges(validation), label="gate: validation", size=size
        )
    )
    asked = b"".join(part.prompts.digests for part in parts)
    numbers = exchanges.joined([part.numbers for part in parts], [len(part.starts) for part in parts])
    with _scratch(work) as scratch:
        executor.over_all(functools.partial(_save, parts, scratch), label="gate: index")
        for name, (values, _) in numbers.items():
            np.save(scratch / NUMBERS_FILE.format(name), np.unique(values))
        if near.enabled:
            find = functools.partial(_save_boilerplate, train, validation, near, scratch)
            executor.over_all(find, label="gate: boilerplate")
        del parts
        trim()
        if indexed is not None:
            indexed()
        look = functools.partial(look_range, index=scratch, validation=validation, near=near)
        found = list(executor.map(look, _ranges(train), label="gate: train", size=train.stat().st_size))
    examples = len(asked) // gate.DIGEST_BYTES
    share = gate.overlap(b"".join(one.digests for one in found), asked)
    leaks = exchanges.leaks(numbers, [one.met for one in found], [one.examples for one in found])
    shares = {name: len(places) / examples if examples else 0.0 for name, places in leaks.items()}
    measured = gate.Measured(
        sum(one.examples for one in found),
        examples,
        share,
        answer_overlap=shares["equal_answer"],
        pair_overlap=shares["last_exchange"],
        prefix_overlap=shares["beginning"],
        sample={name: sorted(places.items())[:SHOWN] for name, places in leaks.items()},
    )
    if not near.enabled:
        return measured
    alike: set[int] = set().union(*(one.alike for one in found))
    return measured._replace(near_overlap=len(alike) / examples if examples else 0.0)


@contextlib.contextmanager
def _scratch(work: Path) -> Iterator[Path]:
    """A folder in `work` whose name is new, since workers keep what they have opened by its path."""
    work.mkdir(parents=True, exist_ok=True)
    artifacts.remove_temporaries(work)  # of a run that was killed
    with tempfile.TemporaryDirectory(dir=work, prefix=artifacts.TEMPORARY_PREFIX) as scratch:
        yield Path(scratch)
    with contextlib.suppress(OSError):  # it holds something else after all
        work.rmdir()


def _save(parts: Sequence[Indexed], folder: Path) -> None:
    """Write one index of all parts of the validation file."""
    cross_index.save(cross_index.merge([part.shingles for part in parts]), folder)
    np.save(folder / STARTS_FILE, np.concatenate([part.starts for part in parts]))
    np.save(folder / HINTS_FILE, np.sort(np.concatenate([part.prompts.hints for part in parts])))


def _save_boilerplate(train: Path, validation: Path, near: NearParams, folder: Path) -> None:
    """Write what many rows share, for each side by which examples are compared, known from a sample of both files.

    The sample is another one than dedup's; LOOSENED as much is asked of a span, so that what dedup kept apart because
    of boilerplate is not found alike here.
    """
    lines = [line for path in (train, validation) for line in _spread(path, boilerplate.SAMPLE_ROWS)]
    rows = [_sides(orjson.loads(line), near.key)[-SIDES:] for line in lines if line]
    for side in range(SIDES):
        texts = fold_texts([row[side] for row in rows if len(row) > side])
        batches = (texts[start : start + BATCH_TEXTS] for start in range(0, len(texts), BATCH_TEXTS))
        found = [boilerplate.spans(unit_hashes(batch)) for batch in batches]
        np.save(folder / BOILERPLATE_FILES[side], boilerplate.common(found, len(texts), LOOSENED))


def _spread(path: Path, number: int) -> list[bytes]:
    """Some lines of a file, from places that are spread evenly over it; all of them where the file is small."""
    size = path.stat().st_size
    if size <= number * SMALL_LINE_BYTES:
        return path.read_bytes().splitlines()
    lines = []
    with path.open("rb") as handle:
        for place in range(number):
            handle.seek(size * place // number)
            handle.readline()  # the rest of a line
            lines.append(handle.readline())
    return [line for line in lines if line]


def index_range(part: ByteRange, *, near: NearParams) -> Indexed:
    """Look at a part of the validation file; without near duplicates its index is empty."""
    lines = lines_of(part)
    ends = np.cumsum([0, *(len(line or b"") + 1 for line in lines)])
    starts = _begin(part) + np.array([end for end, line in zip(ends, lines, strict=False) if line], np.int64)
    examples = [orjson.loads(line) for line in lines if line]
    texts = _texts(examples if near.enabled else [], near.key)
    return Indexed(
        gate.prompts(examples),
        starts,
        cross_index.build(shingle_sets(Texts.whole(pl.Series(texts, dtype=pl.String)), near.n)),
        exchanges.numbers_of(examples),
    )


def look_range(part: ByteRange, *, index: Path, validation: Path, near: NearParams) -> Looked:
    """Look at a part of the training file; what it holds is held against the validation file, whose index is given."""
    examples = [orjson.loads(line) for line in lines_of(part) if line]
    digests = gate.perhaps_asked(examples, _load_array(index / HINTS_FILE))
    met = exchanges.met(examples, {name: _load_array(index / NUMBERS_FILE.format(name)) for name in exchanges.NAMES})
    if not near.enabled or not examples:
        return Looked(len(examples), digests, set(), met)
    texts = _texts(examples, near.key)
    pairs = np.column_stack(cross_index.candidate_pairs(texts, near.n, _load(index), near.threshold))
    alike: set[int] = set()
    for start in range(0, len(pairs), PAIRS_AT_ONCE):
        chunk = [(row, number) for row, number in pairs[start : start + PAIRS_AT_ONCE].tolist() if number not in alike]
        ours = {row: examples[row] for row, _ in chunk}
        theirs = _read(validation, _load_array(index / STARTS_FILE), {number for _, number in chunk})
        common = [_load_array(index / name) for name in BOILERPLATE_FILES]
        alike |= _verified(chunk, ours, theirs, near, common)
    return Looked(len(examples), digests, alike, met)


@functools.lru_cache(maxsize=1)
def _load(index: Path) -> cross_index.CrossIndex:
    return cross_index.load(index)


@functools.lru_cache(maxsize=len((STARTS_FILE, HINTS_FILE, *BOILERPLATE_FILES, *exchanges.NAMES)))
def _load_array(path: Path) -> npt.NDArray[Any]:
    array: npt.NDArray[Any] = np.load(path, mmap_mode="r")
    return array


def _read(validation: Path, starts: npt.NDArray[np.int64], numbers: set[int]) -> dict[int, dict[str, Any]]:
    """Some examples of the validation file, by number."""
    examples = {}
    with validation.open("rb") as handle:
        for number in sorted(numbers):
            handle.seek(int(starts[number]))
            examples[number] = orjson.loads(handle.readline())
    return examples


def _begin(part: ByteRange) -> int:
    """Where in the file the first line of a range begins."""
    if part.start == part.first:
        return part.start
    with part.path.open("rb") as handle:
        handle.seek(part.start - 1)
        return part.start - 1 + len(handle.readline())


def _verified(
    pairs: Sequence[tuple[int, int]],
    ours: Mapping[int, dict[str, Any]],
    theirs: Mapping[int, dict[str, Any]],
    near: NearParams,
    common: Sequence[Hashes],
) -> set[int]:
    """The validation examples of which a candidate really is a near duplicate: alike in each of the texts compared."""
    one, other = (_sets(side, near, common) for side in (ours, theirs))
    return {
        number
        for row, number in pairs
        if len(one[row]) == len(other[number])
        and all(
            cross_index.similarity(mine, its) >= near.threshold
            for mine, its in zip(one[row], other[number], strict=True)
        )
    }


def _sets(
    examples: Mapping[int, dict[str, Any]], near: NearParams, common: Sequence[Hashes]
) -> dict[int, list[frozenset[int]]]:
    """The shingle sets of the texts by which each example is compared, boilerplate left out of all but the whole."""
    texts = {number: _sides(example, near.key) for number, example in examples.items()}
    found: dict[int, list[frozenset[int]]] = {number: [] for number in texts}
    for place in range(max(map(len, texts.values()), default=0)):
        numbers = [number for number, sides in texts.items() if len(sides) > place]
        flat = Texts.whole(pl.Series([texts[number][place] for number in numbers], dtype=pl.String))
        # Of three texts the first is the whole, which dedup finds candidates by.
        side = place - 1 if len(texts[numbers[0]]) > SIDES else place
        left_out = None if side < 0 else functools.partial(boilerplate.left_out, known=common[side])
        sets = shingle_sets(flat, min(PROMPT_WORDS, near.n) if side == 0 and place else near.n, left_out)
        values, cuts = sets.values.tolist(), itertools.pairwise(sets.starts.tolist())
        for number, (start, end) in zip(numbers, cuts, strict=True):
            found[number].append(frozenset(values[start:end]))
    return found


def _texts(examples: Sequence[dict[str, Any]], key: str) -> list[str]:
    first = _all_said if key == "messages" else lambda example: _sides(example, key)[0]
    return [first(example) for example in examples]


def _all_said(example: dict[str, Any]) -> str:
    r"""The first of `_sides` for the key `messages`, but for white space.

    >>> _all_said({"messages": [{"role": "user", "content": "q"}, {"role": "assistant", "content": "a"}]})
    'q\na'
    """
    if "preferred_output" in example:
        return _sides(example, "messages")[0]
    return "\n".join([exchanges.text(one) for one in example["messages"] if one.get("role") not in gate.SYSTEM_ROLES])


def _sides(example: dict[str, Any], key: str) -> list[str]:
    r"""The texts by which an example is compared: all that was said, prompt and answer; or the one that `key` names.

    >>> _sides({"messages": [{"role": "user", "content": "q"}, {"role": "assistant", "content": "a"}]}, "messages")
    ['q\na', 'q', 'a']
    """
    pair = "preferred_output" in example
    messages = example["input"]["messages"] if pair else example["messages"]
    spoken = [message for message in messages if message.get("role") not in gate.SYSTEM_ROLES]
    outputs = [*example["preferred_output"], *example["non_preferred_output"]] if pair else []
    if not pair and spoken and spoken[-1].get("role") == "assistant":
        spoken, outputs = spoken[:-1], spoken[-1:]
    question, answer = ("\n".join(map(exchanges.text, part)) for part in (spoken, outputs))
    if key != "messages":
        return [question if key == "prompt" else answer]
    return [f"{question}\n{answer}", question, answer] if outputs else [question]


def _ranges(path: Path) -> list[ByteRange]:
    return byte_ranges(path, 0, path.stat().st_size, STEP_BYTES)
