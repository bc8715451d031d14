"""Phone numbers: numbers of other things first, then words in many languages, extensions, the plan of North America."""

# ruff: noqa: E501, RUF001  tables of texts in many scripts
import polars as pl
import pytest

from tuneset.cleaning.private_data.find import find_private
from tuneset.cleaning.private_data.suspects import find_suspects

NUMBERS = [
    "call 4152002671 returned", "signal 30901820", "the call 4152002671 failed", "signal: 4152002671", "contact 4152002671 was merged", "caller=4152002671",
    "process 3124513029 got signal 15", "syscall 2024561111", "resolution 4152002671x100", "size 3124513029 x 20", "NIR 2 95 10 99 126 111 94", "phone 1x123",
    "signal 30901820 29: caught", "Signal 4152002671 15", "call 4152002671 12 returned", "ring 30901820 29 31", "the call returned 4152002671",
    "call failed with error code 4152002671", "mobile app: pid 4152002671", "phone service exited, status=4152002671", "signal to process 30901820 29",
    "call stack 4152002671", "call at line 4152002671", "the cell has size 4152002671", "dial: error 4152002671 (timeout)",
    "signal handler at 4152002671", "ring buffer for reads at 4152002671", "contact(4152002671)", "assert dial(7, 4152002671) == 4152002671", "phone model 4152002671",
    "clause 12.4.1 and call 7.18.358.3473", '<contact id="4152002671"/>', '{"caller_segment": 12, "value": 4152002671}', "offset 030 901820", "5 digits, 01001–99998", "codes 01001-99998", "26 81 51 31 55\n04 88 31 18 21",
]  # fmt: skip


def found(text: str) -> list[tuple[str, str, str]]:
    groups = int(find_suspects(pl.Series([text]))[0])
    return [(span.kind, text[span.start : span.end], span.value) for span in find_private(text, groups=groups)]


@pytest.mark.parametrize("text", NUMBERS)
def test_the_number_of_something_else_is_none(text: str) -> None:
    assert found(text) == []


@pytest.mark.parametrize(
    "text",
    ["Please call {} today", "Give me a call on {}", "Contact: {}", '"contact": "{}"', "Call 24/7: {}", "Error? Call {} now.", "my direct line (phone): {}", "error: the phone is {}", "call us any time {}", "type=phone value={}", "reach me after 5, {}", "call me at {}", "Call {}.", "my phone: {}", "Telefon: {}", "téléphone {}", "Teléfono: {}", "telemóvel {}", "Telefoonnummer: {}", "cellulare {}",
     "mobilnummer {}", "puhelin: {}", "sími {}", "komórka: {}", "hívja: {}", "mobitel {}", "sunați la {}", "телефон: {}", "звоните {}", "мобільний {}", "τηλ. {}", "κινητό: {}", "cep tel: {}",
     "điện thoại: {}", "hubungi {}", "simu: {}", "tawagan {}", "هاتف: {}", "טלפון: {}", "تلفن: {}", "फ़ोन: {}", "मोबाइल {}", "ফোন: {}", "தொலைபேசி: {}", "โทร {}", "电话：{}", "手机{}", "電話は{}です", "携帯{}", "전화: {}", "휴대폰 {}"],
)  # fmt: skip
def test_a_bare_number_counts_after_a_word_in_many_languages(text: str) -> None:
    assert found(text.replace("{}", "4152002671")) == [("phone", "4152002671", "+14152002671")]


@pytest.mark.parametrize("extension", ["x123", " x123", " ext. 123", ", ext 123", " extension 123", " x 123"])
def test_an_extension_belongs_to_its_number(extension: str) -> None:
    for number in ("(415) 200-2671", "415-200-2671", "+1 415 200 2671"):
        assert found(f"reach us: {number}{extension}.") == [("phone", f"{number}{extension}", "+14152002671;ext=123")]


@pytest.mark.parametrize("text", ["send_sms('{}')", 'dial("{}", 3)', "Phone('{}')"])
def test_a_number_as_people_group_it_is_one_in_code_too(text: str) -> None:
    assert [value for *_, value in found(text.replace("{}", "415-200-2671"))] == ["+14152002671"]


def test_a_canadian_number_is_the_same_with_its_country_code_and_without() -> None:
    values = {value for text in ("(416) 920-2671", "+1 416 920 2671", "phone 4169202671") for *_, value in found(text)}
    assert values == {"+14169202671"}
