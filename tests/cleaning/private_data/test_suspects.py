"""The fast search misses nothing that a detector would find."""

# ruff: noqa: E501  a table of pieces
import itertools

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.cleaning.private_data.test_find import PRIVATE
from tests.labelled_texts.measured import labelled_set
from tuneset.cleaning.private_data.conversation_redaction import redact_conversation
from tuneset.cleaning.private_data.find import find_private
from tuneset.cleaning.private_data.kinds import Rules, Signs, placeholder
from tuneset.cleaning.private_data.passwords import passwords
from tuneset.cleaning.private_data.suspects import find_suspects

CLEAN = ["", "Nothing here.", "for key in keys: print(key)", "12 + 30 = 42", "def f(x): return x @ y", "token by token", "key=lambda x: x[1], token_type=1", "1.5, 2.5, 3.5, 4.5",
    "0.1234567 rounds to 0.12", "a1b2c3d4e5f6", "sha1 3f786850e387550fdab836ed7e6dc881de23001b", "next_token=next_token, limit=10",
    "token = get(x)", "pass  # later"]  # fmt: skip
PIECES = [
    "ann@acme.org", "%40acme.org", "+1 415 200 2671", "030/901820", "4012888888881881", "DE89370400440532013000", "81.2.69.142",
    "2a02:26f0::1", "AB 12 34 56 C", "RCCMNL83S18D969H", "131052-308T", "password", "api_key", "token", "secret", "=", ": ", '"', "'", "\\", " is ", "--",
    "hunter2x", "q7Zx0LmP2vB9sKd4TjW8", "sk-", "ghp_", "AKIA", "https://", "postgres://", "ann:", "@", "/", "?sig=", "&key=", "Password=", ";", "Server=x", "jdbc:mysql:",
    "\n", "\t", " ", "call", "SSN ", "phone ", ".", "é", "中", "-", "(", ")", ", ", "1,", "2:", "\\n", "\u00a0", "x", "_", "Basic ", "Authorization",
    "131052A308T", "12345678Z", "X1234567L", "nif ", "4152002671", "0.84147098", "SharedAccessSignature=", "&sig=", "sunshine", "{a(b1cdef}",
    "(at)", "[ AT ]", "[dot]", "acme", "org", "\u200b", "\u00ad",
]  # fmt: skip
# Forms that a test for the usual spelling alone would pass over.
UNUSUAL = [
    ("email", "ann (at) acme [dot] org"),
    ("email", "an\u200bn\u00ad@\u2060acme\u200b.org"),
    ("connection_string", "Server=db1;Database=shop;User Id=sa;Password=sunshine;"),
    ("connection_string", "host=x SharedAccessSignature=abcdef"),
    ("connection_string", "amqp://ann:q7Zx/LmP@db.acme.com/"),
    ("password", 'password="a(b1cdef"'),
    ("password", '"Authorization": "Basic YW5uOnE3WngwTG1QMnZC"'),
    ("password", "--password hunter2x"),
    ("password", "Parola D'Ordine: hunter2x"),
    ("national_id", "id 131052A308T"),
    ("national_id", "nif x2482300w"),
    ("national_id", "SSN: 536904399"),
    ("phone", "a:030 901820"),
    ("phone", '{"phone":4152002671}'),
    ("card", r'{"note": "paid\n4012 8888 8888 1881"}'),
    ("iban", r'{"note": "to\nDE89370400440532013000"}'),
]


# How names of secrets, what stands between, and values are written together; not each of them is a find.
NAMES = [
    "password", "pass phrase", "dbPwd", "client_secret", "TOKEN_VALUE", "api_key", "Authorization", "contraseña", "mot de passe",
    "parola d'ordine", "пароль", "κωδικός πρόσβασης", "mật khẩu", "كلمة المرور", "पासवर्ड", "密码", "パスワード", "비밀번호",
]  # fmt: skip
BETWEEN = [
    " = ", "=", ": ", "\uff1a", " is ", " is now ", " for the db is ", " — ", " | ", " ", "\t", '": "', "'] = '", '", "', " => ", " := ",
    " == ", '">', "\n  value: ", ': &str = "', "是", "は", " set to ", ": Bearer ", '": "Basic ', " = r'", '("', " hi ",
]  # fmt: skip
VALUES = [
    "hunter2x", "Tr0ub4dor&3", "q7Zx0LmP2vB9sKd4TjW8", "dXNlcjpwYXNzdzByZCE=", "a1b2c", "abc!", "=====1", "p@ss w0rd", 'a\\"b1c',
    "'quoted1'", '"qu0ted!"', "get(x1)", "~tilde", "1234567",
]  # fmt: skip


def groups_of(text: str) -> int:
    return int(find_suspects(pl.Series([text]))[0])


@pytest.mark.parametrize("text", CLEAN)
def test_a_clean_text_is_no_suspect(text: str) -> None:
    assert groups_of(text) == 0


@pytest.mark.parametrize(("kind", "text"), UNUSUAL)
def test_an_unusual_form_is_a_suspect_too(kind: str, text: str) -> None:
    (written,) = redact_conversation([text], Rules(), [groups_of(text)]).texts
    assert placeholder(kind, 1) in written


def test_null_is_no_suspect() -> None:
    assert find_suspects(pl.Series([None, None], dtype=pl.String)).to_list() == [0, 0]


@pytest.mark.parametrize(("kind", "marked"), PRIVATE)
def test_every_kind_of_find_is_a_suspect_of_the_right_group(kind: str, marked: str) -> None:
    text = marked.replace("[", "", 1)
    text = text[: text.rindex("]")] + text[text.rindex("]") + 1 :]
    assert find_private(text, groups=groups_of(text)) == find_private(text)
    assert [span.kind for span in find_private(text)] == [kind]


@given(st.lists(st.sampled_from(PIECES), max_size=8).map("".join))
def test_the_groups_of_a_suspect_find_all_that_is_there(text: str) -> None:
    assert find_private(text, groups=groups_of(text)) == find_private(text)


def test_a_value_beside_a_name_is_a_suspect_however_they_are_written_together() -> None:
    parts = itertools.product(("", "--", "export DB_"), NAMES, BETWEEN, VALUES, ("", "'", ","))
    texts = list(map("".join, itertools.islice(parts, 0, None, 7)))  # 7 divides no number of parts but the last's
    named = pl.Series(texts).to_frame("text").with_columns(find_suspects(pl.Series(texts)).alias("groups"))
    found = [text for text in named.filter(pl.col("groups") & Signs.NAMED == 0)["text"] if any(passwords(text))]
    assert found == []


def test_the_groups_find_all_that_is_there_in_the_labelled_set() -> None:
    texts = [sample.text for sample in labelled_set(100)]
    groups = find_suspects(pl.Series(texts))
    pairs = zip(texts, groups, strict=True)
    missed = [text for text, own in pairs if find_private(text, groups=own) != find_private(text)]
    assert missed == []
