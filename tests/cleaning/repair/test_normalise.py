"""Each step repairs its own damage and nothing else; a second run changes nothing."""
# ruff: noqa: RUF001  characters that look like others are the subject

import unicodedata
from collections.abc import Sequence

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.cleaning.repair.damage import DAMAGE
from tuneset.cleaning.repair.normalise import normalise
from tuneset.cleaning.steps import TEXT_STEPS, TextStep

ALL = TEXT_STEPS
STEPS = [step.name for step in TEXT_STEPS]
Steps = Sequence[TextStep]
TROUBLE = st.text(
    st.sampled_from(
        list("aA \t\n\r\x00\x0b\x80\x85\x9d\u200b\u200d\ufeff\xa0\u2028“”’«eÃÂâ€™¼œï»¿\u0303\u0301é日क\u093c")
    )
    | st.characters(codec="utf-8"),
    max_size=12,
)


def only(name: str) -> Steps:
    return [step for step in ALL if step.name == name]


def without(name: str) -> Steps:
    return [step for step in ALL if step.name != name]


def column(*texts: str | None) -> pl.Series:
    return pl.Series("content", texts, dtype=pl.String)


def one(text: str, steps: Steps = ALL) -> str:
    fixed: str = normalise(column(text), steps)[0].item()
    return fixed


CASES = [(step, damaged, repaired) for step in STEPS for damaged, repaired in DAMAGE[step]]


@pytest.mark.parametrize(
    "text",
    [
        "“curly” ‘quotes’ and – dashes — stay…",
        "def f(x):\n    if x:\n\treturn  1\n\n    return 0",
        "    indented = 'first line of code'\n    second = 2",
        "a  b   c\td",
        "a\n\n\n\nb",
        "👩\u200d👩\u200d👧 and می\u200cخواهم",
        "ﬁne ½ x² Ⅳ ＡＢＣ",
        "<p>&amp; &lt;b&gt;</p>",
        "UPPER lower",
        "café crème à la carte: 5 €",
        "日本語のテキスト。\u3000全角",
        "tab\there",
        "",
    ],
)
def test_what_is_no_damage_stays(text: str) -> None:
    fixed, changed = normalise(column(text), ALL)
    assert fixed.item() == text
    assert changed == dict.fromkeys(STEPS, 0)


@pytest.mark.parametrize(("step", "damaged", "repaired"), CASES)
def test_each_step_repairs_its_damage_alone_and_counts_it(step: str, damaged: str, repaired: str) -> None:
    fixed, changed = normalise(column(damaged), only(step))
    assert fixed.item() == repaired
    assert changed == {step: 1}


@pytest.mark.parametrize(("step", "damaged", "repaired"), CASES)
def test_a_step_that_is_off_leaves_its_damage(step: str, damaged: str, repaired: str) -> None:
    framed, expected = f"x{damaged}x", f"x{repaired}x"
    if step == "whitespace":
        framed, expected = damaged, repaired
    assert one(framed, without(step)) != expected
    assert step not in normalise(column(framed), without(step))[1]


def test_without_any_step_nothing_changes() -> None:
    texts = column(*(damaged for _, damaged, _ in CASES), None)
    fixed, changed = normalise(texts, [])
    assert fixed.equals(texts)
    assert changed == {}


def test_the_first_line_of_code_keeps_its_indentation_below_blank_lines() -> None:
    assert one("\n \n    a = 1\n    b = 2\n\n") == "    a = 1\n    b = 2"
    assert one("\n    return x\n") == "    return x"


def test_one_repair_that_uncovers_another_is_followed_to_the_end() -> None:
    assert one("sch\u00c3\u200b\u00b6n") == "schön"
    assert one("schA\u0303¶n") == "schön"


def test_texts_are_counted_and_not_repairs() -> None:
    fixed, changed = normalise(column("\x00a\x00", "b\r\n\r\n", "c", None, "\x00\r"), ALL)
    assert fixed.to_list() == ["a", "b", "c", None, ""]
    assert changed == dict.fromkeys(STEPS, 0) | {"line_endings": 2, "control_characters": 2, "whitespace": 2}


def test_a_text_that_is_repaired_twice_by_one_step_counts_once() -> None:
    _, changed = normalise(column("Ã¼ Ã\u200b¼", "fine"), ALL)
    assert changed["mojibake"] == 1


def test_nulls_and_the_columns_name_stay() -> None:
    fixed, _ = normalise(column(None, "ä\u200b", None), ALL)
    assert fixed.name == "content"
    assert fixed.to_list() == [None, "ä", None]
    empty, changed = normalise(column(), ALL)
    assert (empty.len(), changed) == (0, dict.fromkeys(STEPS, 0))


@given(st.lists(TROUBLE | st.none(), max_size=5))
def test_a_second_run_changes_nothing(texts: list[str | None]) -> None:
    once, _ = normalise(column(*texts), ALL)
    twice, changed = normalise(once, ALL)
    assert twice.to_list() == once.to_list()
    assert changed == dict.fromkeys(STEPS, 0)


@given(st.lists(TROUBLE, max_size=5))
def test_a_text_is_repaired_the_same_whatever_stands_beside_it(texts: list[str]) -> None:
    assert normalise(column(*texts), ALL)[0].to_list() == [one(text) for text in texts]


NO_MOJIBAKE = [step for step in ALL if step.name != "mojibake"]
CONTROLS = st.text(
    st.sampled_from(list('ab ."[\n\t\r\x00\x01\x07\x0b\x0c\x1e\x7f\x85\u200b\ufeff\u2028e\u0301\u212b')), max_size=12
)


def seen(text: str) -> str:
    """What a reader sees: each character in its parts, without white space and controls."""
    shown = (c for c in unicodedata.normalize("NFD", text) if not c.isspace() and c not in "\u200b\ufeff")
    return "".join(c for c in shown if unicodedata.category(c) != "Cc")


@given(CONTROLS | TROUBLE)
def test_nothing_that_is_seen_is_lost(text: str) -> None:
    assert seen(one(text, NO_MOJIBAKE)) == seen(text)


@given(
    st.lists(st.sampled_from(["Ann", "wrote,", "x1", "Ну", "日本"]), min_size=2, max_size=5),
    st.sampled_from("\x0b\x0c\x1e\x01"),
)
def test_no_two_words_become_one(words: list[str], between: str) -> None:
    assert one(between.join(words)).replace(between, " ").split() == words


@given(
    st.sampled_from(["Ã¼", "â€™", "\x00", "\x07", "\x0c", "\x85", "e\u0301", "\u200b", "\ufeff"]),
    st.sampled_from(["''", '""', "``", "()"]),
)
def test_what_stands_alone_in_quotes_is_an_example(damage: str, quotes: str) -> None:
    text = f"it shows {quotes[0]}{damage}{quotes[1]} there"
    assert one(text) == text


@given(st.text(st.characters(min_codepoint=32, max_codepoint=126) | st.just("\n"), max_size=30))
def test_plain_text_loses_white_space_alone(text: str) -> None:
    assert one(text).split() == text.split()
