"""E-mail addresses.

An address is left alone where nothing in it points at a person: a generic name (`user`, `info`, `your.name`) at a
domain that RFC 2606 reserves for examples. Marks that nobody sees hide none, nor do brackets:
`ann (at) acme [dot] org`. Not found: quoted local parts, Chinese and Japanese ones, and "ann at acme dot org", whose
words may be a sentence.
"""

# ruff: noqa: RUF001  letters of other scripts
from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator

from tuneset.cleaning.private_data.email_signs import BRACKETED_AT, UNSEEN
from tuneset.cleaning.private_data.kinds import Span, before

_LOCAL = re.compile(r"[A-Za-z0-9À-ɏ._+'&=~-]{1,65}\Z")  # RFC 5321, 4.5.3.1.1: at most 64
_DOMAIN = re.compile(r"(?:[A-Za-z0-9À-ɏ](?:[A-Za-z0-9À-ɏ-]{0,61}[A-Za-z0-9À-ɏ])?\.)+(?:[A-Za-z]{2,24}|xn--[a-z0-9-]+)")
_AT = re.compile(r"@|%40")
# Names in other scripts (RFC 6531), at the top-level domains of those scripts in use (IANA root zone, 2026-11).
_OTHER_LETTERS = "\u0370-\u1fff\u3041-\u30ff\u3400-\u9fff\uac00-\ud7a3"
_OTHER_TOPS = (
    "рф|рус|укр|бел|бг|мкд|срб|мон|қаз|москва|дети|онлайн|сайт|орг|ком|ελ|ευ|հայ|გე|ישראל|قطر|مصر|عمان|ایران|الاردن|المغرب"
    "|السعودية|امارات|تونس|فلسطين|भारत|ভারত|বাংলা|இந்தியா|இலங்கை|ไทย|中国|中國|香港|台湾|台灣|新加坡|公司|网络|網絡|网址|在线|みんな|한국|닷컴"
)
_OTHER_LOCAL = re.compile(rf"[0-9A-Za-zÀ-ɏ{_OTHER_LETTERS}._+-]{{1,65}}\Z")
_OTHER_DOMAIN = re.compile(
    rf"(?:[0-9A-Za-zÀ-ɏ{_OTHER_LETTERS}][0-9A-Za-zÀ-ɏ{_OTHER_LETTERS}-]{{0,62}}\.){{1,8}}?(?:{_OTHER_TOPS})"
)
# Chinese, Japanese and Korean text goes on right before and after an address, so that there a name is of Latin letters.
_WITHOUT_SPACES = re.compile(r"[\u3041-\u30ff\u3400-\u9fff\uac00-\ud7a3]")
_DIGIT_HOST = re.compile(r"[0-9]{2,10}\.(?:com|cn|net|org|hk|tw)\Z")  # 163.com, 126.com, 189.cn; no version ends so

