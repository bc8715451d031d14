"""Precision and recall of near duplicates on labelled pairs of both kinds, made from real text in six languages.

    python benchmarks/near_pairs.py

The text are messages of programs that people translated by hand, from the gettext catalogs of this machine. Copies are
rows with one small edit; pairs that are none ask for different things and have one answer (a refusal, a call of a tool,
a label), or share a long instruction, a block of examples, a form or a prompt. What is found is read from the ledger of
a whole run, with `dedup.near.sensitivity` normal and high.
"""

from __future__ import annotations

import argparse
import gettext
import json
import random
import tempfile
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import polars as pl

from tuneset.execution.fused_run import prepare
from tuneset.execution.progress import no_progress
from tuneset.params import parse_params

LOCALES = Path("/usr/share/locale")
LANGUAGES = {"English": "de", "German": "de", "Spanish": "es", "Chinese": "zh_CN", "Thai": "th", "Arabic": "ar"}
"""By the folder of their catalogs; English is what the German ones were translated from."""
UNSPACED = ("Chinese", "Thai")
CHARACTERS = range(30, 160)  # of a message that is taken
SIZES = {"": (3, 4), ", one sentence each": (1, 1)}
"""Messages in a prompt and in an answer."""
COLUMNS = [
    *((language, "") for language in LANGUAGES),
    *((language, ", one sentence each") for language in ("English", "Chinese")),
]
SENSITIVITIES = ("normal", "high")

EDITS = (
    "one word", "phrase added", "punctuation and case", "number", "typo", "one character", "markup",
    "sentences swapped", "one word in both",
)  # fmt: skip
NONE = (
    "same refusal", "same call", "same label", "same long answer", "long instruction, same label",
    "block of examples, same label", "form filled, same label", "one prompt, other answers",
)  # fmt: skip


class Pair(NamedTuple):
    """Two rows (prompt, answer), of which kind they are, and whether one is a copy of the other."""

    kind: str
    copies: bool
    rows: tuple[tuple[str, str], tuple[str, str]]


