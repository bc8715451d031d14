"""Passwords and keys that a name gives away: `password=...`, `"api_key": "..."`, `--token ...`, "the password is ...".

The value must look chosen or drawn (`secret_values.py`). Not found: a password that is a plain word
(`password=sunshine`), because most such values are names of fields.
"""

# ruff: noqa: E501, RUF001  words of other scripts are wider than they look, and look like Latin ones
from __future__ import annotations

import functools
import re
from collections.abc import Iterator

from tuneset.cleaning.private_data.command_secrets import COMMAND_HINT, COMMAND_STEMS, command_values
from tuneset.cleaning.private_data.kinds import UNSPACED, Span
from tuneset.cleaning.private_data.secret_values import is_real_login, login_of, looks_chosen, looks_drawn, without_rest

STEMS = (
    "pass", "Pass", "PASS", "pwd", "Pwd", "PWD", "secret", "Secret", "SECRET", "token", "Token", "TOKEN", "key", "Key",
    "KEY", "redential", "REDENTIAL", "uthorization", "UTHORIZATION", "ontraseñ", "ontrasen", "senha", "Senha",
    "achtwoord", "ot de passe", "ennwort", "ösenord", "dgangskode", "alasana", "ykilor", "asło", "eslo",
    "elsz", "arol", "arool", "ozink", "арол", "ωδικ", "şifre", "Şifre",
    "كلمة", "رمز", "סיסמ", "पासवर्ड", "পাসওয়ার্ড", "கடவுச்சொல்", "รหัสผ่าน", "ật khẩu", "ata sandi", "ata laluan", "laptažod",
    "озинк", "enosiri", "eno la siri", "პაროლ", "աղտնաբառ", "پاس ورڈ", "گذرواژه", "clave", "Clave", "odeord", "暗証番号",
    "密码", "密碼", "口令", "パスワード", "비밀번호", "암호", '"auth', "ookie", *COMMAND_STEMS,
)  # fmt: skip
"""Every name that counts holds one of these, and so do command lines and headers that count; where only the first letter may be a capital, it is left out."""

