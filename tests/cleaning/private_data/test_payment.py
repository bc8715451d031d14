"""Cards of every issuer, and numbers that no issuer gives out."""

import pytest

from tests.labelled_texts.sample import luhn_digit
from tuneset.cleaning.private_data.payment import cards

# Issuer, a prefix that it has, a length of its cards.
ISSUED = [
    ("Visa", "4", 13), ("Visa", "4", 16), ("Visa", "4", 19), ("Mastercard", "51", 16), ("Mastercard", "2221", 16),
    ("Mastercard", "2720", 16), ("American Express", "34", 15), ("American Express", "37", 15),
    ("Discover", "6011", 16), ("Discover", "644", 16), ("JCB", "3528", 16), ("JCB", "3589", 16),
    ("Diners Club", "305", 14), ("Diners Club", "36", 14), ("UnionPay", "62", 17), ("Maestro", "50", 18),
    ("RuPay", "60", 16), ("JCB", "2131", 15), ("JCB", "1800", 15), ("Maestro", "50", 12), ("Maestro", "67", 12),
]  # fmt: skip
NOT_ISSUED = [
    ("nobody", "31", 16), ("nobody", "2220", 16), ("nobody", "2721", 16), ("nobody", "3527", 16),
    ("American Express", "34", 16), ("JCB", "3528", 15), ("JCB", "2132", 15), ("JCB", "1801", 15), ("Visa", "40", 12),
]  # fmt: skip


def number(prefix: str, length: int) -> str:
    payload = (prefix + "0491827365" * 2)[: length - 1]
    return payload + luhn_digit(payload)


@pytest.mark.parametrize(("issuer", "prefix", "length"), NOT_ISSUED)
def test_a_number_out_of_all_ranges_is_no_card(issuer: str, prefix: str, length: int) -> None:
    assert list(cards(f"pay with card {number(prefix, length)}")) == []


@pytest.mark.parametrize(("issuer", "prefix", "length"), ISSUED)
def test_a_card_of_every_issuer_is_found(issuer: str, prefix: str, length: int) -> None:
    digits = number(prefix, length)
    assert [span.value for span in cards(f"pay with card {digits}")] == [digits]


@pytest.mark.parametrize(("prefix", "length"), [("2131", 15), ("1800", 15), ("50", 12), ("67", 12)])
@pytest.mark.parametrize("words", ["", "total ", "row ", "the card was lost on day ", "account "])
def test_the_shortest_and_oldest_forms_need_the_words_right_before(prefix: str, length: int, words: str) -> None:
    assert list(cards(f"{words}{number(prefix, length)}")) == []
    assert [span.kind for span in cards(f"card number: {number(prefix, length)}")] == ["card"]


@pytest.mark.parametrize("text", ["What is {} + 1?", "7 * {}", "2 + 2 = {}", "({}*3)", "{} - 12", "{} == 4"])
def test_a_number_that_is_reckoned_with_is_no_card(text: str) -> None:
    digits = number("4", 16)
    assert list(cards(text.format(digits))) == []
    assert [span.value for span in cards(f"my card: {text.format(digits)}")] == [digits]


@pytest.mark.parametrize("text", ["{}", "{} 12/27", "{} / 12 / 27", "number={}", "A-{}", "{} (mine)", "1. {}"])
def test_a_date_a_name_or_a_bracket_beside_it_does_not_reckon(text: str) -> None:
    digits = number("4", 16)
    assert [span.value for span in cards(text.format(digits))] == [digits]
