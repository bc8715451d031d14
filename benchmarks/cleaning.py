"""Whether cleaning damages anything: what it changes in texts of this machine, in many languages and in code.

    python -m benchmarks.cleaning [--texts 40000] [--list] [--sample 200 --seed 0 --write FILE]

The texts are files of installed packages (source, manuals, licences), their longer string literals, translations of
programs (`.mo`), manual pages and definitions of locales. What is taken depends on the names of files alone. Printed
is how many texts each step changed; `--list` prints every change, `--sample` draws some of every step and writes them
with room for a verdict. Redaction is not looked at here (`benchmarks/redaction.py`).
"""

from __future__ import annotations

import argparse
import ast
import gettext
import gzip
import hashlib
import heapq
import json
import sysconfig
import warnings
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

import polars as pl

from tuneset.cleaning.repair.normalise import normalise
from tuneset.cleaning.steps import TEXT_STEPS

_LARGEST = 200_000  # bytes of a file
_FROM_ONE_FILE = 40  # strings, translations
_SHORTEST_STRING = 60  # characters; shorter ones only where they are not ASCII
_AROUND = 24  # characters of an excerpt on either side of a change
_PLACES = (
    "/usr/share/doc",
    "/usr/share/i18n",
    "/usr/share/perl",
    "/usr/share/vim",
    "/usr/share/X11",
    "/usr/lib/node_modules",
)
_SHARES = {"file": 0.35, "string": 0.3, "translation": 0.25, "manual": 0.1}


class Text(NamedTuple):
    """One text: what it is, and where it stands."""

    kind: str
    source: str
    text: str


class Change(NamedTuple):
    """What one step made of one text; the excerpts are its surroundings alone where they change in the same way."""

    step: str
    kind: str
    source: str
    before: str
    after: str