# Two letters are a country with phone numbers (a test holds them to what phonenumbers knows, which takes long to load),
# or one of the four that are no ISO 3166 code.
_COUNTRY_CODES = (
    "ac ad ae af ag ai al am ao ar as at au aw ax az ba bb bd be bf bg bh bi bj bl bm bn bo bq br bs bt bw by bz "
    "ca cc cd cf cg ch ci ck cl cm cn co cr cu cv cw cx cy cz de dj dk dm do dz ec ee eg eh er es et fi fj fk fm "
    "fo fr ga gb gd ge gf gg gh gi gl gm gn gp gq gr gt gu gw gy hk hn hr ht hu id ie il im in io iq ir is it je "
    "jm jo jp ke kg kh ki km kn kp kr kw ky kz la lb lc li lk lr ls lt lu lv ly ma mc md me mf mg mh mk ml mm mn "
    "mo mp mq mr ms mt mu mv mw mx my mz na nc ne nf ng ni nl no np nr nu nz om pa pe pf pg ph pk pl pm pr ps pt "
    "pw py qa re ro rs ru rw sa sb sc sd se sg sh si sj sk sl sm sn so sr ss st sv sx sy sz ta tc td tg th tj tk "
    "tl tm tn to tr tt tv tw tz ua ug us uy uz va vc ve vg vi vn vu wf ws xk ye yt za zm zw"
)
_COUNTRY = frozenset(_COUNTRY_CODES.split()) | {"uk", "eu", "su", "ac"}
# The generic top-level domains in common use (IANA root zone, 2026-11); any other needs a word such as "mail" before.
_GENERIC_NAMES = (
    "com org net edu gov mil int info biz name pro coop museum aero jobs mobi travel tel cat asia post xxx "
    "arpa app dev page cloud online site website store shop blog tech xyz top club live life world today news "
    "media agency email company group team work works consulting solutions services systems network digital "
    "design studio software support center care health clinic dental doctor hospital law legal lawyer attorney "
    "finance financial capital fund bank insurance money tax energy engineering academy school university "
    "college education institute foundation church community social chat games game fun art music film "
    "photography photo photos video events restaurant cafe bar pub wine hotel house land estate properties "
    "realty homes garden farm coffee pizza kitchen berlin hamburg koeln bayern wien swiss paris london "
    "amsterdam brussels tokyo nyc eus gal bzh scot wales cymru africa lat quebec moscow istanbul miami vegas "
    "boston global international partners ventures holdings gmbh ltd llc inc space zone guru expert wiki link "
    "click win bid trade market marketing press review reviews one plus green blue red pink love family kids "
    "baby pet fit run ski surf golf football yoga bike cars auto tours vip ninja rocks cool fyi lol wtf "
    "example test invalid localhost"
)
_GENERIC = frozenset(_GENERIC_NAMES.split())
_RESERVED = re.compile(r"(?:\A|\.)(?:example(?:\.(?:com|org|net|edu))?|test|invalid|localhost)\Z")
_GENERIC_LOCAL = re.compile(
    r"(?:(?:user|username|test|tester|foo|bar|baz|someone|somebody|anyone|nobody|me|you|name|email|mail|address|admin"
    r"|administrator|root|webmaster|postmaster|hostmaster|info|contact|support|help|hello|sales|no-?reply"
    r"|do-?not-?reply|example|sample|demo|sender|recipient|from|to|local|localpart|local-part|git|first[._-]?last"
    r"|first[._-]?name[._-]?last[._-]?name|(?:your|my)[._-]?(?:name|e?mail|user|username|address)?|[a-z])"
    r"(?:[._-]?(?:user|name|email|address|mail))?[0-9]{0,4})\Z"
)
_MAIL_WORD = re.compile(r"mail|contact|reach|write to|correo|courriel|邮箱|メール", re.IGNORECASE)
_MESSAGE_ID = re.compile(r"(?:Message-ID|In-Reply-To|References|Content-ID)[\"']?: *\S*\Z", re.IGNORECASE)
_URL_USER = re.compile(r"://[^\s/\"'<>]*\Z")  # what stands before the @ of a URL is a login
_REMOTE_PATH = re.compile(r":[/~]|:[\w.-]+/[\w./-]+")  # host:path, as in `git@github.com:org/repo.git`


# A text that hides an address from programs, with brackets around the words for its marks.
_BRACKETED = "|".join(map(re.escape, BRACKETED_AT))
_MAY_BE_DISGUISED = re.compile(_BRACKETED, re.IGNORECASE)
"""Looked for first: to go through all that may be a name before it takes four times as long."""
_DOT = r"(?:\.|[ ]?[\[({][ ]?(?:dot|punkt|\.)[ ]?[\])}][ ]?)"
_DISGUISED = re.compile(
    rf"(?<![\w.+-])([A-Za-z0-9](?:[A-Za-z0-9_+-]|{_DOT}(?=[A-Za-z0-9])){{0,63}})[ ]?"
    rf"(?:{_BRACKETED})[ ]?"
    rf"((?:[A-Za-z0-9][A-Za-z0-9-]{{0,62}}{_DOT}){{1,4}}([A-Za-z]{{2,24}}))(?![\w(-])",
    re.IGNORECASE,
)
_ANY_DOT = re.compile(_DOT, re.IGNORECASE)
_UNSEEN = re.compile(f"[{UNSEEN}]")


