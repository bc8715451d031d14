"""Passwords after their names: what is code stands first; then names in many languages, and ways to write a value."""

# ruff: noqa: E501, RUF001  tables of texts in many scripts
import base64

import polars as pl
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from tuneset.cleaning.private_data.find import find_private
from tuneset.cleaning.private_data.strength import is_left_out
from tuneset.cleaning.private_data.suspects import find_suspects

CODE = [
    "password=get_password(user1, 3)", 'TOKEN = "[a-zA-Z_][a-zA-Z0-9_-]*"', "password: [a-z0-9]{8,12}", "password: ^[a-z0-9]{8}$", "password = Base64.encode(x1)", "pass = sha256(b'x1')", "password: List[str1]",
    "password=$1;shift", "password={pw}1", "password: {type: String, min: 8}", "password: [required, min8]", "password = users[0].pw", "password=(?=.*[0-9]).{8,}",
    'set("password", "string")', 'get("password", "default1")', "<password></password>", "<password>your-password1</password>", "PASSWORD ?= changeme1",
    "Authorization: Basic <base64 of user:password>", "Authorization: Basic dXNlcjpwYXNzd29yZA==", "Authorization: Bearer token", "Authorization: Basic xxxxxxxx",
    "curl -u user:${PW} https://acme.org", "curl -u https://acme.org:8080/x1", "пароль обязателен", "пароль: не менее 8 символов", "contraseña es obligatoria", "パスワードは8文字以上です",
    "密码是必填的", "비밀번호는 8자 이상", "the password is <8 characters>", "hasło: wymagane", "Carola: Tr0ub4dor&3", "kapitän Blesla: Tr0ub4dor&3", "Cookie: theme=q7Zx0LmP2vB9sKd4TjW8", "the cookie session=expired", "Set-Cookie: sid=deleted; Max-Age=0", "if password == '': raise",
]  # fmt: skip


COMMANDS_WITHOUT = [
    "docker run -p 8080:80 nginx1", "docker login -u ann --password-stdin", "mysql -u ann -p shop1", "mysql -P 3306 -h db1", "mysql -u ann -p$DB_PW1", "mysql -uann -p${PW1} shop", "mysqldump --port=3306 shop1",
    'sshpass -p "$SSH_PW1" ssh ann@db1', "sshpass -f file1.txt ssh ann@db1", "sshpass -e ssh ann@db1", "redis-cli -a $REDIS_PW1 ping", "redis-cli -h db1.acme.org", "IDENTIFIED BY 'password'", "objects identified by 'user_id1'",
    "the login form1 has a password field1", "login ann password required", '"auth": "bearer"', '"auth": "dXNlcjpwYXNzd29yZA=="', '"auth": "q7Zx0LmP2vB9sKd4TjW8"',
    "pw = 150us and pw=12.5kW", "pw.length1", "upw: Tr0ub4", "nextpagetoken=q7Zx0LmP2vB9sKd4TjW8", "AUTHTOKEN=get_token(user1)", "clientsecret: required",
    "docker run --name mysql -p127.0.0.1:3306:3306 mysql:8", "docker run --name mariadb -p33060:33061/tcp mariadb", "find / -name mysql -print0", "nmap mysql -p1-65535", "mysql -u ann -p%PASS1%",
    "genes identified by 'RNA-seq2'", 'each book is identified by "978-3-16-148410-0"', "users identified by 'GWAS+eQTL'", "refer to records identified by 'ABC-123'", "the login page1 password reset2", "a default login page1 needs password rules2",
    "plot(x, pw=a+b**2)", "pw=x1+y2*3", "pw=-0.5*x**2", "PW=A*exp(-t/2)", "PW=+12.5dB", "PW: ~120kW", "pw:=makePW1()",
]  # fmt: skip


@pytest.mark.parametrize("text", [*CODE, *COMMANDS_WITHOUT])
def test_code_and_rules_for_passwords_hold_none(text: str) -> None:
    assert find_private(text) == []


SAID = [
    "The password is {}.", "Das Passwort lautet {}.", "Kennwort: {}", "Le mot de passe est {}.", "Mot de passe : {}", "La contraseña es {}.", "Contraseña: {}", "Contrasenya: {}",
    "A senha é {}.", "palavra-passe: {}", "La password è {}.", "parola d'accesso, Parola: {}", "Wachtwoord: {}", "Het wachtwoord is {}.", "Lösenordet är {}.", "lösenord: {}", "Adgangskode: {}",
    "Passordet er {}", "passord: {}", "Salasana on {}.", "Lykilorð: {}", "Hasło to {}", "hasło: {}", "Heslo je {}", "heslo: {}", "Jelszó: {}", "a jelszava: {}", "Parola este {}.", "parole: {}", "Parool on {}",
    "Lozinka je {}", "Geslo je {}", "Пароль: {}", "Ваш пароль {}".replace(" {}", ": {}"), "парола: {}", "Κωδικός πρόσβασης: {}", "Ο κωδικός είναι {}.", "Şifre: {}", "şifreniz: {}", "Slaptažodis: {}",
    "Mật khẩu là {}", "mật khẩu: {}", "Kata sandi adalah {}", "Kata laluan: {}", "كلمة المرور: {}", "كلمة السر هي {}", "رمز عبور: {}", "סיסמה: {}", "पासवर्ड: {}", "पासवर्ड है {}".replace("है {}", ": {}"),
    "পাসওয়ার্ড: {}", "கடவுச்சொல்: {}", "รหัสผ่าน: {}", "รหัสผ่านคือ {}".replace("คือ {}", " คือ {}"), "密码：{}", "密码是{}。", "密碼為{}", "口令：{}", "パスワードは{}です", "비밀번호는 {}입니다", "암호: {}",
]  # fmt: skip
WRITTEN = [
    "PASSWORD ?= {}", '#define PASSWORD "{}"', 'let password: &str = "{}";', "set DB_PASSWORD {}\n", "- name: DB_PASSWORD\n  value: {}", "PASSWORD ::= {}", "password := {}", "password => '{}',", "<password>{}</password>", '<entry key="password">{}</entry>', '<add key="Password" value="{}"/>',
    'props.setProperty("db.password", "{}");', "config.set('password', '{}')", "curl -u ann:{} https://acme.org", "curl --user 'ann:{}' https://acme.org", "(password: {})", "{{password: {}}}".replace("{{", "{").replace("}}", "}"),
    "password={};user=ann", "password={},user=ann", "[--password={}]", '"it is \\"password\\": \\"{}\\""',
]  # fmt: skip