class Writer:
    """Texts of one language, drawn by a seed without repetition."""

    def __init__(self, language: str, seed: int) -> None:
        """Shuffle the messages of a language."""
        self.dice = random.Random(f"{language} {seed}")
        self.gap = "" if language in UNSPACED else " "
        self.left = messages(language)
        self.dice.shuffle(self.left)

    def text(self, sentences: int) -> str:
        """So many messages, the first with a number behind it."""
        drawn = [self.left.pop() for _ in range(sentences)]
        drawn[0] = f"{drawn[0]} {self.dice.randrange(10, 90)}"
        return "\n".join(drawn)

    def pieces(self, text: str) -> list[str]:
        """Words, or characters where words are not separated."""
        return text.split(self.gap) if self.gap else list(text)

    def edited(self, text: str, edit: str) -> str:
        """The text with one small edit."""
        pieces = self.pieces(text)
        place = len(pieces) // 2
        if edit in ("one word", "one word in both"):
            width = 1 if self.gap else 2
            other = self.pieces(self.left[0])[:width]
            return self.gap.join([*pieces[:place], *other, *pieces[place + width :]])
        if edit == "phrase added":
            return f"{text}{self.gap}{self.gap.join(self.pieces(self.left[0])[:3])}"
        if edit == "punctuation and case":
            return text.upper().replace("\n", " ; ") + " !!"
        if edit == "sentences swapped":
            lines = text.split("\n")
            return "\n".join(lines[::-1]) if len(lines) > 1 else self.gap.join(pieces[place:] + pieces[:place])
        if edit == "markup":
            return self.gap.join([*pieces[:place], f"**{pieces[place]}**", *pieces[place + 1 :]])
        if edit == "number":
            at = next(at for at in range(len(text.partition("\n")[0]) - 1, 0, -1) if text[at].isdigit())
            return f"{text[:at]}{(int(text[at]) + 1) % 10}{text[at + 1 :]}"
        at = next(at for at in range(len(text) // 2, len(text)) if text[at].isalpha() and text[at - 1].isalpha())
        if edit == "typo":
            return text[: at - 1] + text[at] + text[at - 1] + text[at + 1 :]
        return text[:at] + next(one for one in self.left[0] if one.isalpha() and one != text[at]) + text[at + 1 :]


def messages(language: str) -> list[str]:
    """The messages of a language, sorted, each once."""
    found: set[str] = set()
    for path in sorted((LOCALES / LANGUAGES[language] / "LC_MESSAGES").glob("*.mo")):
        try:
            with path.open("rb") as handle:
                catalog: dict[object, str] = gettext.GNUTranslations(handle)._catalog  # type: ignore[attr-defined]  # noqa: SLF001  it has no other way to all
        except UnicodeDecodeError:  # it does not have the encoding that it names
            continue
        for source, translated in catalog.items():
            text = source if language == "English" else translated
            if isinstance(text, str) and isinstance(source, str) and len(text) in CHARACTERS and "\n" not in text:
                found.add(text)
    return sorted(found)


def pairs(language: str, size: str, count: int) -> Iterator[Pair]:
    """Yield labelled pairs of one language, `count` of each kind; no more than its messages allow."""
    asked, told = SIZES[size]
    writer = Writer(language, 1)
    instruction, block = writer.text(6), writer.text(9)
    labels = ("positive", "negative", "neutral")
    refusal, long_answer = writer.text(1), writer.text(told + 1)
    for number in range(count):
        if len(writer.left) < (len(EDITS) + 3) * (asked + told) + 3 * len(NONE):
            return
        for edit in EDITS:
            prompt, answer = writer.text(asked), writer.text(told)
            both = edit == "one word in both"
            copy = (writer.edited(prompt, edit), writer.edited(answer, edit) if both else answer)
            yield Pair(edit, True, ((prompt, answer), copy))
        label = labels[number % len(labels)]
        call = json.dumps({"name": "light", "arguments": {"room": "kitchen", "on": True, "level": 70}})
        for kind, answer in zip(NONE, (refusal, call, label, long_answer), strict=False):
            yield Pair(kind, False, ((writer.text(1), answer), (writer.text(1), answer)))
        one, other = writer.text(1), writer.text(1)
        forms = (f"{instruction}\n{{}}", f"{block}\n{{}}", "Text: {}. Kind of text?")
        for kind, form in zip(NONE[4:], forms, strict=False):
            yield Pair(kind, False, ((form.format(one), label), (form.format(other), label)))
        prompt = writer.text(asked)
        yield Pair(NONE[-1], False, ((prompt, writer.text(told)), (prompt, writer.text(told))))


def found(labelled: list[Pair], folder: Path, sensitivity: str = "normal") -> list[bool]:
    """Which pairs were found to be near duplicates: one row of them dropped for the other, or both for a third."""
    raw = folder / "raw.jsonl"
    rows = [row for pair in labelled for row in pair.rows]
    with raw.open("w", encoding="utf-8") as handle:
        for prompt, answer in rows:
            said = [{"role": "user", "content": prompt}, {"role": "assistant", "content": answer}]
            handle.write(json.dumps({"messages": said}, ensure_ascii=False) + "\n")
    off = dict.fromkeys(("url_credentials", "email", "phone", "ip", "password", "api_key", "card", "iban"), "off")
    params = {"dedup": {"near": {"sensitivity": sensitivity}}, "clean": {"redact": off}}
    prepare([raw], folder / f"out-{sensitivity}", parse_params(params, "benchmark"), no_progress)
    ledger = pl.read_parquet(folder / f"out-{sensitivity}" / "ledger.parquet").sort("line")
    kept = ledger.select(pl.coalesce("kept_row_id", "row_id")).to_series().to_list()
    assert len(kept) == len(rows)
    return [kept[2 * number] == kept[2 * number + 1] for number in range(len(labelled))]


def tables(count: int) -> Iterator[str]:
    """Yield the lines of a table for each sensitivity: the share of each kind that was found, precision and recall."""
    for sensitivity in SENSITIVITIES:
        shares: dict[str, dict[str, str]] = defaultdict(dict)
        for language, size in COLUMNS:
            column = language + size
            labelled = list(pairs(language, size, count))
            with tempfile.TemporaryDirectory() as folder:
                hits = found(labelled, Path(folder), sensitivity)
            shares["pairs of each kind"][column] = str(len(labelled) // (len(EDITS) + len(NONE)))
            for kind in (*EDITS, *NONE):
                of_kind = [hit for pair, hit in zip(labelled, hits, strict=True) if pair.kind == kind]
                shares[kind][column] = f"{sum(of_kind) / max(len(of_kind), 1):.2f}"
            right = sum(hit for pair, hit in zip(labelled, hits, strict=True) if pair.copies)
            shares["**precision**"][column] = f"{right / max(sum(hits), 1):.2f}"
            shares["**recall**"][column] = f"{right / max(sum(pair.copies for pair in labelled), 1):.2f}"
        columns = [language + size for language, size in COLUMNS]
        yield f"| `sensitivity: {sensitivity}` | {' | '.join(columns)} |"
        yield f"|---|{'---:|' * len(columns)}"
        for kind, by_column in shares.items():
            yield f"| {kind} | {' | '.join(by_column[column] for column in columns)} |"
        yield ""


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pairs", type=int, default=40, help="of each kind and language, at most")
    for line in tables(parser.parse_args().pairs):
        print(line)


if __name__ == "__main__":
    main()
