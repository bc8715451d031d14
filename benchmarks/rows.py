"""Realistic rows for the benchmarks, made from the real text of this machine's own Python installation.

Docstrings and paragraphs of source files are the pool; each row draws from it by a hash of its number, so the same
machine always makes the same rows. A row has about 1.1 KB in two or three messages; 5 % repeat an earlier row exactly
and 5 % with a few words changed. With many rows paragraphs repeat, which flatters tools that cache.
"""

from __future__ import annotations

import random
import sysconfig
from collections.abc import Iterator
from pathlib import Path

import orjson

MIN_PARAGRAPH, MAX_PARAGRAPH = 80, 900  # characters
POOL_CHARACTERS = 120_000_000
EXACT_SHARE, NEAR_SHARE = 0.05, 0.05
SYSTEM = "You are a helpful assistant for Python programmers."


def paragraphs() -> list[str]:
    """Paragraphs of the installation's source files, sorted by file, each once."""
    seen: dict[str, None] = {}
    characters = 0
    roots = (Path(sysconfig.get_path("stdlib")), Path(sysconfig.get_path("purelib")))
    for path in sorted(path for root in roots for path in root.rglob("*.py")):
        try:
            text = path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError):
            continue
        for block in text.split("\n\n"):
            if MIN_PARAGRAPH <= len(block) <= MAX_PARAGRAPH and block not in seen:
                seen[block] = None
                characters += len(block)
        if characters > POOL_CHARACTERS:
            break
    return list(seen)


def rows(count: int) -> Iterator[bytes]:
    """Yield `count` chat lines, each with its line end."""
    pool = paragraphs()
    dice = random.Random(7)
    recent: list[list[dict[str, str]]] = []
    for _ in range(count):
        draw = dice.random()
        if recent and draw < EXACT_SHARE:
            messages = recent[dice.randrange(len(recent))]
        elif recent and draw < EXACT_SHARE + NEAR_SHARE:
            messages = _perturbed(recent[dice.randrange(len(recent))], dice)
        else:
            messages = _fresh(pool, dice)
        if len(recent) < 20_000:
            recent.append(messages)
        else:
            recent[dice.randrange(len(recent))] = messages
        yield orjson.dumps({"messages": messages}, option=orjson.OPT_APPEND_NEWLINE)


def _fresh(pool: list[str], dice: random.Random) -> list[dict[str, str]]:
    question = "What does this do?\n\n" + pool[dice.randrange(len(pool))]
    answer = "\n\n".join(pool[dice.randrange(len(pool))] for _ in range(dice.choice((1, 2, 3, 4))))
    messages = [{"role": "user", "content": question}, {"role": "assistant", "content": answer}]
    return [{"role": "system", "content": SYSTEM}, *messages] if dice.random() < 0.5 else messages


def _perturbed(messages: list[dict[str, str]], dice: random.Random) -> list[dict[str, str]]:
    words = messages[-1]["content"].split(" ")
    for _ in range(max(1, len(words) // 50)):
        words[dice.randrange(len(words))] = f"word{dice.randrange(1000)}"
    return [*messages[:-1], {"role": "assistant", "content": " ".join(words)}]