def main() -> None:
    """Print what each step changed."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--texts", type=int, default=40_000, help="how many texts to look at, about")
    parser.add_argument("--list", action="store_true", help="print every change")
    parser.add_argument("--sample", type=int, default=0, help="how many changes to draw, the same number of each step")
    parser.add_argument("--seed", default="0", help="another draw")
    parser.add_argument("--write", type=Path, help="a file for the sample, JSON lines")
    options = parser.parse_args()
    texts = list(gather(options.texts))
    found = changes(texts)
    counts = {step.name: sum(change.step == step.name for change in found) for step in TEXT_STEPS}
    print(f"{len(texts):>20} texts: " + ", ".join(f"{n} {kind}" for kind, n in _kinds(texts).items()))
    for name, count in counts.items():
        print(f"{name:<20}{count:>8} changed, {count / len(texts):.4f}")
    for change in found if options.list else ():
        print(json.dumps(change._asdict()))
    if options.sample:
        drawn = draw(found, options.sample, options.seed)
        lines = [json.dumps({**change._asdict(), "verdict": "", "reason": ""}) + "\n" for change in drawn]
        (print("".join(lines)) if options.write is None else options.write.write_text("".join(lines)))


def gather(count: int) -> Iterator[Text]:
    """Yield about so many texts of this machine, each once, the same ones at each call."""
    seen = set()
    packages = [Path(sysconfig.get_path(name)) for name in ("purelib", "stdlib")]
    files = [path for place in (*packages, *map(Path, _PLACES)) for path in _files(place)]
    sources = {
        "file": _whole(_some(files, count)),
        "string": _strings(_some([path for path in files if path.suffix == ".py"], count)),
        "translation": _translations(
            _some([p for place in (*packages, Path("/usr/share")) for p in place.rglob("*.mo")], count)
        ),
        "manual": _whole(_some(list(_files(Path("/usr/share/man"))), count)),
    }
    for kind, texts in sources.items():
        left = int(count * _SHARES[kind])
        for source, text in texts:
            if not left:
                break
            if text not in seen and text.strip():
                seen.add(text)
                left -= 1
                yield Text(kind, source, text)


def changes(texts: Iterable[Text]) -> list[Change]:
    """What each step by itself changes."""
    texts = list(texts)
    column = pl.Series([text.text for text in texts])
    found = []
    for step in TEXT_STEPS:
        repaired, _ = normalise(column, [step])
        for place in (repaired != column).arg_true():
            before, after = excerpt(step.name, column[place], repaired[place])
            found.append(Change(step.name, texts[place].kind, texts[place].source, before, after))
    return found


def excerpt(step: str, before: str, after: str) -> tuple[str, str]:
    """A text before and after, cut to what is around the first difference where that changes in the same way."""
    first = next(
        (n for n, (a, b) in enumerate(zip(before, after, strict=False)) if a != b), min(len(before), len(after))
    )
    steps = [one for one in TEXT_STEPS if one.name == step]
    for around in (_AROUND, 4 * _AROUND, 16 * _AROUND):
        cut = before[max(0, first - around) : first + around]
        repaired = normalise(pl.Series([cut]), steps)[0].item()
        if repaired != cut and (first <= around or repaired[:1] == cut[:1]):
            return cut, repaired
    return before, after


def draw(found: list[Change], count: int, seed: str) -> list[Change]:
    """So many changes, as many of each step as there are, chosen by a hash of the seed and the change.

    White space at the end of a text counts as a step of its own: it would be nearly all else.
    """
    by_step = [
        [change for change in found if change.step == step.name and (change.before.rstrip() == change.after) == at_end]
        for step in TEXT_STEPS
        for at_end in (False, True)
    ]
    drawn: list[Change] = []
    for left, of_step in enumerate(sorted(by_step, key=len)):
        share = (count - len(drawn)) // (len(by_step) - left)
        drawn += heapq.nsmallest(share, of_step, key=lambda change: _rank(f"{seed} {change.source} {change.before}"))
    return drawn


def _kinds(texts: list[Text]) -> dict[str, int]:
    return {kind: sum(text.kind == kind for text in texts) for kind in _SHARES}


def _rank(name: str) -> bytes:
    return hashlib.sha256(name.encode("utf-8", "surrogateescape")).digest()


def _some(paths: list[Path], count: int) -> list[Path]:
    return heapq.nsmallest(count, set(paths), key=lambda path: _rank(str(path)))


def _files(place: Path) -> Iterator[Path]:
    return (path for path in place.rglob("*") if path.is_file() and not path.is_symlink())


def _whole(paths: Iterable[Path]) -> Iterator[tuple[str, str]]:
    """Yield the texts of files in UTF-8 that are not too large."""
    for path in paths:
        try:
            raw = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
            if 0 < len(raw) <= _LARGEST and b"\0" not in raw[:1024]:
                yield str(path), raw.decode()
        except (OSError, EOFError, ValueError):
            continue


def _strings(paths: Iterable[Path]) -> Iterator[tuple[str, str]]:
    """Yield the longer string literals of Python files, docstrings among them."""
    for source, text in _whole(paths):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                tree = ast.parse(text)
            except (SyntaxError, ValueError, RecursionError):
                continue
        for line, literal in list(_literals(tree))[:_FROM_ONE_FILE]:
            yield f"{source}:{line}", literal


def _literals(tree: ast.AST) -> Iterator[tuple[int, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            longer = len(node.value) >= _SHORTEST_STRING or not node.value.isascii()
            if longer and not any("\ud800" <= character <= "\udfff" for character in node.value):
                yield node.lineno, node.value


def _translations(paths: Iterable[Path]) -> Iterator[tuple[str, str]]:
    for path in paths:
        try:
            with path.open("rb") as file:
                catalog: dict[object, str] = gettext.GNUTranslations(file)._catalog  # type: ignore[attr-defined]  # noqa: SLF001  there is no other way to all of it
        except (OSError, ValueError, UnicodeError, IndexError):
            continue
        for key in sorted(catalog, key=lambda key: _rank(str(key)))[:_FROM_ONE_FILE]:
            yield f"{path}#{_rank(str(key)).hex()[:6]}", catalog[key]


if __name__ == "__main__":
    main()
