"""Counting tokens: tiktoken, the counter of the product with the extra `fast`, and, where installed, splintr-rs.

    python benchmarks/tokenizers.py
    python benchmarks/tokenizers.py --target MODEL
    python benchmarks/tokenizers.py --unicode

Each counts the same messages in a fresh process of one thread, a shard's worth at a time: first of rows (their
paragraphs repeat, which flatters tools that cache), then of texts that are all different. `--target` measures the
vocabulary of a model on this machine beside the product's own counter. `--unicode` compares the splitting of gigatoken
with tiktoken's over all of Unicode and prints the ranges where they differ: those that `UNPROVEN` in
pipeline/tuneset/targets/tiktoken_tokenizer.py has to cover.
"""

from __future__ import annotations

import argparse
import base64
import functools
import importlib
import multiprocessing
import random
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
import orjson
import tiktoken
from memory import watched
from rows import paragraphs, rows

from tuneset.errors import UsageError
from tuneset.profile import load_profile
from tuneset.targets.encodings import RANK_FILES, get_encoding, rank_file
from tuneset.targets.target import find_target
from tuneset.targets.tiktoken_tokenizer import SPLITTING, UNPROVEN, TiktokenTokenizer

ENCODING = "o200k_base"
SHARD_TEXTS = 20_000
ROW_BYTES = 1_100
SURROUNDINGS = ("a{c}b", "A{c}B", " {c} ", "\n{c}\n", "1{c}23", "!{c}'s", "  {c}  a", "{c}{c}/\n/", "\u4e2d{c}\u0301")

Count = Callable[[Sequence[str]], list[int]]


def main() -> None:
    """Print the figures of each way to count, or compare over Unicode."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--unicode", action="store_true", help="compare the splitting of every code point; minutes")
    parser.add_argument("--target", metavar="MODEL", help="the files of a model, whose vocabulary is measured too")
    options = parser.parse_args()
    if options.unicode:
        for name in RANK_FILES:
            print(f"{name}: {' '.join(differences(name))}", flush=True)
        return
    ways: list[tuple[str, Callable[[], Count]]] = [("counter", by_counter)]
    if options.target:
        try:
            find_target("", load_profile("local"), local=options.target)
        except UsageError as error:
            parser.error(str(error))
        ways.append(("target", functools.partial(by_target, options.target)))
    else:
        ways = [("tiktoken", by_tiktoken), *ways, ("splintr", by_splintr)]
    spawn = multiprocessing.get_context("spawn")
    for kind in ("rows", "different"):
        for name, way in ways:
            process = spawn.Process(target=measure, args=(name, way, kind, options.rows))
            process.start()
            process.join()


def measure(name: str, way: Callable[[], Count], kind: str, number: int) -> None:
    """Count all texts in this process; print CPU seconds, throughput, microseconds a row and what was loaded."""
    texts = row_texts(number) if kind == "rows" else different_texts(number)
    size = sum(len(text.encode()) for text in texts)
    number = number if kind == "rows" else size // ROW_BYTES
    with watched() as before:
        time.sleep(0.3)
    with watched() as peak:
        started = time.process_time()
        try:
            count = way()
        except ImportError:
            return
        loaded = time.process_time() - started
        shards = (texts[start : start + SHARD_TEXTS] for start in range(0, len(texts), SHARD_TEXTS))
        tokens = sum(sum(count(shard)) for shard in shards)
        seconds = time.process_time() - started
    print(
        f"{kind:10} {name:12} {seconds:6.2f} s ({loaded:.2f} to load)  {size / seconds / 1e6:6.1f} MB/s  "
        f"{seconds / number * 1e6:6.1f} us a row  {tokens:,} tokens  {(peak[0] - before[0]) / 2**20:,.0f} MiB",
        flush=True,
    )


def row_texts(number: int) -> list[str]:
    """The messages of rows of about 1.1 KB, two or three a row."""
    return [message["content"] for line in rows(number) for message in orjson.loads(line)["messages"]]


def different_texts(number: int) -> list[str]:
    """Paragraphs of source text, each once: as much text as `number` rows have, or as there is."""
    pool = paragraphs()
    random.Random(7).shuffle(pool)
    texts: list[str] = []
    characters = 0
    for text in pool:
        characters += len(text)
        if characters > number * ROW_BYTES:
            break
        texts.append(text)
    return texts


def by_tiktoken() -> Count:
    """Tiktoken, text by text, as without the extra."""
    encode = get_encoding(ENCODING).encode_to_numpy
    return lambda texts: [encode(text, disallowed_special=()).size for text in texts]


def by_counter() -> Count:
    """The product's counter, with its routing and its sample."""
    return TiktokenTokenizer(ENCODING, start_characters=0).count


def by_target(model: str) -> Count:
    """The vocabulary of a model that is on this machine. Raises UsageError where it is not."""
    # The library of the same name as this file is to be found, and not this file.
    sys.path[:] = [path for path in sys.path if Path(path).resolve() != Path(__file__).resolve().parent]
    return find_target("", load_profile("local"), local=model).tokenizer.count


def by_splintr() -> Count:
    """splintr-rs, which gives four bytes a token."""
    splintr = importlib.import_module("splintr")  # no dependency: measured only where somebody has installed it
    path = rank_file(ENCODING)
    assert path is not None
    encode = splintr.Tokenizer.from_bytes(path.read_bytes(), splintr.O200K_BASE_PATTERN, {}).encode_flat
    return lambda texts: [len(encode(text)) // 4 for text in texts]


def differences(name: str) -> Iterator[str]:
    """Ranges of code points around which the two split differently, marked where UNPROVEN does not cover them.

    In the vocabulary used for it any two bytes merge, and each surrounding stands once at an even and once at an odd
    byte, so that a boundary in another place gives other tokens.
    """
    from gigatoken import Tokenizer  # noqa: PLC0415 (an extra)

    single = [bytes([byte]) for byte in range(256)]
    ranks = {token: rank for rank, token in enumerate([*single, *(a + b for a in single for b in single)])}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "pairs.tiktoken"
        path.write_bytes(b"".join(base64.b64encode(token) + f" {rank}\n".encode() for token, rank in ranks.items()))
        quick = Tokenizer.from_tiktoken(path, pretokenizer=SPLITTING[name], special_tokens={}).backend.encode
    pattern = get_encoding(name)._pat_str  # noqa: SLF001 (tiktoken gives its pattern no other way)
    reference = tiktoken.Encoding("pairs", pat_str=pattern, mergeable_ranks=ranks, special_tokens={}).encode_to_numpy
    form = "".join(f"\n.{surrounding}" for surrounding in SURROUNDINGS)
    form += "".join(f"\nx{surrounding}" for surrounding in SURROUNDINGS)
    found: list[list[int]] = []
    for point in range(0x110000):
        if 0xD800 <= point <= 0xDFFF:
            continue
        text = form.replace("{c}", chr(point))
        if not np.array_equal(quick(text), reference(text)):
            if found and found[-1][1] == point - 1:
                found[-1][1] = point
            else:
                found.append([point, point])
    for first, last in found:
        covered = any(start <= first and last <= stop for start, stop in UNPROVEN)
        yield f"{first:X}-{last:X}" + ("" if covered else " (not in UNPROVEN)")


if __name__ == "__main__":
    main()
