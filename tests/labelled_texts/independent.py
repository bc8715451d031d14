"""Secrets and phone numbers as other people's documents write them, taken from those and not from our patterns.

The patterns have been mended against them since, so what is found here is a floor and no estimate for other texts.

The forms of keys are those that the issuers document, for the services that public scanners name; the sentences are
those of the languages, the writings those of programs. `tests/cleaning/private_data/test_independent.py` holds how many
are found; `benchmarks/redaction.py` prints it by kind. In a form `{h32}` stands for 32 characters of an alphabet.
"""

# ruff: noqa: E501, RUF001  the tables read best as they are; other scripts look like Latin ones
from __future__ import annotations

import random
import re
import string
from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple

import phonenumbers
import polars as pl

from tests.labelled_texts.technical import technical_texts
from tuneset.cleaning.private_data.find import find_private
from tuneset.cleaning.private_data.suspects import find_suspects

_WORD = string.ascii_letters + string.digits
_ALPHABETS = {
    "h": "0123456789abcdef", "d": string.digits, "a": string.ascii_lowercase + string.digits,
    "A": string.ascii_uppercase + string.digits, "w": _WORD, "u": _WORD + "_-", "b": _WORD + "+/", "l": string.ascii_letters,
}  # fmt: skip
_SLOT = re.compile(r"\{([hdaAwubl])([0-9]+)\}")
_UUID = "{h8}-{h4}-4{h3}-a{h3}-{h12}"