_FIRST_LETTERS = {
    "ontrase": "cC", "achtwoord": "wW", "ot de passe": "mM", "ennwort": "kK", "ösenord": "lL", "dgangskode": "aA",
    "alasana": "sS", "ykilor": "lL", "asł": "hH", "esl": "hHgG", "elsz": "jJ", "arol": "pP", "arool": "pP", "ozink": "lL",
    "арол": "пП", "ωδικ": "κΚ", "ật khẩu": "mM", "ata sandi": "kK", "ata laluan": "kK", "laptažod": "sS", "озинк": "лЛ", "enosiri": "nN", "eno la siri": "nN", "աղտնաբառ": "գԳ", "odeord": "kK",
}  # fmt: skip
"""Of names whose stem leaves it out: the first letter, at the beginning of a word."""
# Names whose value people choose, and names whose value machines draw: long, and more random. Both begin at a stem.
_CHOSEN = (
    "pass ?word|passwd|passwort|passord(?:et)?|passphrase|pass phrase|passcode|pass|passe|pwd"
    # Spanish, Portuguese, Catalan; Dutch, French, German, Swedish, Danish, Finnish, Icelandic
    "|ontraseña|ontrasenya|senha|achtwoord|ot de passe|ennwort|ösenord(?:et)?|dgangskoden?|alasana(?:si|ni)?|ykilorð(?:ið)?"
    # Polish, Czech and Slovak, Hungarian; Romanian, Latvian, Italian and Turkish; Estonian, Croatian and Serbian, Slovene
    "|asłem|asło|esl[oa]|elszó|elszav[a-z]+|arola d.ordine|arol[aăei]|arool|ozink[aeu]"
    # Russian and Bulgarian, Ukrainian; Greek, Turkish, Lithuanian, Vietnamese, Indonesian, Malay
    "|арол[ьаіюя](?:та)?|ωδικός(?: πρόσβασης)?|şifre(?:m|niz|si)?|laptažodis|ật khẩu|ata sandi|ata laluan"
    # Serbian, Swahili, Georgian, Armenian, Urdu, Persian, Spanish, Danish, Italian
    "|озинк[аеу]|enosiri|eno la siri|პაროლი?|աղտնաբառ[ըն]?|پاس ورڈ|گذرواژه|clave|odeord(?:et)?|暗証番号"
    # Arabic, Persian, Hebrew; Hindi, Bengali, Tamil, Thai; Chinese, Japanese, Korean
    "|كلمة (?:ال)?(?:مرور|سر)|رمز عبور|סיסמ[הא]|पासवर्ड|পাসওয়ার্ড|கடவுச்சொல்|รหัสผ่าน|密码|密碼|口令|パスワード|비밀번호|암호"
)
_UNSPACED_IS = "是|为|為|は|が|는|은|คือ"
_DRAWN = "(?:secret|token|redentials?)(?:[_ -]?(?:access[_ -]?)?(?:key|token|value))?|uthorization"
_KEY = "key(?:[_ -]?secret)?"
_NAME = re.compile(
    rf"(?:(?P<chosen>{_CHOSEN})|(?P<drawn>{_DRAWN}|{_KEY}))[0-9]?(?![A-Za-z0-9_-])",
    re.IGNORECASE,
)
_BEFORE_KEY = (
    "(?:api|app|access|account|auth|private|secret|signing|encryption|encrypt|master|session|subscription|service"
    "|shared|admin|client|storage)[_ .-]?"
)
_KEY_OF = re.compile(rf"{_BEFORE_KEY}\Z", re.IGNORECASE)
_VALUE = (
    r"(?:(?P<q>\\?[\"'`])(?P<quoted>(?:(?!(?P=q))(?:[^\n\\]|\\[^\n])){4,2000})(?P=q)"
    rf"|(?P<bare>(?:[^\s\"'`\\{UNSPACED}]|(?<=[0-9A-Za-z])[\"'`](?=[0-9A-Za-z])){{5,2000}}))"
)
_ASSIGNED = re.compile(
    r"\\?[\"'`]?\]?(?:: ?&?[A-Za-z][\w.\[\]| ]{1,24}?(?= ?=[^=])|[ \t]*\n[ \t]*value(?=:))?[ \t]{0,8}(?:=>|\?=|:{1,3}=|\|\|:|==|[:=\uff1a\u055d]"
    rf"|{_UNSPACED_IS})[ \t]{{0,8}}"
    r"(?:[rbfu]{1,2}(?=[\"'])|(?P<scheme>[Bb]earer|[Bb]asic|[Tt]oken) {1,4})?" + _VALUE
)
_ELEMENT = re.compile(r"[\"']?(?:>(?P<bare>[^\s<>]{5,200})</| value=(?P<q>[\"'])(?P<quoted>[^\"'\n<>]{4,200})(?P=q))")
_CALLED = re.compile(r"(?P<q>[\"'])[ \t]*,[ \t]*(?P=q)(?P<quoted>[^\"'`\n\\]{4,200})(?P=q)")
_CALL = re.compile(
    r"(?:set|put|add|append|with|header|prop|env|param|config|secret|define)\w*\([ \t]*[\"'][\w.-]{0,40}\Z",
    re.IGNORECASE,
)
_SECOND_COLUMN = re.compile(r"[ \t]*\|[ \t]*" + _VALUE)
_FLAG = re.compile(r"[ =]" + _VALUE)
_VARIABLE = re.compile(r"[ \t]{1,4}" + _VALUE + r"(?=[ \t]*(?:\\?$|\n))", re.MULTILINE)
_DECLARED = re.compile(r"(?:\b(?:ENV|ARG|setx|setenv|set)|#[ \t]?define)[ \t]+[A-Za-z0-9_]{0,40}\Z")
_IS = "is|was|to|ist|est|es|lautet|é|è|är|er|on|jest|je|este|είναι|है|คือ|là|adalah|ialah|هي|هو|és|ir|yra|е|је|היא|הוא|ay|ni|է"
_SAID = re.compile(
    r"(?: (?:for|of|to|on|de|für|van|du|da) [^\n.:;,=]{1,40}?)?"
    rf" (?:{_IS}|set to|changed to|reset to)"
    r"(?: now| currently)?:? " + _VALUE
)
_RIGHT_AFTER = re.compile(r" (?:[—–-] )?(?=[^\s]{0,40}[0-9])" + _VALUE)
"""In languages that need no "is", after names that no program has, and after "with"."""
_WITH = re.compile(
    r"\b(?:with|using|use|enter|mit|avec|con|com|med|met)[ ](?:the |my |das |dem |le |la )?\Z", re.IGNORECASE
)
_ESCAPED_QUOTE = re.compile(r"\\([\"'\\])")  # as it stands inside of quotes; the value is the same without them
_COOKIES = re.compile(r"[Cc]ookie[\"']?[ \t]*[:=,][ \t]*[\"']?(?P<pairs>[^\n\"']{12,4000})")
_COOKIE = re.compile(
    r"(?<![\w.-])[\w.-]{0,40}(?i:sess|sid|auth|token|jwt|remember)[\w.-]{0,40}=(?P<bare>[A-Za-z0-9%._~+/=:-]{12,2000})"
)
_QUOTED_SCHEME = re.compile(
    r"[\"'`]?\]?\s*[:=,]\s*[\"'`]?(?P<scheme>[Bb]earer|[Bb]asic|[Tt]oken|[Aa]pi[Kk]ey) {1,4}(?P<bare>[A-Za-z0-9._~+/=-]{8,2000})"
)
_AFTER_NAME = "\\\"'`]:=?|,>\uff1a\u055d是为為はが는은ค"
"""With white space, the characters by one of which every pattern of a value begins."""


