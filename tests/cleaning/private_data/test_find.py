"""What is private data and what is not: the texts that must not match stand first."""

# ruff: noqa: E501  tables of texts, one kind a line
import pytest
from phonenumbers import SUPPORTED_REGIONS

from tuneset.cleaning.private_data.email import _COUNTRY_CODES
from tuneset.cleaning.private_data.find import find_private

NOT_PRIVATE = [
    # code and addresses that are no e-mail
    "@app.route('/x')", "lodash@4.17.21", "git@github.com:acme/x.git", "icon@2x.png", "y = a@weights.T", "getty@tty1.service",
    "user@example.com", "your.name@example.org", "root@localhost", "ssh://git@host.com:22/x", "https://medium.com/@ann.lee",
    "x = A@B.conj()", "Message-ID: <20240318.ab12@mail.acme.com>", "@angular/core@15.2.0",
    # numbers that are no phone, card or account
    "from 01.02.2023 to 28.12.2024", "2024-03-18 09:41:07", "ISBN 978-3-16-148410-0", "version 10.0.19045.3803", "1700000000",
    "order 4012888888881881", "tracking no. 4012888888881881", "0.4012888888881881", "card 4012 8888 8888 1882", "IMEI 352099001761481",
    "550e8400-e29b-41d4-a716-446655440000", "IBAN DE88 3704 0044 0532 0130 00", "chapter 01 02 03 04 05 06", "rows 100000 to 200000",
    "lat 40.7128, long -74.0060", "Decimal('+35236450.6')", "999-999-9999", "(2019) 1234567", "12345678901234567890",
    # national numbers without their check digit, their form or their word
    "SSN 000-12-3456", "codice fiscale rcc mnl 83s18 d969k", "curp boxw310820hnerxn08", "SIN 046-454-286", "DNI 54.362.315-A", "boxw310820hnerxn09", "SSN 078-05-1120", "part 536904399", "DNI 12345678A", "NINO BG 12 34 56 C", "CPF 111.111.111-12",
    # addresses of nobody, and versions
    "10.0.0.1", "127.0.0.1:8080", "192.168.1.7", "203.0.113.9", "2001:db8::1", "fe80::1", "::1", "1.2.3.4.5", "256.1.2.3",
    "version 81.2.69.142", "numpy==1.21.4.2", "Chrome/120.0.6099.109", "see section 4.3.2.1", "12:34:56", "Edg/119.0.111.5",
    # logins that manuals write
    "https://user:password@acme.com", "https://${USER}:${PASS}@acme.com", "postgres://<user>:<password>@host/db", "mongodb://localhost:27017",
    "Server=x;Database=y;Integrated Security=true;", "Server=x;Password=<password>;", "https://acme.com/?token=YOUR_TOKEN",
    "postgres://user:password@db.acme.com/x", "Server=db1;Database=shop;Password=secret;", "connect(host=h, user=u, password=None)", "Server=h;Password=null;", "jdbc:mysql://h/shop?user=a&password=password",
    "jdbc:oracle:thin:user/password@db1:1521:xe", "redis://:your-password@h:6379/0",
    # quads that may be versions as well, with no word beside them
    "see 8.12.31.44 below", "8.12.99.10", "4.200.1.2",
    # keys that are none
    "sk-...", "sk-your-api-key-here", "AKIAIOSFODNN7EXAMPLE", "ghp_" + "x" * 36, "class='sk-folding-cube-loader-wrapper'", "pk_live_4eC39HqLyjWDarjtT1zdp7dc",
    "3f786850e387550fdab836ed7e6dc881de23001b", "hf_hub_download(repo_id)", "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0", "header.payload.signature",
    "text.startswith('-----BEGIN RSA PRIVATE KEY-----')", "-----BEGIN PUBLIC KEY-----\n" + "MIGf0aZ9" * 12 + "\n-----END PUBLIC KEY-----",
    "-----BEGIN PRIVATE KEY-----\n...\n-----END PRIVATE KEY-----",
    # names of secrets without a secret
    "password = get_password()", "api_key = os.environ['API_KEY']", "token: str", '"password": "string"', "max_tokens=4096",
    "password = self.password", "password: ********", "password=${DB_PASSWORD}", "the password is required", "password: 'changeme'",
    "key=lambda x: x[1]", "secret = config['secret']", 'password = "abc(defgh"', "password_hash = '3f786850e387550fdab836ed7e6dc881'",
    # what redaction itself writes
    "<EMAIL_1> and <CARD_12>, password: <PASSWORD_1>", "https://<URL_CREDENTIALS_1>@acme.com", "SSN <NATIONAL_ID_2>",
    "",
]  # fmt: skip


