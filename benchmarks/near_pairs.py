"""Precision and recall of near duplicates on labelled pairs of both kinds, in four languages.

    python benchmarks/near_pairs.py

Copies are rows with one small edit; pairs that are none ask for different things and have one answer (a refusal, a call
of a tool, a label), or share a long instruction. What is found is read from the ledger of a whole run.
"""

from __future__ import annotations

import argparse
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

WORDS = {
    "English": (
        (
            "the customer,our neighbour,a young teacher,the old driver,every visitor,the new doctor,"
            "my cousin,the editor,a tired nurse,their captain,the quiet gardener,one engineer"
        ),
        "repairs,describes,sells,paints,borrows,counts,cleans,forgets,orders,measures,returns,hides",
        (
            "the red bicycle,a wooden table,two heavy boxes,the broken lamp,some fresh bread,an open letter,"
            "the last ticket,a small garden,the long report,three silver spoons,the blue door,a warm coat"
        ),
        (
            "in the morning,before the meeting,after the storm,without a word,near the station,once a year,"
            "with great care,on the second floor"
        ),
    ),
    "German": (
        (
            "der Kunde,unser Nachbar,eine junge Lehrerin,der alte Fahrer,jeder Besucher,die neue Ärztin,"
            "mein Vetter,der Redakteur,eine müde Pflegerin,ihr Kapitän,der stille Gärtner,eine Ingenieurin"
        ),
        "repariert,beschreibt,verkauft,bemalt,leiht,zählt,putzt,vergisst,bestellt,misst,bringt,versteckt",
        (
            "das rote Fahrrad,einen Holztisch,zwei schwere Kisten,die kaputte Lampe,frisches Brot,"
            "einen offenen Brief,die letzte Karte,einen kleinen Garten,den langen Bericht,drei Löffel,"
            "die blaue Tür,einen warmen Mantel"
        ),
        (
            "am Morgen,vor der Sitzung,nach dem Sturm,ohne ein Wort,nahe dem Bahnhof,einmal im Jahr,"
            "mit großer Sorgfalt,im zweiten Stock"
        ),
    ),
    "Spanish": (
        (
            "el cliente,nuestro vecino,una joven maestra,el viejo conductor,cada visitante,la nueva doctora,"
            "mi primo,el editor,una enfermera cansada,su capitán,el jardinero callado,una ingeniera"
        ),
        "repara,describe,vende,pinta,pide,cuenta,limpia,olvida,encarga,mide,devuelve,esconde",
        (
            "la bicicleta roja,una mesa de madera,dos cajas pesadas,la lámpara rota,pan fresco,"
            "una carta abierta,el último billete,un jardín pequeño,el informe largo,tres cucharas,"
            "la puerta azul,un abrigo"
        ),
        (
            "por la mañana,antes de la reunión,tras la tormenta,sin decir nada,cerca de la estación,"
            "una vez al año,con cuidado,en el segundo piso"
        ),
    ),
    "Chinese": (
        "顾客,我们的邻居,年轻的老师,老司机,每位访客,新来的医生,我的表哥,编辑,疲惫的护士,他们的船长,安静的园丁,一位工程师",
        "修理,描述,出售,粉刷,借走,清点,擦拭,忘记,订购,测量,归还,藏起",
        "红色的自行车,一张木桌,两个重箱子,坏掉的台灯,新鲜的面包,一封信,最后一张票,一个小花园,长篇报告,三把银勺,蓝色的门,一件大衣",
        "在早上,开会之前,暴风雨之后,一言不发地,在车站附近,每年一次,十分小心地,在二楼",
    ),
}
"""Subjects, verbs, objects and circumstances, of which sentences are drawn."""

SAME_ANSWERS = ("refusal", "call", "label", "long answer")
EDITS = ("one word", "phrase added", "punctuation and case", "number", "typo", "markup", "in both")
SENTENCES = {"prompt": 6, "answer": 9, "request": 2, "instruction": 8}


class Pair(NamedTuple):
    """Two rows (prompt, answer), of which kind they are, and whether one is a copy of the other."""

    kind: str
    copies: bool
    rows: tuple[tuple[str, str], tuple[str, str]]