BARE_KEYS = (
    "ops_eyJ{w260}", "A3-{A6}-{A6}-{A5}-{A5}-{A5}-{A5}", "p8e-{a32}", "AGE-SECRET-KEY-1{A58}", "pat{w14}.{h64}", "LTAI{w20}",
    "sk-ant-api03-{u93}AA", "sk-ant-admin01-{u93}AA", "AKCp{w69}", "cmVmd{w59}", "AKIA{A16}", "ASIA{A16}", "ABSK{b120}",
    "ATATT3{u186}", "ATCTT3xFfG{u180}", "{w3}8Q~{w31}", "ATBB{w32}", "bkua_{h40}", "CCIPAT_{w22}_{h40}", "4b1d{w38}",
    "CLOJARS_{a60}", "v1.0-{h24}-{h146}", "CFPAT-{u43}", "dapi{h32}", "dnkey-{a26}-{a52}", "dop_v1_{h64}", "dor_v1_{h64}",
    "dckr_pat_{u27}", "dp.pt.{w43}", "dp.st.dev.{w43}", "sl.{u140}", "duffel_live_{u43}", "dt0c01.{A24}.{A64}", "EZAK{w54}",
    "EAAM{w150}", "figd_{u40}", "FLWSECK_TEST-{h32}", "fo1_{u43}", "fm2_{b200}", "fio-u-{u64}", "AIza{u35}", "GOCSPX-{u28}",
    "ya29.{u120}", "ghp_{w36}", "gho_{w36}", "ghs_{w36}", "ghr_{w76}", "github_pat_{w22}_{w59}", "glpat-{u20}", "gldt-{u20}",
    "glrt-{u20}", "glptt-{h40}", "glcbt-{u24}", "glft-{u20}", "glsoat-{u20}", "glagent-{u50}", "GR1348941{u20}", "live_{u40}",
    "eyJrIjoi{w80}", "glc_{b100}", "glsa_{w32}_{h8}", "gsk_{w52}", "pat.{w22}.{h24}.{w20}", "{w14}.atlasv1.{w67}",
    "HRKU-AA{u58}", f"pat-na1-{_UUID}", "hf_{l34}", "api_org_{l34}", "ico-{w32}", "dG9rO{b55}", "s-s4t2ud-{h64}",
    f"sdk-{_UUID}", f"api-{_UUID}", "lin_api_{w40}", "lin_oauth_{h64}", "{h32}-us14", "key-{h32}", "{h32}-{h8}-{h8}",
    "sk.eyJ1{w60}.{w22}", "{w6}_{w29}_mmk", f"https://contoso.webhook.office.com/webhookb2/{_UUID}@{_UUID}/IncomingWebhook/{{h32}}/{_UUID}",
    "nfp_{w36}", "NRAK-{A27}", "NRII-{u32}", "NRJS-{h19}", "ntn_{d11}{w35}", "secret_{w43}", "npm_{w36}", "oy2{a43}", "API-{A26}",
    "sk-{w20}T3BlbkFJ{w20}", "sk-proj-{u74}T3BlbkFJ{u74}", "sk-svcacct-{u74}T3BlbkFJ{u74}", "sha256~{u43}", "pplx-{w48}",
    f"access-production-{_UUID}", "pscale_tkn_{u43}", "pscale_pw_{u43}", "PMAK-{h24}-{h34}", "pnu_{a36}", "pnb_{a36}",
    "pul-{h40}", "pypi-AgEIcHlwaS5vcmc{u100}", "{a10}msh{a15}p1{a6}jsn{a12}", "rdme_{a70}", "rubygems_{h48}", "tk-us-{u48}",
    "SG.{u22}.{u43}", "xkeysib-{h64}-{w16}", "sntryu_{h64}", "sntrys_eyJpYXQiO{b100}_{b43}", "sm_pat_{w16}",
    "shippo_live_{h40}", "shpat_{h32}", "shpss_{h32}", "xoxb-{d11}-{d12}-{w24}", "xoxp-{d11}-{d11}-{d12}-{h32}",
    "xapp-1-A{A10}-{d13}-{h64}", "xoxe.xoxp-1-{A166}", "https://hooks.slack.com/services/T{A8}/B{A10}/{w24}",
    "sqp_{h40}", "sgp_{h16}_{h40}", "sq0csp-{u43}", "EAAA{u60}", "sk_live_{w99}", "sk_live_{w24}", "rk_live_{w40}", "whsec_{w32}",
    "su{w12}", "{d10}:AA{u33}", "SK{h32}", "AAAAAAAAAAAAAAAAAAAAAA{w90}", "tfp_{u40}_{u18}", "hvs.{u95}", "hvb.{u150}", "s.{w24}",
    "AQVN{u36}", "YC{u38}", "t1.{u120}.{u86}", "nvapi-{u64}", "lsv2_pt_{h32}_{h10}", "ls__{h32}", "pcsk_{w6}_{w64}", "tvly-{w32}",
    "tvly-dev-{w32}", "csk-{a48}", "phx_{w43}", "phx_{w47}", "vcp_{w56}", "vercel_blob_rw_{w16}_{w30}", "xai-{w80}",
    "sk-or-v1-{h64}", "r8_{w37}", "sk-{h32}", "fw_{w24}", "sbp_{h40}", "sb_secret_{u31}", "napi_{a64}", "tskey-auth-{w17}-{w32}",
    "rnd_{w28}", "wandb_v1_{w80}", "ldpat_{h32}", "https://discord.com/api/webhooks/{d18}/{u68}", "re_{w8}_{w24}", "sk_{h48}",
    "pa-{u43}", "jina_{w60}", "tgp_v1_{u43}", "fc-{h32}", "bb_live_{w27}", "e2b_{h40}", "rpa_{A43}", "1/{d16}:{h32}",
    "pk_{d8}_{A32}", "access_token$production${a16}${h32}", f"amzn.mws.{_UUID}", "amzn1.oa2-cs.v1.{h64}", "zpka_{h32}_{h8}",
    f"waka_{_UUID}", "AQ.Ab8{u47}", "apify_api_{w36}", "secret-live-{u36}", "aio_{w28}", f"persona_production_{_UUID}",
    "rzp_live_{w14}", "ak_{w27}", "00{u40}", "cu_{h32}", "ser.{w22}", "cio{w32}", "as-{w22}", "ion_{w42}", "live_{h35}",
)  # fmt: skip
"""Keys that have a form, one line of their issuer's documentation each; some forms are too weak to be told alone."""