@pytest.mark.parametrize("text", NOT_PRIVATE)
def test_what_is_not_private_is_left_alone(text: str) -> None:
    assert find_private(text) == []


PRIVATE = [
    ("email", "Ann <[ann.lee+news@mail.acme.co.uk]>."), ("email", "请联系[zhang@qq.com]谢谢"), ("email", r"a\n[nina@acme.org]"), ("email", "jane.doe is [jane.doe@example.com]"),
    ("email", "see [bo@acme.org].Then"), ("email", "/reset?user=[ann%40acme.org]"), ("email", "to=[ann@acme.org], relay"), ("email", "[o'brien@acme.ie]"), ("email", "mail [x1@acme.photography]"),
    ("phone", "call [(415) 200-2671]"), ("phone", "[+44 20 7946 0958]"), ("phone", "Büro: [030/901820]"), ("phone", "[06 12 34 56 78]"), ("phone", "WhatsApp [9876543210]"),
    ("phone", "[+49 (0) 30 901820]"), ("phone", "1. [(312) 451-3029] x"), ("phone", "[+33.142685300]"), ("phone", "tel [612 345 678]"), ("phone", "[(11) 98765-4321]"),
    ("card", "[4012 8888 8888 1881] 12/26 123"), ("card", "[378282246310005]"), ("card", "[5105-1051-0510-5100]"), ("card", "[30569309025904]"), ("card", "[4111111111111111]"),
    ("iban", "[DE89 3704 0044 0532 0130 00]"), ("iban", "[gb82west12345698765432], thanks"), ("iban", "[NL91-ABNA-0417-1643-00]"),
    ("national_id", "her [536-90-4399]"), ("national_id", "ssn [536904399]"), ("national_id", "NINO [AB 12 34 56 C]"), ("national_id", "Steuer-ID [36 574 261 809]"),
    ("national_id", "NIR [2 95 10 99 126 111 93]"), ("national_id", "DNI: [54362315K]"), ("national_id", "[X2482300W]"), ("national_id", "[RCCMNL83S18D969H]"), ("national_id", "BSN [111222333]"),
    ("national_id", "[390.533.447-05]"), ("national_id", "aadhaar [2341 2341 2346]"), ("national_id", "[756.9217.0769.85]"), ("national_id", "[131052-308T]"),
    ("national_id", "codice fiscale [rcc mnl 83s18 d969h]"), ("national_id", "PAN [abcpe1234f]"), ("national_id", "my PAN is [ABCPE 1234 F]"), ("national_id", "DNI [54 362 315 K]"), ("national_id", "DNI: [54.362.315-k]"), ("national_id", "cpf [390 533 447 05]"),
    ("national_id", "curp: [boxw310820hnerxn09]"), ("national_id", "hetu [131052-308t]"), ("national_id", "personnummer [850709 9805]"), ("national_id", "PESEL [440514 01458]"), ("national_id", "身份证 [110105 19491231 002x]"), ("national_id", "SSN [536 90 4399]"), ("national_id", "Steuer-ID [36 574261809]"), ("national_id", "nino [ab 12 34 56 c]"),
    ("ip", "from [81.2.69.142]:443"), ("ip", "ping [8.8.8.8]"), ("ip", "[2001:4860:4860::8888]"), ("ip", "see [8.12.31.100] below"), ("ip", "the server [8.12.31.44]"), ("ip", '"client_ip": "[185.38.53.36]"'),
    ("url_credentials", "https://[ann:q7Zx0LmP]@acme.com/x"), ("url_credentials", "https://acme.com/?page=1&access_token=[Zk81Qw02Lm5nT7aa]"), ("url_credentials", "ftp://[admin:s3cr3t]@acme.com"),
    ("connection_string", "postgres://[admin:s3cr3t]@db.acme.com:5432/x"), ("connection_string", "redis://[:q7Zx0LmP]@h:6379/0"), ("connection_string", "Server=h;User Id=sa;Password=[q7Zx0LmP];"),
    ("connection_string", "AccountName=acme;AccountKey=[" + "q7Zx0LmP2vB9sKd4TjW8nR5c" * 3 + "==];EndpointSuffix=core.windows.net;Endpoint=x"),
    ("connection_string", "jdbc:mysql://h/shop?user=a&password=[q7Zx0LmP]"), ("connection_string", "host=h dbname=x password=[q7Zx0LmP]"),
    ("api_key", "[sk-proj-q7Zx0LmP2vB9sKd4TjW8nR5c]"), ("api_key", "[AKIAQ7ZX2LMP4VB5SKDT]"), ("api_key", "[ghp_q7Zx0LmP2vB9sKd4TjW8nR5cY1hF6gEaU3bN]"), ("api_key", "[xoxb-2345678901-q7Zx0LmP2vB9sKd4]"),
    ("api_key", r"x\n[npm_q7Zx0LmP2vB9sKd4TjW8nR5cY1hF6gEaU3bN]"), ("api_key", "aws_secret_access_key=[q7Zx0LmP2vB9sKd4TjW8nR5cY1hF6gEaU3bN/+Xy]"), ("api_key", "[AIzaq7Zx0LmP2vB9sKd4TjW8nR5cY1hF6gEaU3b]"),
    ("jwt", "Bearer [eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.q7Zx0LmP2vB9sKd4]"),
    ("private_key", "[-----BEGIN EC PRIVATE KEY-----\n" + "q7Zx0LmP2vB9sKd4TjW8" * 4 + "\n-----END EC PRIVATE KEY-----]"), ("private_key", "[-----BEGIN PRIVATE KEY-----\n" + "q7Zx0LmP2vB9sKd4TjW8" * 4 + "]"),
    ("password", "password=[Tr0ub4dor&3]"), ("password", '"db_password": "[hunter2]"'), ("password", "my password is [hunter2]."), ("password", "api_key: '[q7Zx0LmP2vB9sKd4TjW8]'"),
    ("password", "--token [q7Zx0LmP2vB9sKd4TjW8]"), ("password", "Authorization: Basic [YW5uOnE3WngwTG1QMnZC]"), ("password", "Passwort: [Sommer2024!x]"), ("password", 'password: str = "[Tr0ub4dor&3]"'),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "marked"), PRIVATE)
