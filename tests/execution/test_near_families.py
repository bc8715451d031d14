"""Families of templated sets keep their rows, families of true copies lose theirs, and the gate agrees with both."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Sequence
from pathlib import Path

import polars as pl
import pytest

from tuneset.execution.fused_run import RunOutcome, prepare
from tuneset.execution.progress import no_progress
from tuneset.params import parse_params

Rows = list[tuple[str, str]]

THINGS = ("motor", "lens", "cable", "strap", "battery", "screen", "stand", "cover")
KINDS = ("bright", "loose", "noisy", "warm", "solid", "dull", "quick", "heavy")
ROOMS = ("kitchen", "hall", "cellar", "attic", "garage", "office")
RULES = (
    "Read the whole text before you decide, take irony and negation into account, ignore remarks about the courier "
    "unless the customer blames the shop, and do not be misled by single words. Answer with one word, in lower case, "
    "without punctuation and without any explanation."
)
SCHEMA = (
    "CREATE TABLE customers (id INT PRIMARY KEY, name TEXT, country TEXT, city TEXT, segment TEXT, manager_id INT); "
    "CREATE TABLE orders (id INT PRIMARY KEY, customer_id INT, product TEXT, quantity INT, price INT, status TEXT);"
)
SHOTS = (
    "Message: Where is my parcel? It was due on Monday.\nLabel: shipping\n\n"
    "Message: I want my money back for the broken lamp.\nLabel: refund\n\n"
    "Message: I can not log in since the last update of the app.\nLabel: account\n\n"
)
GERMAN = (
    "Entscheide, ob die Bewertung gut oder schlecht ist. Lies sie ganz, achte auf Ironie und Verneinung, und antworte "
    "mit einem Wort."
)
NOUNS, WORDS = ("Kabel", "Linse", "Motor", "Gurt", "Akku", "Schirm"), ("hell", "laut", "lose", "matt", "warm", "fest")
CHINESE = (
    "\u5224\u65ad\u4e0b\u9762\u7684\u8bc4\u4ef7\u662f\u597d\u8bc4\u8fd8\u662f\u5dee\u8bc4\uff0c\u53ea\u56de"
    "\u7b54\u4e00\u4e2a\u8bcd\u3002\u8bc4\u4ef7\uff1a"
)
CHINESE_NOUNS = ("\u955c\u5934", "\u7535\u6c60", "\u7ebf\u7f06", "\u5c4f\u5e55", "\u9a6c\u8fbe", "\u652f\u67b6")
CHINESE_WORDS = (
    "\u5f88\u4eae", "\u592a\u5435\u4e86", "\u677e\u52a8", "\u8d28\u91cf\u4e0d\u9519", "\u53d1\u70eb",
    "\u575a\u56fa\u8010\u7528",
)  # fmt: skip
PAIRS = list(itertools.product(THINGS, KINDS))


def call(room: str) -> str:
    return json.dumps({"name": "light", "arguments": {"room": room, "on": True, "colour": "warm white"}})


ASKED = (
    "Was it lit?", "Who made it?", "Is it of brass?", "Where does it stand?", "Who bought it?", "Is it old?",
    "Can it be moved?", "Who cleans it?", "Has it a name?", "What is it?", "Is it for sale?", "How high is it?",
    "Does it work?", "Is it in use?", "Who saw it first?", "Is it alone?", "Was it repaired?",
)  # fmt: skip


def story(number: int) -> str:
    """Words that no other story has, and among them a few that are edited."""
    words = [f"word{(number * 8191 + place * 127) % 104729}" for place in range(60)]
    for place, word in enumerate(("second", "machine,", "two", "quite only", "same", "shop.")):
        words[10 + 5 * place] = word
    return " ".join(words)


def about_texts(texts: int, questions: int) -> Rows:
    """Short questions about long texts, the same about each, with answers that many share."""
    return [
        (f"{story(200 + text)}\n\n{ASKED[(text + number) % len(ASKED)]}", ("Yes.", "No.", "A friend.")[number % 3])
        for text in range(texts)
        for number in range(questions)
    ]


TEMPLATED: dict[str, Rows] = {
    "few questions about a text": about_texts(20, 3),
    "many questions about a text": about_texts(8, 17),
    "sentiment": [(f"{RULES} Review: The {a} is {b}.", "positive" if a < b else "negative") for a, b in PAIRS],
    "few shots": [(f"Classify.\n\n{SHOTS}Message: The {a} seems {b}.\nLabel:", "refund") for a, b in PAIRS],
    "entailment": [
        (f"{RULES}\nPremise: The {a} was {b}.\nHypothesis: A {b} thing is a {a}.", "neutral") for a, b in PAIRS
    ],
    "sql": [
        (f"{RULES}\n{SCHEMA}\nQuestion: how many orders did customer {n} place?",
         f"SELECT COUNT(*) FROM orders WHERE customer_id = {n};")
        for n in range(60)
    ],
    "sums": [(f"{RULES} What is {n} plus {n % 7}?", f"{n} plus {n % 7} equals {n + n % 7}.") for n in range(60)],
    "json": [
        (f"{RULES}\nSentence: The {a} was {b}.", json.dumps({"product": a, "opinion": b})) for a, b in PAIRS
    ],
    "choice": [
        (f"{RULES}\nQuestion: Which is {b} when the {a} is not?\nA) heat\nB) lobby\nC) meal", "B") for a, b in PAIRS
    ],
    "yes or no": [(f"{RULES}\nIs the {a} {b}, by this: The room was clean.", "no") for a, b in PAIRS],
    "context": [
        (f"{RULES} Context: The {a} was {b}. Question: how was the {c}?", "I do not know.")
        for (a, b), c in zip(PAIRS, itertools.cycle(reversed(THINGS)))
    ],
    "one call": [
        (text.format(room), call(room))
        for room in ROOMS
        for text in ("Light in the {}, please", "It is dark in the {}", "Turn on the lamp of the {}", "{}: lamp on",
                     "I can not see a thing in the {}", "Make the {} bright", "Could someone switch on the {}?")
    ],
    "form": [(f"Customer: {n * 37}. Article: {a}. Colour: {b}. Status?", "shipped") for n, (a, b) in enumerate(PAIRS)],
    "translation": [(f"Translate into French: the {b} {a}", f"le {a} {b}") for a, b in PAIRS],
    "German": [(f"{GERMAN}\nBewertung: {a} ist {b}.", "gut") for a in NOUNS for b in WORDS],
    "Chinese": [(f"{CHINESE}{a}{b}", "\u597d\u8bc4") for a in CHINESE_NOUNS for b in CHINESE_WORDS],
}  # fmt: skip


EDITS: dict[str, Callable[[str], str]] = {
    "word": lambda text: text.replace("second", "third"),
    "phrase": lambda text: f"{text} Thank you.",
    "start": lambda text: f"Hello, {text}",
    "case": lambda text: text.upper(),
    "punctuation": lambda text: text.replace(",", ";").replace(".", ":"),
    "spaces": lambda text: text.replace(" ", "\n", 5),
    "typo": lambda text: text.replace("machine", "mahcine"),
    "number": lambda text: text.replace("two", "2"),
    "word left out": lambda text: text.replace(" only", ""),
    "quotes": lambda text: text.replace("same", '"same"'),
    "width": lambda text: text.replace("shop", "\uff53\uff48\uff4f\uff50"),
}

IN_PROMPTS = ("word", "typo")
"""One word for another, in the prompt and in the answer, is a form that is filled in with two things."""
FORM = ("Write to the customer. " + story(50) + " {0}", story(51) + " {0} " + story(52))
OTHER_ANSWERS: dict[str, Rows] = {
    "number": [(f"{story(60)} {n}", f"{story(61)} It takes {n} days. {story(62)}") for n in (5, 7, 12)],
    "number of another script": [(story(63), f"{story(64)} {n} {story(65)}") for n in ("\u0663", "\u0665")],
    "number written out": [(story(66), f"{story(67)} {n} {story(68)}") for n in ("three", "five")],
    "negation": [(story(69), f"{story(70)} you {can} return it. {story(71)}") for can in ("can", "can not")],
    "negation once more": [(story(72), f"{story(73)} not here {n} there {story(74)}") for n in ("or", "and not")],
    "yes or no": [(story(75), f"{start}, {story(76)} {story(77)}") for start in ("Yes", "No")],
    "Chinese negation": [(story(78), f"{story(79)} \u53ef\u4ee5{story(80)}{no}") for no in ("", " \u4e0d")],
    "Russian negation": [(story(81), f"{story(82)} {no} {story(83)}") for no in ("", "\u043d\u0435")],
    "form": [(FORM[0].format(name), FORM[1].format(name)) for name in ("Apple", "Siemens", "Nestl\u00e9", "New York")],
    "indentation": [(story(84), f"{story(85)}\nfor x in y:\n    a()\n{width}b()") for width in ("", "    ")],
    "indentation asked": [(f"{story(86)}\nif x:\n    a()\n{width}b()", story(87)) for width in ("", "    ")],
}
"""Rows that are nearly the same, each of which says something that the others of its family do not."""
SAME_ANSWERS: dict[str, Rows] = {
    "number written out": [(story(90), f"{story(91)} {n} {story(92)}") for n in ("3", "three", "\u0663")],
    "number told besides": [(story(93), f"{story(94)}{more}") for more in ("", " Page 7.")],
    "width of indentation": [(story(95), f"{story(96)}\nif x:\n{gap}a()\nb()") for gap in ("  ", "    ", "\t")],
}


def run(folder: Path, rows: Sequence[tuple[str, str]], sensitivity: str = "normal") -> RunOutcome:
    raw = folder / "raw.jsonl"
    said = ([{"role": "user", "content": asked}, {"role": "assistant", "content": told}] for asked, told in rows)
    raw.write_text("".join(json.dumps({"messages": one}) + "\n" for one in said))
    params = {"workers": 1, "dedup": {"near": {"sensitivity": sensitivity}}}
    return prepare([raw], folder / "out", parse_params(params, "params"), no_progress)


@pytest.mark.slow
@pytest.mark.parametrize("family", TEMPLATED)
def test_a_templated_set_keeps_its_rows(tmp_path: Path, family: str) -> None:
    made = run(tmp_path, TEMPLATED[family])
    assert made.metrics["rows"]["dropped_by_code"] == {}
    assert [gate.name for gate in made.gates if not gate.passed] == []


@pytest.mark.parametrize("sensitivity", ["normal", "high"])
def test_of_true_copies_one_is_kept(tmp_path: Path, sensitivity: str) -> None:
    rows: Rows = []
    for number, (name, edit) in enumerate(EDITS.items()):
        asked, told = story(2 * number), story(2 * number + 1)
        rows += [(asked, told), (edit(asked), told if name in IN_PROMPTS else edit(told))]
    made = run(tmp_path, rows, sensitivity)
    dropped = made.metrics["rows"]["dropped_by_code"]
    assert sum(dropped.values()) == len(EDITS)
    assert set(dropped) <= {"DUP001", "DUP002"}


def test_rows_whose_answers_say_something_else_are_kept_and_stay_on_one_side(tmp_path: Path) -> None:
    rows = [row for family in OTHER_ANSWERS.values() for row in family]
    families = [name for name, family in OTHER_ANSWERS.items() for _ in family]
    made = run(tmp_path, rows)
    assert made.metrics["rows"]["dropped_by_code"] == {}
    sides = pl.read_parquet(tmp_path / "out" / "ledger.parquet").sort("line")["outcome"].to_list()
    for name, of_family in itertools.groupby(zip(families, sides, strict=True), lambda one: one[0]):
        assert len({side for _, side in of_family}) == 1, name
    assert [gate.name for gate in made.gates if not gate.passed and "overlap" in gate.name] == []


def test_of_rows_whose_answers_say_the_same_otherwise_one_is_kept(tmp_path: Path) -> None:
    made = run(tmp_path, [row for family in SAME_ANSWERS.values() for row in family])
    wanted = sum(len(family) - 1 for family in SAME_ANSWERS.values())
    assert sum(made.metrics["rows"]["dropped_by_code"].values()) == wanted


def test_a_high_sensitivity_finds_a_typo_in_a_short_question(tmp_path: Path) -> None:
    told = "Open the settings, choose your profile, press the blue button and wait for our mail with a new link."
    rows = [
        ("How can I set a new password for my account here?", told),
        ("How can I set a new pasword for my account here?", told),
    ]
    for sensitivity, dropped in (("normal", {}), ("high", {"DUP002": 1})):
        (tmp_path / sensitivity).mkdir()
        made = run(tmp_path / sensitivity, rows, sensitivity)
        assert made.metrics["rows"]["dropped_by_code"] == dropped