COMMANDS = [
    "sshpass -p {} ssh ann@db1", "sshpass -p'{}' scp a b", "mysql -u ann -p{} shop", "mysqldump -h db1 -uann -p'{}' shop > a.sql", "docker login -u ann -p {} registry.acme.org", "podman login -p={} -u ann acme.org",
    "redis-cli -h db1 -a {} ping", "CREATE USER ann IDENTIFIED BY '{}';", "alter user ann identified with sha2 by '{}'", "Create User If Not Exists ann@'%' identified by '{}'", "create user ann\n  identified by '{}'", "grant all on *.* to ann identified by '{}'", "ALTER USER ann IDENTIFIED WITH 'caching_sha2_password' BY '{}'", "machine acme.org login ann password {}", "default login ann password {}", "machine acme.org\n  login ann\n  password {}\n",
    "pw: {}", "PW={}", "DB_PW='{}'",
]  # fmt: skip
JOINED = [
    "NGROK_AUTHTOKEN={}",
    "authtoken: {}",
    "accesstoken={}",
    "ACCESSTOKEN='{}'",
    "clientsecret: {}",
    "BOTTOKEN={}",
    "apitoken = '{}'",
]


def found(text: str) -> list[tuple[str, str]]:
    groups = int(find_suspects(pl.Series([text]))[0])
    return [(span.kind, text[span.start : span.end]) for span in find_private(text, groups=groups)]


@pytest.mark.parametrize("form", [*SAID, *WRITTEN, *COMMANDS])
def test_a_password_is_found_in_every_language_and_writing(form: str) -> None:
    assert found(form.replace("{}", "Tr0ub4dor&3")) == [("password", "Tr0ub4dor&3")]


@pytest.mark.parametrize("form", JOINED)
def test_a_token_is_found_behind_a_name_of_one_case(form: str) -> None:
    assert found(form.replace("{}", "q7Zx0LmP2vB9sKd4TjW8")) == [("password", "q7Zx0LmP2vB9sKd4TjW8")]


@pytest.mark.parametrize("text", ['{"auths": {"acme.org": {"auth": "{}"}}}', '\\"auth\\": \\"{}\\"', '"auth" : "{}"'])
def test_a_login_in_a_file_of_logins_is_found(text: str) -> None:
    login = base64.b64encode(b"ann:Tr0ub4dor&3").decode()
    assert found(text.replace("{}", login)) == [("password", login)]


@pytest.mark.parametrize(
    "value", ["a(b1]x{9,q", "k9|Q<x>7;z", "gK9x2m(Qz", "Zq7,(b)R4", "x7]Q}w9(", "it's#9xA", "m4<Vb>,2'c"]
)
def test_a_password_with_brackets_and_quotes_goes_whole(value: str) -> None:
    for text in (f'password: "{value}", next', f'"password": "{value}"'):
        assert found(text) == [("password", value)]
    if "'" not in value:
        assert found(f"password={value} next") == [("password", value)]


@pytest.mark.parametrize(
    "text",
    [
        "Cookie: session_id={}; theme=dark",
        "Set-Cookie: sid={}; Path=/; HttpOnly",
        "curl -b x -H 'Cookie: a=1; auth_token={}'",
        '"Cookie": "PHPSESSID={}"',
    ],
)
def test_the_cookie_of_a_session_is_found(text: str) -> None:
    assert found(text.replace("{}", "q7Zx0LmP2vB9sKd4TjW8")) == [("password", "q7Zx0LmP2vB9sKd4TjW8")]
    assert found(text.replace("{}", "YOUR_SESSION_ID")) == []


@pytest.mark.slow
@given(st.text(st.characters(codec="ascii", exclude_categories=["C"]), min_size=6, max_size=20))
def test_every_login_of_basic_authentication_is_found_with_its_padding_or_without(password: str) -> None:
    assume(not is_left_out(f"q7Z{password}0mP"))
    written = base64.b64encode(f"ann.lee:q7Z{password}0mP".encode()).decode()
    for header in ("Authorization: Basic ", "authorization: basic  ", '"Authorization": "Basic '):
        spans = found(f"{header}{written}")
        assert [value.rstrip("=") for _, value in spans] == [written.rstrip("=")]


@pytest.mark.parametrize("text", ["password: {}", "PASSWORD={}", "(password: {})", "密码：{}"])
def test_a_quote_inside_of_a_value_does_not_end_it(text: str) -> None:
    written = text.replace("{}", "p\"q9'r8t")
    assert [written[span.start : span.end] for span in find_private(written)] == ["p\"q9'r8t"]