class Writer:
    """Sentences of one language, by a seed."""

    def __init__(self, language: str, seed: int) -> None:
        """Draw from the words of a language."""
        self.parts = [part.split(",") for part in WORDS[language]]
        self.gap = "" if language == "Chinese" else " "
        self.stop = "\u3002" if language == "Chinese" else ". "
        self.dice = random.Random(f"{language} {seed}")

    def text(self, sentences: int) -> str:
        """So many sentences."""
        drawn = (self.gap.join(self.dice.choice(part) for part in self.parts) for _ in range(sentences))
        return self.stop.join(f"{one} {self.dice.randrange(10, 99)}" for one in drawn) + self.stop.strip()

    def edited(self, text: str, edit: str) -> str:
        """The text with one small edit."""
        place = self.dice.randrange(len(text) // 4, len(text) * 3 // 4)
        if edit in ("one word", "in both"):
            word = self.dice.choice(self.parts[1])
            old = next(one for one in self.parts[1] if one in text and one != word)
            return text.replace(old, word, 1)
        if edit == "phrase added":
            return f"{text} {self.dice.choice(self.parts[3])}"
        if edit == "punctuation and case":
            return text.replace(self.stop, " ; ").title()
        if edit == "number":
            digits = next(at for at in range(place, len(text)) if text[at].isdigit())
            return f"{text[:digits]}{(int(text[digits]) + 1) % 10}{text[digits + 1 :]}"
        if edit == "typo":
            return text[:place] + text[place + 1] + text[place] + text[place + 2 :]
        return text[:place] + "**" + text[place:]


def pairs(language: str, count: int) -> Iterator[Pair]:
    """Yield labelled pairs of one language, `count` of each kind."""
    instruction = Writer(language, 1).text(SENTENCES["instruction"])
    for number in range(count):
        writer = Writer(language, 2 + number)
        for edit in EDITS:
            prompt, answer = writer.text(SENTENCES["prompt"]), writer.text(SENTENCES["answer"])
            copy = (writer.edited(prompt, edit), writer.edited(answer, edit) if edit == "in both" else answer)
            yield Pair(edit, True, ((prompt, answer), copy))
        answers = (
            writer.text(2),
            json.dumps({"name": "light", "arguments": {"room": writer.text(1), "on": True}}, ensure_ascii=False),
            writer.parts[1][number % len(writer.parts[1])],
            writer.text(SENTENCES["answer"]),
        )
        for kind, answer in zip(SAME_ANSWERS, answers, strict=True):
            one, other = (writer.text(SENTENCES["request"]) for _ in range(2))
            yield Pair(f"same {kind}", False, ((one, answer), (other, answer)))
        one, other = (f"{instruction}\n{writer.text(1)}" for _ in range(2))
        yield Pair("long instruction, same label", False, ((one, answers[2]), (other, answers[2])))


def found(labelled: list[Pair], folder: Path) -> list[bool]:
    """Which pairs were found to be near duplicates: one row of them dropped for the other, or both for a third."""
    raw = folder / "raw.jsonl"
    rows = [row for pair in labelled for row in pair.rows]
    with raw.open("w", encoding="utf-8") as handle:
        for prompt, answer in rows:
            messages = [{"role": "user", "content": prompt}, {"role": "assistant", "content": answer}]
            handle.write(json.dumps({"messages": messages}, ensure_ascii=False) + "\n")
    prepare([raw], folder / "out", parse_params({}, "benchmark"), no_progress)
    ledger = pl.read_parquet(folder / "out" / "ledger.parquet").sort("line")
    kept = ledger.select(pl.coalesce("kept_row_id", "row_id")).to_series().to_list()
    assert len(kept) == len(rows)
    return [kept[2 * number] == kept[2 * number + 1] for number in range(len(labelled))]


def main() -> None:
    """Print recall of each kind of copy, the share of false finds of each other kind, and precision, by language."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pairs", type=int, default=60, help="of each kind and language")
    options = parser.parse_args()
    shares: dict[str, dict[str, float]] = defaultdict(dict)
    for language in WORDS:
        labelled = list(pairs(language, options.pairs))
        with tempfile.TemporaryDirectory() as folder:
            hits = found(labelled, Path(folder))
        for kind in dict.fromkeys(pair.kind for pair in labelled):
            of_kind = [hit for pair, hit in zip(labelled, hits, strict=True) if pair.kind == kind]
            shares[kind][language] = sum(of_kind) / len(of_kind)
        right = sum(hit for pair, hit in zip(labelled, hits, strict=True) if pair.copies)
        shares["precision"][language] = right / max(sum(hits), 1)
        shares["recall"][language] = right / sum(pair.copies for pair in labelled)
    print(f"| kind of pair, share found | {' | '.join(WORDS)} |")
    print(f"|---|{'---:|' * len(WORDS)}")
    for kind, by_language in shares.items():
        print(f"| {kind} | {' | '.join(f'{by_language[language]:.2f}' for language in WORDS)} |")


if __name__ == "__main__":
    main()
