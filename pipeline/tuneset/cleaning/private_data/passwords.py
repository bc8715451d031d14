"""Passwords and keys that a name gives away: `password=...`, `"api_key": "..."`, `--token ...`, "the password is ...".

The value must look chosen or drawn, and not like code, a path or a stand-in. Not found: a password that is a plain
word (`password=sunshine`), because most such values are names of fields.
"""

# ruff: noqa: E501, RUF001  words of other scripts are wider than they look, and look like Latin ones
from __future__ import annotations

import base64
import binascii
import functools
import re
from collections.abc import Iterator

from tuneset.cleaning.private_data.kinds import UNSPACED, Span
from tuneset.cleaning.private_data.strength import entropy, is_left_out, is_stand_in

STEMS = (
    "pass", "Pass", "PASS", "pwd", "Pwd", "PWD", "secret", "Secret", "SECRET", "token", "Token", "TOKEN", "key", "Key",
    "KEY", "redential", "REDENTIAL", "uthorization", "UTHORIZATION", "ontraseñ", "ontrasen", "senha", "Senha",
    "achtwoord", "ot de passe", "ennwort", "ösenord", "dgangskode", "alasana", "ykilor", "asło", "eslo",
    "elsz", "arol", "arool", "ozink", "арол", "ωδικ", "şifre", "Şifre",
    "كلمة", "رمز", "סיסמ", "पासवर्ड", "পাসওয়ার্ড", "கடவுச்சொல்", "รหัสผ่าน", "ật khẩu", "ata sandi", "ata laluan", "laptažod",
    "озинк", "enosiri", "eno la siri", "პაროლ", "աղտնաբառ", "پاس ورڈ", "گذرواژه", "clave", "Clave", "odeord", "暗証番号",
    "密码", "密碼", "口令", "パスワード", "비밀번호", "암호", "curl", "ookie",
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
_USER = re.compile(
    r"curl [^\n]{0,300}?(?:-u|--user)[ =]?(?:(?P<q>[\"'])[^\s:\"']{1,60}:(?P<quoted>[^\"'\n]{4,200})(?P=q)"
    r"|[^\s:\"'-][^\s:\"']{0,60}:(?P<bare>[^\s\"'\\]{4,200}))"
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
_ATTRIBUTE = re.compile(r"[A-Za-z_$][\w$]*(?:(?:\.|->|::|\[)[A-Za-z_][\w$\]'\"]*)+\Z")
_PLACE = re.compile(
    r"(?:[a-z]+://|/|\./|\.\./|~/|[A-Za-z]:\\|arn:)"
    r"|[&*][A-Za-z_]\w*\Z|.*\.(?:pem|key|crt|txt|json|ya?ml|env|py|js|ts|html?|php|cfg|ini|toml|md)\Z"
)
_WORDS = re.compile(r"[^\W\d_]+(?:[-_. :/@][^\W\d_]+)*[!?.:]*\Z")
_IDENTIFIER = re.compile(
    r"[a-z]+(?:_[a-z0-9]+)+\Z|[A-Z]+(?:_[A-Z0-9]+)+\Z|[a-z]+(?:[A-Z][a-z]+)+[0-9]?\Z|[A-Za-z_]\w*=\Z"
)
_AFTER_NAME = "\\\"'`]:=?|,>\uff1a\u055d是为為はが는은ค"
"""With white space, the characters by one of which every pattern of a value begins."""
_NO_LETTER = re.compile(r"[0-9!#$%^&*+=~?]")  # every password that counts holds one of these
_END_OF_SENTENCE = ".,;:?"
_LONG_ENOUGH = 20  # characters


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
_USER_HINT = r"curl [^\n]*(?:-u|--user)[ =]?[\"']?[^\s:]+:|[Cc]ookie[\"']?[ \t]*[:=,][^\n]*="
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
    if "curl " in text:
        for found in _USER.finditer(text):
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
        value = _without_rest(value, chosen=chosen)
        end = start + len(value)
        if not value or text[end : end + 1] in ("(", "["):  # a call
            return None
    if found.groupdict().get("scheme"):
        login = _login(value)
        good = looks_drawn(value.rstrip("=")) if login is None else _is_real(login)
    else:
        good = looks_chosen(value) if chosen else looks_drawn(value)
    return Span(start, end, "password", _ESCAPED_QUOTE.sub(r"\1", value)) if good else None


def _login(value: str) -> tuple[str, str] | None:
    """User and password in a value of HTTP's basic authentication (RFC 7617), with its padding or without.

    >>> _login("YW5uOnNob3J0eQ"), _login("YW5uOnNob3J0eQ=="), _login("YWJjZGVm")
    (('ann', 'shorty'), ('ann', 'shorty'), None)
    """
    bare = value.rstrip("=")
    try:
        decoded = base64.b64decode(bare + "=" * (-len(bare) % 4), validate=True).decode()
    except (binascii.Error, ValueError):
        return None
    user, colon, password = decoded.partition(":")
    return (user, password) if colon and decoded.isprintable() else None


def _is_real(login: tuple[str, str]) -> bool:
    user, password = login
    taught = user in ("user", "username", "myuser", "Aladdin") and password in ("pass", "password", "open sesame")
    return len(password) >= 4 and not taught and not is_left_out(password)


_BRACKETS = {"(": ")", "[": "]", "{": "}", "<": ">"}
_BREAK = re.compile(r"[,;<>()\[\]{}|]")
_GOES_ON = re.compile(r"[,;|][A-Za-z_][A-Za-z_ .-]{0,30}[=:]|</|<br")
_PLAIN_PARTS = re.compile(r"\w*(?:[,;|]\w*)+\Z")
_CALL_HEAD = re.compile(r"(?P<head>[A-Za-z_$][\w$.]*)[(\[{<]")
_NAME_PART = re.compile(r"[A-Z]?[a-z]+|[A-Z]+|[0-9]+")
_OF_CODE = re.compile(r"[\"'`:=$\\]|\w\(|[A-Za-z_]{3}|, ?[0-9]")
_CLASS = re.compile(r"\[[^\]]*[A-Za-z0-9]-[A-Za-z0-9][^\]]*\](?:[*+{]|\[)")  # of a regular expression, quoted or not
_EXPRESSION = re.compile(r"\[[\^A-Za-z0-9]-|\{[0-9]+,?[0-9]*\}|\(\?|\.\*|\$[0-9@*#?!](?!\w)")


def _without_rest(value: str, *, chosen: bool) -> str:
    """A value without quotes, up to where something else goes on; empty where it is code.

    What machines draw holds no brackets; what people choose may.

    >>> [_without_rest(v, chosen=True) for v in ("a(b1]x{9,q", "hunter2x).", "hunter2x,user=ann", "get(x1)", "aB3x,ann")]
    ['a(b1]x{9,q', 'hunter2x', 'hunter2x', '', 'aB3x']
    """
    plain = _PLAIN_PARTS.match(value) and len(set(value) & set(",;|")) == 1
    stop = _BREAK.search(value) if not chosen or plain else _GOES_ON.search(value)
    value = (value[: stop.start()] if stop else value).rstrip(_END_OF_SENTENCE)
    if not chosen:
        return value
    nested = _is_nested(value)
    while nested is None and value[-1:] in tuple(_BRACKETS.values()):  # it closes what was opened before the value
        shorter = value[:-1].rstrip(_END_OF_SENTENCE)
        if _is_nested(shorter) is None:
            break
        value, nested = shorter, _is_nested(shorter)
    if _BREAK.search(value) is None:
        return value
    if _EXPRESSION.search(value):
        return ""
    if (
        value[0] in _BRACKETS
        and nested is not None
        and (len(set(value) & set(_BRACKETS)) < 2 or _OF_CODE.search(value))
    ):
        return ""
    call = _CALL_HEAD.match(value)
    if call and nested is not None and _is_program_name(call.group("head")):
        return ""
    return value


def _is_program_name(head: str) -> bool:
    """Whether its parts are words, and not single characters.

    >>> _is_program_name("b64decode"), _is_program_name("gK9x2m")
    (True, False)
    """
    parts = _NAME_PART.findall(head)
    return sum(map(len, parts)) >= 2 * len(parts)


def _is_nested(value: str) -> bool | None:
    """Whether all brackets are closed (True), some are not (False), or one closes what it did not open (None).

    >>> _is_nested("f(x)"), _is_nested("f(x"), _is_nested("f(x]"), _is_nested("x)")
    (True, False, None, None)
    """
    open_brackets: list[str] = []
    for character in value:
        if character in _BRACKETS:
            open_brackets.append(_BRACKETS[character])
        elif character in _BRACKETS.values() and (not open_brackets or open_brackets.pop() != character):
            return None
    return not open_brackets


def looks_chosen(value: str) -> bool:
    """Whether a value may be a password that a person chose.

    >>> [looks_chosen(v) for v in ("Tr0ub4dor&3", "hunter2", "required", "user_password", "self.password")]
    [True, True, False, False, False]
    """
    if not 6 <= len(value) <= 128 or " " in value or is_left_out(value) or _CLASS.search(value):
        return False
    if any(form.match(value) for form in (_WORDS, _ATTRIBUTE, _PLACE, _IDENTIFIER)):
        return False
    return bool(_NO_LETTER.search(value)) and len(set(value)) > 3 and entropy(value) >= 2.0


def looks_drawn(value: str) -> bool:
    """Whether a value may be a key that a machine drew.

    >>> [looks_drawn(v) for v in ("q7Zx0LmP2vB9sKd4", "max_tokens", "header:Authorization", "abc123")]
    [True, False, False, False]
    """
    if not 12 <= len(value) <= 2000 or " " in value or is_stand_in(value) or _CLASS.search(value):
        return False
    padded = value.rstrip("=") if len(value) >= _LONG_ENOUGH else value  # base64, and no name of an argument
    if any(form.match(padded) for form in (_ATTRIBUTE, _PLACE, _IDENTIFIER)):
        return False
    return any(c.isdigit() for c in value) and any(c.isalpha() for c in value) and entropy(value) >= 3.0