NAMED_KEYS: Mapping[str, str] = {
    "adafruit": "{u32}", "algolia": "{h32}", "airtable": "key{w14}", "asana": "{a32}", "bittrex": "{h32}", "codecov": _UUID,
    "coinbase": "{w64}", "confluent": "{w64}", "contentful": "{u43}", "datadog": "{h40}", "discord": "{w32}",
    "droneci": "{a32}", "dropbox": "{a15}", "etsy": "{a24}", "fastly": "{u32}", "finicity": "{h32}", "finnhub": "{a20}",
    "flickr": "{h32}", "freshbooks": "{h64}", "gitter": "{u40}", "heroku": _UUID, "hubspot": _UUID, "jfrog": "{w73}",
    "kraken": "{b86}==", "kucoin": _UUID, "launchdarkly": "{u40}", "linkedin": "{w16}", "looker": "{a24}",
    "mattermost": "{a26}", "messagebird": "{w25}", "meraki": "{h40}", "netlify": "{u43}", "nytimes": "{w32}", "okta": "00{u40}",
    "plaid": "{h30}", "rapidapi": "{w50}", "sendbird": "{h40}", "snyk": _UUID, "squarespace": _UUID, "sumologic": "{w64}",
    "travisci": "{w22}", "trello": "{w32}", "twitch": "{a30}", "twitter": "{w45}", "yandex": "{w39}", "zendesk": "{w40}",
    "mistral": "{w32}", "cohere": "{w40}", "pagerduty": "{w20}", "assemblyai": "{h32}", "deepgram": "{h40}", "wandb": "{h40}",
    "pinecone": _UUID, "aws": "{b40}", "azure_openai": "{h32}", "cloudflare": "{u40}",
}  # fmt: skip
"""Keys without a form, which only a name gives away."""

WRITINGS = (
    "N_API_KEY=V", "n_token: V", 'export N_SECRET="V"', "N_ACCESS_TOKEN ?= V", "N_API_KEY ::= V", 'nApiKey: "V",',
    "const nToken = 'V';", "<n.apiKey>V</n.apiKey>", '<add key="nApiKey" value="V" />', 'props.setProperty("n.api.key", "V");',
    "ENV N_TOKEN V", "define('N_API_KEY', 'V');", '{"n_api_key": "V"}', '"{\\"n_secret\\": \\"V\\"}"',
    "https://api.n.com/v1?api_key=V&x=1", '-H "X-n-Token: V"', "--n-token V", "n.client_secret = V",
    'os.environ["N_API_KEY"] = "V"', "setx N_API_KEY V", 'String nSecret = "V";', 'n_api_token := "V"', "| n api key | V |",
    "the n API key is V", "my n token: V", "N_KEY ::= V", 'n_auth_token => "V"', "Cookie: n_session_token=V; theme=dark",
)  # fmt: skip
"""How programs, files and people write a name beside its value: `n` the service, `V` the key."""
AROUND = ("use V for this", "key: V", "V", "我的密钥是V，请", '{"k": "V"}', "log line V.", "トークンはVです")