def test_private_data_is_found_where_it_begins_and_ends(kind: str, marked: str) -> None:
    start, end = marked.index("["), marked.rindex("]") - 1
    text = marked[:start] + marked[start + 1 : end + 1] + marked[end + 2 :]
    assert [(span.kind, text[span.start : span.end]) for span in find_private(text)] == [(kind, text[start:end])]


def test_two_spellings_of_one_thing_have_one_canonical_form() -> None:
    text = "call +1 415 200 2671 or (415) 200-2671; 4012 8888 8888 1881 or 4012888888881881; Ann@acme.org, ann@ACME.org"
    values = [span.value for span in find_private(text)]
    assert values == ["+14152002671"] * 2 + ["4012888888881881"] * 2 + ["ann@acme.org"] * 2


def test_a_national_phone_number_counts_only_in_the_countries_named() -> None:
    assert find_private("call 030/901820", regions=("US",)) == []
    assert [span.kind for span in find_private("call 030/901820", regions=("DE",))] == ["phone"]


def test_the_stricter_form_wins_where_finds_overlap() -> None:
    kinds = [span.kind for span in find_private("card phone 4012 8888 8888 1881, https://ann:pw1@mail.acme.com/x")]
    assert kinds == ["card", "url_credentials"]


def test_the_countries_of_addresses_are_those_of_phone_numbers() -> None:
    assert {*_COUNTRY_CODES.split()} == {region.lower() for region in SUPPORTED_REGIONS}


def test_a_find_does_not_show_its_value() -> None:
    (span,) = find_private("ann@acme.org")
    assert "acme" not in repr(span)
    assert span.value == "ann@acme.org"