_NAME_HINT = rf"(?i:{_CHOSEN}|{_DRAWN}|{_BEFORE_KEY}{_KEY})[0-9]?"
_VALUE_HINT = r"(?:[\\\"'`rbfu]*(?:[a-zA-Z]+ {1,4})?[\\\"'`rbfu]*[^ \n0-9]*[0-9!#$%^&*+=~?]|[\\\"'`]*[Bb]asic {1,4}[\\\"'`]*[A-Za-z]{8})"
_COUNTS, _DARK = r"[0-9!#$%^&*+=~?]", r"[^ \t\n]"
# Where no sign stands before it, a value begins right here: with a quote, or as five characters without white space.
_BARE_HINT = "|".join(f"{_DARK}{{{n}}}{_COUNTS}{_DARK}{{{4 - n}}}" for n in range(4)) + f"|{_DARK}{{4,}}{_COUNTS}"
_UNSIGNED_HINT = rf"(?:[\\\"'`]+(?:[a-zA-Z]+ {{1,4}})?[\\\"'`]*[^ \n0-9]*{_COUNTS}|{_BARE_HINT})"
_SIGN_HINT = (
    rf"[\\\"'`\]]*\s*(?:[?:=|,\x{{ff1a}}\x{{55d}}>]+|{_UNSPACED_IS}|value[=:]|: ?&?[A-Za-z][A-Za-z0-9_.\[\]| ]*=)\s*"
)
_SAID_HINT = rf" (?:(?:[^\n.:;,=]* )?(?:{_IS})(?: now| currently)?:? |[—–-] )?"
_STEMS = "|".join(STEMS)
_USER_HINT = COMMAND_HINT + r"|[Cc]ookie[\"']?[ \t]*[:=,][^\n]*="
PASSWORD_HINTS = (
    rf"(?:{_STEMS})(?i:a d.ordine)?[\pL\pM0-9_ -]*{_SIGN_HINT}{_VALUE_HINT}",
    rf"(?:{_STEMS})[^\n.:;,=]*{_SAID_HINT}{_UNSIGNED_HINT}",
    rf"--[^ ]{{0,24}}?(?:{_STEMS})|(?:ENV|ARG|setx|setenv|set|define)[ \t]+[A-Za-z0-9_]*(?:{_STEMS})|{_USER_HINT}",
)
_FORM_SIGN_HINT = (
    rf"[\\\"'`\]]*\s*(?:[?:=|\x{{ff1a}}\x{{55d}}>]+|{_UNSPACED_IS}|value[=:]|[\"'][ \t]*,[ \t]*[\"']"
    r"|: ?&?[A-Za-z][A-Za-z0-9_.\[\]| ]*="
    r"|,[\s\\\"'`]*(?:[Bb]earer|[Bb]asic|[Tt]oken|[Aa]pi[Kk]ey) )\s*"
)
PASSWORD_FORM_HINT = (
    rf"{_USER_HINT}|{_NAME_HINT}(?:{_FORM_SIGN_HINT}{_VALUE_HINT}|(?:{_SAID_HINT}|[ \t]{{1,4}}){_UNSIGNED_HINT})"
)
"""For a fast engine: a text holds a password only where one of the first and the last match. The first are faster."""