PASSWORDS = (
    "Tr0ub4dor&3", "hunter2!", "S0mmer2024", "q7#Zx!mP", "(a[b]{c}9)", "Kp,9;x|Tq1", "P@ss<w0rd>7", "geheim123", "Xk29vQz7",
    "9fJ2-kLm-44", "pa55.word_X", "Lösen0rd!1", "correct-horse-7", "#7Ghj%kl", "Abc12345",
)  # fmt: skip
SAID_PASSWORDS: Mapping[str, tuple[str, ...]] = {
    "en": ("The password is V", "password: V", "my passcode is V", "Login with password V.", "pwd: V"),
    "de": ("Das Passwort lautet V", "Passwort: V", "Kennwort ist V"), "fr": ("Le mot de passe est V", "Mot de passe : V"),
    "es": ("La contraseña es V", "Contraseña: V", "mi clave es V"), "pt": ("A senha é V", "Senha: V", "palavra-passe: V"),
    "it": ("La password è V", "Password: V", "la parola d'ordine è V"), "nl": ("Het wachtwoord is V", "Wachtwoord: V"),
    "sv": ("Lösenordet är V", "Lösenord: V"), "da": ("Adgangskoden er V", "Adgangskode: V", "Kodeordet er V"),
    "no": ("Passordet er V", "Passord: V"), "fi": ("Salasana on V", "Salasana: V"), "pl": ("Hasło to V", "Hasło: V"),
    "cs": ("Heslo je V", "Heslo: V"), "hu": ("A jelszó V", "Jelszó: V"), "ro": ("Parola este V", "Parolă: V"),
    "hr": ("Lozinka je V", "Lozinka: V"), "sl": ("Geslo je V", "Geslo: V"), "et": ("Parool on V", "Parool: V"),
    "lv": ("Parole ir V", "Parole: V"), "lt": ("Slaptažodis yra V", "Slaptažodis: V"), "tr": ("Şifre V", "Şifre: V"),
    "ru": ("Пароль: V", "Мой пароль V", "пароль — V"), "uk": ("Пароль: V", "мій пароль: V"), "bg": ("Паролата е V",),
    "sr": ("Лозинка је V", "Лозинка: V"), "el": ("Ο κωδικός είναι V", "Κωδικός: V"), "ar": ("كلمة المرور هي V", "كلمة السر: V"),
    "fa": ("رمز عبور: V", "گذرواژه: V"), "he": ("הסיסמה היא V", "סיסמה: V"), "hi": ("पासवर्ड है V", "पासवर्ड: V"),
    "bn": ("পাসওয়ার্ড: V",), "ta": ("கடவுச்சொல்: V",), "th": ("รหัสผ่านคือ V", "รหัสผ่าน: V"), "vi": ("Mật khẩu là V", "Mật khẩu: V"),
    "id": ("Kata sandi adalah V", "Kata sandi: V"), "ms": ("Kata laluan ialah V",), "zh": ("密码是V", "密码：V", "口令为V"),
    "ja": ("パスワードはVです", "パスワード：V"), "ko": ("비밀번호는 V입니다", "암호: V"), "sw": ("Nenosiri: V",), "ka": ("პაროლი: V",),
}  # fmt: skip

SAID_PHONES: Mapping[str, tuple[str, ...]] = {
    "US": ("call me at V", "phone: V", "Tel. V", "my cell is V"), "GB": ("ring me on V", "mobile V"),
    "DE": ("Tel.: V", "Telefonnummer V", "ruf mich an unter V"), "FR": ("tél. V", "mon numéro de téléphone est le V"),
    "ES": ("teléfono V", "llámame al V", "mi móvil es V"), "IT": ("telefono: V", "chiamami al V", "cell. V"),
    "NL": ("telefoon V", "bel me op V"), "BR": ("telefone: V", "ligue para V"), "IN": ("mobile no. V", "फ़ोन: V"),
}  # fmt: skip
CLEAN = (
    "call 4152002671 returned", "signal 30901820", "CVE-2023-19812 and CVE-2021-44228", "§ 12.3.4.10 of clause 14.2.8.1",
    "0041 0308 0301 # LATIN", "5983 5984 5985 5986 5987 5988", "+ 759375*p**10 + 39062500", "sha256:V", "commit V", 'etag: "V"',
    "trace_id=V", "NextToken: V", "idempotency_token=V", "row 4012 | 8888 | 8881 | 1881", "build 20231104.3 of 10.0.22621.2506",
    "token = tokenizer.next_token()", "password = getpass.getpass()", "key=lambda item: item.key", "pass the secret to vault",
    "order 4152002671 was shipped", "ISBN 978-3-16-148410-0", "3.141592653589793 2.718281828459045", "id 550e8400-e29b-41d4",
    "eos_token_id: 151645", "max_tokens=4096, top_p=0.95", "2023-11-04T12:00:01.123456Z INFO pid=4152002", "1.2.3.4 is a version",
)  # fmt: skip
"""Texts of code, logs, tables and law that hold nothing private; `V` is a hash."""


class Found(NamedTuple):
    """How many values of one sort there are, and how many of them are found."""

    wanted: int
    found: int


