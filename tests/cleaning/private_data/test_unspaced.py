"""Scripts that write without spaces: a value right beside their characters is found as if it stood alone."""

# ruff: noqa: E501, RUF001  Chinese, Japanese and Korean punctuation
import polars as pl
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.labelled_texts.key_forms import SHAPE_OF, shortest_key
from tuneset.cleaning.private_data.find import find_private
from tuneset.cleaning.private_data.suspects import find_suspects

NONE = [
    "请看第4.3.2.1节",
    "订单4012888888881882号",
    "版本1.2.3.4的说明",
    "公元2024年03月18日",
    "共12345678件",
    "包@4.17.21版",
    "値は12.34です",
    "가격은 30000원",
]

VALUES = [
    ("card", "4012 8888 8888 1881"), ("card", "4012888888881881"), ("phone", "+86 138 1234 5678"), ("phone", "(415) 200-2671"),
    ("national_id", "11010519491231002X"), ("national_id", "536-90-4399"), ("ip", "81.2.69.142"), ("ip", "2001:4860:4860::8888"),
    ("iban", "DE89370400440532013000"), ("email", "zhang@qq.com"), ("email", "zhang01@163.com"), ("email", "13912345678@189.cn"),
    *(("api_key", shortest_key(literal)) for literal in SHAPE_OF),
]  # fmt: skip
CHARACTERS = st.text(st.sampled_from("的是我在卡号の、はカード。入力한국어를번호，：（）「」"), min_size=1, max_size=3)


@pytest.mark.parametrize("text", NONE)
def test_numbers_beside_such_characters_are_not_private(text: str) -> None:
    assert find_private(text) == []


@given(CHARACTERS, st.sampled_from(VALUES), CHARACTERS)
@example("卡号", ("card", "4012888888881881"), "吗")
def test_a_value_between_such_characters_is_found_whole(left: str, value: tuple[str, str], right: str) -> None:
    text = left + value[1] + right
    groups = int(find_suspects(pl.Series([text]))[0])
    assert [(span.kind, text[span.start : span.end]) for span in find_private(text, groups=groups)] == [value]


@pytest.mark.parametrize(
    "name", ["password=", "密码：", "密码是", "密碼是", "パスワードは", "비밀번호는", "パスワード："]
)
@given(CHARACTERS, st.sampled_from(["，", "。", "吗", "です", "を", "입니다", "」"]))
def test_a_password_before_such_characters_ends_there(name: str, left: str, right: str) -> None:
    text = f"{left}{name}Tr0ub4dor&3{right}"
    groups = int(find_suspects(pl.Series([text]))[0])
    assert [(span.kind, text[span.start : span.end]) for span in find_private(text, groups=groups)] == [
        ("password", "Tr0ub4dor&3")
    ]


@pytest.mark.parametrize(
    "address",
    ["иван@пример.рф", "info@президент.рф", "zhang@例子.中国", "ann@bücher.de", "kim@예시.한국"],
)
def test_an_address_of_an_international_domain_is_found(address: str) -> None:
    for text in (f"Mail: {address}.", f"{address}"):
        groups = int(find_suspects(pl.Series([text]))[0])
        assert [text[span.start : span.end] for span in find_private(text, groups=groups)] == [address]


@pytest.mark.parametrize("text", ["pkg@12.dev", "иван@работа", "lib@4.17.21", "numpy@1.com"])
def test_an_at_sign_without_such_a_domain_is_no_address(text: str) -> None:
    assert find_private(text) == []