def passwords(text: str) -> Iterator[Span]:
    """Yield the values that are assigned to a name for a secret.

    >>> text = 'password="Tr0ub4dor&3", token=get_token(), api_key: "q7Zx0LmP2vB9sKd4TjW8"'
    >>> [text[s.start:s.end] for s in passwords(text)]
    ['Tr0ub4dor&3', 'q7Zx0LmP2vB9sKd4TjW8']
    """
    present = tuple(stem for stem in STEMS if stem in text)
    for stem in _any_of(present).finditer(text) if present else ():
        name = _NAME.match(text, stem.start())
        if name is None or not _is_name(text, name):
            continue
        chosen = bool(name.group("chosen"))
        for pattern in _patterns(text, name, chosen=chosen):
            found = pattern.match(text, name.end())
            if found and (span := _judge(text, found, chosen=chosen)):
                yield span
                break
    for found in command_values(text):
        if span := _judge(text, found, chosen=True):
            yield span
    if "ookie" in text:
        for header in _COOKIES.finditer(text):
            for found in _COOKIE.finditer(text, header.start("pairs"), header.end("pairs")):
                if span := _judge(text, found, chosen=False):
                    yield span


@functools.lru_cache(maxsize=256)
def _any_of(stems: tuple[str, ...]) -> re.Pattern[str]:
    """Stems that stand in a text: to search for all there are takes ten times as long as to ask which do."""
    return re.compile("|".join(stems))


def _patterns(text: str, name: re.Match[str], *, chosen: bool) -> Iterator[re.Pattern[str]]:
    """Yield how a value may follow this name; those for which more of the text is looked at come last."""
    start, follows = name.start(), text[name.end() : name.end() + 1]
    if follows not in _AFTER_NAME and not follows.isspace():
        return
    flag = text.rfind("--", max(0, start - 24), start)
    is_flag = flag >= 0 and " " not in text[flag:start]
    yield from (_ASSIGNED, _FLAG if is_flag else _SAID, _SECOND_COLUMN, _QUOTED_SCHEME, _ELEMENT)
    if _CALL.search(text, max(0, start - 80), start):
        yield _CALLED
    if _DECLARED.search(text, max(0, start - 48), start):
        yield _VARIABLE
    if chosen and (
        not name.group().lower().startswith(("pass", "pwd", "senha", "clave"))
        or _WITH.search(text, max(0, start - 24), start)
    ):
        yield _RIGHT_AFTER


_JOINED = re.compile(r"(?:auth|access|api|refresh|bearer|client|bot|session)\Z", re.IGNORECASE)
"""What `token` and `secret` are joined with in names of one case, as in `NGROK_AUTHTOKEN`."""
_NO_SECRET = re.compile(
    r"(?:next|prev(?:ious)?|page|pagination|continu(?:e|ation)|cursor|resume|idempoten(?:t|cy)|change|lock|client[_-]?request|sync"
    r"|sequence|upload|output|input|eos|bos|pad|unk|mask|sep|cls|start|end|stop|special|csrf[_-]?field)[_-]?\Z",
    re.IGNORECASE,
)
"""What a token's name begins with that opens nothing: a place in a list, an attempt, a word of a vocabulary."""


def _is_name(text: str, name: re.Match[str]) -> bool:
    """Whether the name stands at a boundary, and whether a `key` is one that opens something."""
    start = name.start()
    word = name.group().lower()
    if word.startswith("key"):
        return _KEY_OF.search(text, max(0, start - 16), start) is not None
    if word.startswith("token") and _NO_SECRET.search(text, max(0, start - 24), start):
        return False
    if word.startswith(("token", "secret")) and _JOINED.search(text, max(0, start - 8), start):
        return True
    previous = text[start - 1 : start] if start else ""
    for rest, letters in _FIRST_LETTERS.items():
        if word.startswith(rest):
            return previous in letters and not text[start - 2 : start - 1].isalpha()
    if word.startswith(("passw", "redential", "uthorization")) or not (previous.isascii() and previous.isalpha()):
        return True
    return previous.islower() and name.group()[0].isupper()  # `dbPwd`


def _judge(text: str, found: re.Match[str], *, chosen: bool) -> Span | None:
    quoted = found.groupdict().get("quoted")
    start, end = found.span("quoted" if quoted else "bare")
    value = text[start:end]
    if not quoted:
        value = without_rest(value, chosen=chosen)
        end = start + len(value)
        if not value or text[end : end + 1] in ("(", "["):  # a call
            return None
    scheme = found.groupdict().get("scheme")
    if scheme is not None:
        login = login_of(value)
        good = bool(scheme) and looks_drawn(value.rstrip("=")) if login is None else is_real_login(login)
    else:
        good = looks_chosen(value) if chosen else looks_drawn(value)
    return Span(start, end, "password", _ESCAPED_QUOTE.sub(r"\1", value)) if good else None