def measured(tell: Callable[[str], object] | None = None) -> dict[str, Found]:
    """What is found of each sort: recall of keys, named keys, passwords, phones, and finds in clean texts.

    `tell` is given each text whose value is missed, or in which something is found that is nothing.
    """
    makers = {"bare keys": bare_keys, "named keys": named_keys, "passwords": said_passwords, "phones": said_phones}
    told = tell or str
    result = {}
    for sort, make in makers.items():
        samples = list(make(random.Random(f"independent {sort}")))
        missed = [text for text, value, rest in _redacted(samples) if _shows(value, rest)]
        result[sort] = Found(len(samples), len(samples) - len(missed))
        for text in missed:
            told(f"missed {sort}: {text!r}")
    clean = list(clean_texts(random.Random("independent clean")))
    wrong = [text for text, _, rest in _redacted([(text, "") for text in clean]) if rest != text]
    for text in wrong:
        told(f"wrong: {text!r}")
    technical = list(technical_texts(4000))
    also_wrong = [text for text, _, rest in _redacted([(text, "") for text in technical]) if rest != text]
    for text in also_wrong:
        told(f"wrong: {text!r}")
    return {
        **result,
        "clean texts": Found(len(clean), len(wrong)),
        "technical texts": Found(len(technical), len(also_wrong)),
    }


def _made(form: str, dice: random.Random) -> str:
    return _SLOT.sub(lambda slot: "".join(dice.choices(_ALPHABETS[slot.group(1)], k=int(slot.group(2)))), form)


def _with(text: str, value: str) -> str:
    return re.sub(r"(?<![A-Za-z])V(?![A-Za-z])", lambda _: value, text)


def bare_keys(dice: random.Random) -> Iterator[tuple[str, str]]:
    """Yield texts with a key of each form, and the key."""
    for form in BARE_KEYS:
        for around in AROUND:
            value = _made(form, dice)
            yield _with(around, value), value


def named_keys(dice: random.Random) -> Iterator[tuple[str, str]]:
    """Yield keys beside their names, in every writing."""
    for writing in WRITINGS:
        for service, form in NAMED_KEYS.items():
            value = _made(form, dice)
            name = re.sub(r"(?<![A-Za-z])N(?=_)", service.upper(), writing)
            yield _with(re.sub(r"(?<![A-Za-z])n(?=[_.A-Z -])", service, name), value), value


def said_passwords(_: random.Random) -> Iterator[tuple[str, str]]:
    """Yield passwords in sentences of all languages."""
    for sentences in SAID_PASSWORDS.values():
        yield from ((_with(sentence, value), value) for sentence in sentences for value in PASSWORDS)


def said_phones(_: random.Random) -> Iterator[tuple[str, str]]:
    """Yield example numbers after a word for phone."""
    kinds = (phonenumbers.PhoneNumberType.FIXED_LINE, phonenumbers.PhoneNumberType.MOBILE)
    for region, sentences in SAID_PHONES.items():
        for example in filter(None, (phonenumbers.example_number_for_type(region, kind) for kind in kinds)):
            national = phonenumbers.format_number(example, phonenumbers.PhoneNumberFormat.NATIONAL)
            abroad = phonenumbers.format_number(example, phonenumbers.PhoneNumberFormat.INTERNATIONAL)
            for value in {national: 0, national.replace(" ", "-"): 0, national.replace(" ", ""): 0, abroad: 0}:
                yield from ((_with(sentence, value), value) for sentence in sentences)


def clean_texts(dice: random.Random) -> Iterator[str]:
    """Yield texts that hold nothing private."""
    for text in CLEAN:
        for number in range(40):
            yield _with(f"{number}: {text}", _made("{h40}", dice))


def _redacted(samples: list[tuple[str, str]]) -> Iterator[tuple[str, str, str]]:
    """Yield each text, its value and what is left of the text."""
    groups = find_suspects(pl.Series([text for text, _ in samples], dtype=pl.String))
    for (text, value), group in zip(samples, groups, strict=True):
        rest = text
        for span in reversed(find_private(text, groups=group)) if group else ():
            rest = f"{rest[: span.start]}<X>{rest[span.end :]}"
        yield text, value, rest


def _shows(value: str, rest: str) -> bool:
    """Whether the value, or the middle of a long one, can still be read."""
    middle = value[len(value) // 3 : len(value) - len(value) // 4] if len(value) >= 12 else value
    return middle in rest