def emails(text: str) -> Iterator[Span]:
    """Yield the e-mail addresses in the text; the canonical form is in lower case.

    >>> [text[s.start:s.end] for text in ["Ann <Ann.Lee@acme.org>", "user@example.com", "@app.route"]
    ...     for s in emails(text)]
    ['Ann.Lee@acme.org']
    >>> [span.value for text in ["ann (at) acme [dot] org", "an\u00adn@acme\u200b.org"] for span in emails(text)]
    ['ann@acme.org', 'ann@acme.org']
    """
    if not _UNSEEN.search(text):
        yield from _seen_emails(text)
        return
    places = [place for place, character in enumerate(text) if not _UNSEEN.match(character)]
    for span in _seen_emails(_UNSEEN.sub("", text)):
        yield dataclasses.replace(span, start=places[span.start], end=places[span.end - 1] + 1)


def _seen_emails(text: str) -> Iterator[Span]:
    yield from _disguised(text)
    yield from _written(text)


def _disguised(text: str) -> Iterator[Span]:
    for found in _DISGUISED.finditer(text) if _MAY_BE_DISGUISED.search(text) else ():
        name, host = (_ANY_DOT.sub(".", found[group]).lower() for group in (1, 2))
        if found[3].lower() in _COUNTRY | _GENERIC and not (_RESERVED.search(host) and _GENERIC_LOCAL.match(name)):
            yield Span(*found.span(), "email", f"{name}@{host}")


def _written(text: str) -> Iterator[Span]:
    for at in _AT.finditer(text):
        local = _LOCAL.search(text, max(0, at.start() - 65), at.start())
        domain = _DOMAIN.match(text, at.end(), at.end() + 254)
        if local is None or domain is None or not _end(text, domain):
            if span := _in_other_script(text, at):
                yield span
            continue
        start, end = _start(text, local.start(), at.start()), _end(text, domain)
        name = text[start : at.start()]
        if not 1 <= len(name) <= 64 or name.endswith(".") or ".." in name or not end:
            continue
        host = text[at.end() : end].lower()
        if _is_address(text, start, end, name.lower(), host):
            yield Span(start, end, "email", f"{name}@{host}".lower())


def _in_other_script(text: str, at: re.Match[str]) -> Span | None:
    """The address of a name or a domain in another script, at a top-level domain of that script."""
    domain = _OTHER_DOMAIN.match(text, at.end(), at.end() + 254)
    if domain is None:
        return None
    spaced = not _WITHOUT_SPACES.search(domain.group())
    local = (_OTHER_LOCAL if spaced else _LOCAL).search(text, max(0, at.start() - 65), at.start())
    if local is None or (spaced and re.match(rf"[{_OTHER_LETTERS}]", text[domain.end() : domain.end() + 1])):
        return None
    start = _start(text, local.start(), at.start())
    value = f"{text[start : at.start()]}@{text[at.end() : domain.end()]}".lower()
    return Span(start, domain.end(), "email", value) if start < at.start() else None


def _start(text: str, start: int, end: int) -> int:
    """Where the name begins: not with punctuation, and not with the `n` of an escaped newline."""
    while start < end and text[start] in ".'+&=~-":
        start += 1
    if start > 0 and text[start - 1] == "\\" and text[start] in "nrt" and end - start > 1:
        return start + 1
    equals = text.rfind("=", start, end)  # `to=ann@acme.org` in a log or query
    return equals + 1 if equals >= 0 else start


def _end(text: str, domain: re.Match[str]) -> int:
    """Where the domain ends, or 0. A sentence that begins right after the full stop is no part of it."""
    end = domain.end()
    while True:
        host = text[domain.start() : end]
        top = host.rpartition(".")[2].lower()
        known = top in _COUNTRY or top in _GENERIC or top.startswith("xn--")
        following = text[end : end + 1]
        if following not in ("", "(", "_") and following.isascii() and following.isalnum():
            known = False
        if following in ("(", "_"):
            return 0  # a call or a name of a program
        if known or (len(top) > 3 and _MAIL_WORD.search(before(text, domain.start(), 100))):
            return end
        end -= len(top) + 1
        if "." not in text[domain.start() : end] or not text[end + 1 : end + 2].isupper():
            return 0


def _is_address(text: str, start: int, end: int, name: str, host: str) -> bool:
    if _RESERVED.search(host) and _GENERIC_LOCAL.match(name):
        return False
    if _URL_USER.search(text, max(0, start - 200), start):
        return False
    if _REMOTE_PATH.match(text, end):
        return False
    if host.partition(".")[0].isdigit() and host.count(".") == 1 and not _DIGIT_HOST.match(host):  # a version
        return False
    return _MESSAGE_ID.search(text, max(0, start - 60), start) is None
