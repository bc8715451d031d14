"""Phone numbers, judged by phonenumbers.

With `+` and a country code a number must be valid, no more. Without one it must be valid in one of the regions that
the user names, and either look like nothing else (a trunk zero or an area code in parentheses, grouped as people
group) or follow a word such as "phone". An extension is a part of its number. Short numbers are not looked for.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator

import phonenumbers

from tuneset.cleaning.private_data.kinds import NUMBER_LEFT, NUMBER_RIGHT, WORD, Span, before
from tuneset.cleaning.private_data.phone_context import is_labelled, is_of_a_thing

_FEWEST_DIGITS = 7
_NORTH_AMERICA = 1  # country code
_SEPARATOR = r"[ \u00a0\u202f.()/\u2010-\u2013-]"
_EXTENSION = r"(?i:[ ,;]{0,2}(?:x|ext(?:ension)?|durchwahl|poste|interno|ramal|доб)[.: #]{0,3})([0-9]{1,6})"
_EXTENSION_AFTER = re.compile(rf"{_EXTENSION}(?![{WORD}])")
_DIGITS = re.compile(
    rf"[0-9](?<![{WORD}@#$€£%^][0-9])(?<![0-9][.,:/-][0-9])(?<![\s(\"'=,]-[0-9])(?<!CVE-[0-9])(?:{_SEPARATOR}{{0,3}}[0-9]){{6,18}}"
    rf"(?=(?:{_EXTENSION})?(?![{WORD}@%]|[.,:/-]?[0-9]))"
)
_OPENING = re.compile(rf"(?<![{WORD}@#$€£%+])(?<![0-9][.,:/-])(?:\+ ?\(?|\(\+?)\Z")
_GROUP_END = re.compile(rf"[0-9](?={_SEPARATOR}|\Z)")
_LATIN_WORDS = (
    r"(?:tele)?(?:ph?one|fono|foon)s?|phones?|phone_?n(?:umber|o)|tel[eé]fonos?|t[eé]l[eé]phones?|t[eé]l"
    r"|tele(?:fon[eo]?|foon)(?:nummer)?|mobile?s?|m[oó]vil|cell|cellulare|celular|portable|handy(?:nummer)?|rufnummer|fax"
    r"|whats ?app|sms|signal|call(?:ed|ing|er)?|dial|ring|text (?:me|us|him|her)|hotline|msisdn|contact|reach\w*"
    r"|ll[aá]m[ae]\w*|chiam\w+|bel|ligue|appel\w*|joindre|anrufen|erreich\w*"
    # Portuguese, Nordic, Finnish, Icelandic, Polish, Hungarian, Croatian, Romanian, Lithuanian
    r"|telem[oó]vel|tlf|telepon|mobilnummer|mobil(?:en)?|puhelin\w*|s[ií]mi|kom[oó]rk\w+|zadzwo[nń]\w*|hívj\w*|mobitel|nazov\w*"
    r"|sunați|skambin\w*"
    # Turkish, Vietnamese, Indonesian, Swahili, Filipino
    r"|cep(?: tel)?|arayin|điện thoại|sđt|gọi|hubungi|nomor hp|simu|tawag\w*"
)
_OTHER_WORDS = (  # of scripts without spaces, or in which words take many endings
    r"тел|телефон|звон|мобильн|мобіль|дзвон|τηλ|κινητό|هاتف|تلفون|جوال|تلفن|موبایل|טלפון|נייד|फ़ोन|फोन|मोबाइल|ফোন|মোবাইল"
    r"|தொலைபேசி|โทร|มือถือ|电话|手机|致电|電話|手機|携帯|전화|휴대폰|연락처"
)
_WORD = re.compile(rf"(?<![a-z])(?:{_LATIN_WORDS})(?![a-z])|{_OTHER_WORDS}", re.IGNORECASE)
PHONE_WORD_HINT = rf"(?:^|[^a-z])(?:{_LATIN_WORDS})(?:[^a-z]|$)|{_OTHER_WORDS}"
"""For a fast engine: a text in small letters without a match holds no word that says phone."""
_MORE_DIGITS = rf"(?:{_SEPARATOR}{{0,3}}[0-9]){{5,18}}"
# The word of an extension may begin right after the last digit.
_RIGHT_HINT = rf"(?:{NUMBER_RIGHT}|[xX][0-9.: #]|(?i:ext|durch|poste|inter|ramal))"
PHONE_HINT = (
    rf"{NUMBER_LEFT}(?:\+ ?\(?[0-9]|\(?0[0-9]){_MORE_DIGITS}{_RIGHT_HINT}"
    rf"|\([0-9]{{2,5}}\) ?[0-9](?:{_SEPARATOR}{{0,3}}[0-9]){{3}}"
    r"|[2-9][0-9]{2}[.-][2-9][0-9]{2}[.-][0-9]{4}"
)
"""For a fast engine: the forms that count without such a word."""
PHONE_NUMBER_HINT = rf"{NUMBER_LEFT}[0-9]{_MORE_DIGITS}{_RIGHT_HINT}"
"""For a fast engine: the forms that count after such a word alone."""
_WORD_STEMS = (
    "ph", "fon", "foon", "tel", "tél", "mob", "movil", "móvil", "cel", "port", "hand", "ruf", "fax", "what", "sms",
    "sign", "call", "dial", "ring", "text", "hot", "msi", "cont", "reac", "lam", "lám", "chiam", "bel", "lig", "app",
    "joi", "erre", "тел", "звон", "мобил", "мобіл", "τηλ", "κινη", "puh", "sím", "sim", "kom", "kóm", "zadz", "hív",
    "naz", "suna", "skam", "tlf",
    "cep", "ara", "thoại", "sđt", "gọi", "hub", "nomor", "tawag", "هاتف", "تلف", "جوال", "موب",
    "טלפ", "נייד", "फ", "मोब", "ফোন",
    "মোব", "தொலை", "โทร", "มือ", "电", "手", "致", "電", "携", "전", "휴", "연",
)  # fmt: skip
# Right before a number: what nothing else is called but a phone. The country may then be any whose language it may be.
_NAMED = re.compile(
    r"(?:(?<![a-z])(?:(?:tele)?(?:ph?one|fono|foon|fon)|tel|t[eé]l|mobile?|m[oó]vil|telem[oó]vel|cell|celular|cellulare|handy"
    r"|fax|whats ?app|msisdn|puhelin|sími|komórka|mobitel"
    r"|tlf|telepon|cep(?: tel)?|điện thoại|sđt|nomor hp|simu)\w{0,10}"
    rf"|(?:{_OTHER_WORDS})\w{{0,12}})(?: ?(?:no|nr|num\w*|n[uú]m\w*|n[°º]|号码|番号|번호))?"
    r"[ .:#=(\uff1a是为は는은\"'-]{0,6}\Z",
    re.IGNORECASE,
)
_OTHER_REGIONS = (
    "CN", "JP", "KR", "TW", "HK", "RU", "UA", "PL", "CZ", "SK", "HU", "RO", "BG", "HR", "RS", "SI", "GR", "TR", "SE",
    "NO", "DK", "FI", "IS", "EE", "LV", "LT", "PT", "AT", "CH", "BE", "IE", "MX", "AR", "CL", "CO", "PE", "IL", "SA",
    "AE", "EG", "IR", "PK", "BD", "LK", "TH", "VN", "ID", "MY", "PH", "SG", "AU", "NZ", "ZA", "KE", "NG",
)  # fmt: skip
_COUNTED = re.compile(r"[0-9]{7,}")
"""How a program writes a number; others may follow."""
_DATE = re.compile(
    r"(?:19|20)\d\d([./-])[01]?\d\1[0-3]?\d|[0-3]?\d([./-])[0-3]?\d\2(?:19|20)?\d\d(?![./-]?\d)|(?:19|20)\d{2}[01]\d[0-3]\d"
)
_AMERICAN = re.compile(r"(?:\+?1[ .-]?)?(?:\([2-9]\d\d\) ?|[2-9]\d\d([.-]))[2-9]\d\d[.-]\d{4}")
# Card groups and tables of characters, a ZIP code, an SSN, an EIN.
_UNLIKE = re.compile(r"\d{4}(?:[ .]\d{4}){1,4}|\d{5}-\d{4}|\d{3}-\d{2}-\d{4}|\d{2}-\d{7}")
_OPERAND = re.compile(r"[\w)\]*/^=][ \t]*\Z")  # before a plus sign with a space after it
_DIGIT = re.compile("[0-9]")
_TABLE = 400  # characters before and after a line that are looked at
_DOTTED = ([3, 2, 2, 2], [2, 3, 2, 2], [1, 3, 3, 4])
"""Digits between the dots of Spanish, Polish and American numbers."""
_RANGE = re.compile(r"([0-9]{4,7}) ?[\u2010-\u2013-] ?([0-9]{4,7})")  # postal codes, years, numbers of a form
_TRUNK = re.compile(r"\(?0[1-9]")
_AREA_IN_PARENTHESES = re.compile(r"\(0\d{1,4}\) ?\d|\(\d{2,3}\) ?\d+[ .-]\d")
_DECIMAL = re.compile(r"\+ \d+\.\d+|\+?(?:\d{4,}\.\d+|\d+\.\d{1,5}|\d+[ -]\d+\.\d+)")
_LIST_NUMBER = re.compile(r"\d{1,2}[.)] +(?=[(\d])")


def phones(text: str, regions: tuple[str, ...]) -> Iterator[Span]:
    """Yield the phone numbers in the text; the canonical form is E.164.

    >>> [s.value for s in phones("call (415) 200-2671 or +44 20 7946 0958; order 4152002671", ("US",))]
    ['+14152002671', '+442079460958']
    """
    position = 0
    while found := _DIGITS.search(text, position):
        opening = _OPENING.search(text, max(0, found.start() - 3), found.start())
        span = _number(text, opening.start() if opening else found.start(), found.end(), regions)
        if span is not None:
            yield span
        position = span.end if span is not None else found.end()


def _number(text: str, start: int, end: int, regions: tuple[str, ...]) -> Span | None:
    """The longest valid number that begins at `start` and ends with a group of digits."""
    numbering = _LIST_NUMBER.match(text, start, end)
    start = numbering.end() if numbering else start
    candidate = text[start:end]
    if _DATE.match(candidate.lstrip("(+ ")) or _DECIMAL.fullmatch(candidate):
        return None
    context = before(text, start)
    small = context.lower()
    has_word = any(stem in small for stem in _WORD_STEMS) and _WORD.search(context) is not None
    if not has_word and (candidate[0] in "123456789" and not _AMERICAN.match(candidate)):
        return None
    counted = _COUNTED.match(candidate) is not None
    if (counted or (not has_word and candidate[0] != "+")) and is_of_a_thing(
        context, counted=counted, with_zero=candidate[0] == "0"
    ):
        return None
    if (not has_word and (is_labelled(context) or _UNLIKE.fullmatch(candidate))) or _counts_up(candidate):
        return None
    if _is_range(candidate) or _is_clause(candidate) or (not has_word and _in_table(text, start, end)):
        return None
    if candidate.startswith("+ ") and _OPERAND.search(context):
        return None
    ends = [match.end() for match in _GROUP_END.finditer(candidate)]
    for length in reversed(ends):
        number = candidate[:length]
        if number.count("(") != number.count(")"):
            continue
        if sum(c.isdigit() for c in number) < _FEWEST_DIGITS:
            return None
        canonical = _international(number, has_word)
        rest = sum(c.isdigit() for c in candidate[length:])
        if not canonical and (has_word or not 0 < rest < _FEWEST_DIGITS):  # else a part of a longer row of numbers
            canonical = _national(number, regions, has_word)
            if not canonical and has_word and _NAMED.search(context):
                canonical = _national(number, _OTHER_REGIONS, has_word)
        if canonical:
            end = start + length
            extension = _EXTENSION_AFTER.match(text, end) if length == len(candidate) else None
            if extension:
                return Span(start, extension.end(), "phone", f"{canonical};ext={extension.group(1)}")
            return Span(start, end, "phone", canonical)
    return None


def _counts_up(candidate: str) -> bool:
    """Whether the groups are a row of numbers, such as chapters.

    >>> _counts_up("01 02 03 04 05"), _counts_up("01 42 68 53 10")
    (True, False)
    """
    groups = [int(group) for group in re.findall(r"[0-9]+", candidate)]
    return len(groups) > 3 and all(after - before == 1 for before, after in itertools.pairwise(groups[:4]))


def _is_range(candidate: str) -> bool:
    """Whether two numbers of as many digits stand with a dash between, the smaller first.

    >>> _is_range("01001-99998"), _is_range("2019-2024"), _is_range("98765-43210"), _is_range("01234-567890")
    (True, True, False, False)
    """
    found = _RANGE.fullmatch(candidate)
    return found is not None and len(found.group(1)) == len(found.group(2)) and found.group(1) < found.group(2)


def _is_clause(candidate: str) -> bool:
    """Whether the number has four parts and more between dots, in a form that no country writes: a clause, a version.

    >>> [_is_clause(n) for n in ("7.18.358.3473", "31.16.36.2777", "01.42.68.53.10", "91.234.56.78", "1.415.200.2671")]
    [True, True, False, False, False]
    """
    parts = candidate.split(".")
    if len(parts) < 4 or candidate[0] in "0(+" or not all(map(str.isdigit, parts)):
        return False
    return [len(part) for part in parts] not in _DOTTED and {*map(len, parts)} != {2}


def _in_table(text: str, start: int, end: int) -> bool:
    r"""Whether the line is one of a table of numbers: those beside it have the same form, and some begin with no zero.

    >>> _in_table("04 88 31 18 21\n26 81 51 31 55", 0, 14), _in_table("04 88 31 18 21\n01 42 68 53 10", 0, 14)
    (True, False)
    """
    first, last = text.rfind("\n", 0, start) + 1, text.find("\n", end)
    last = len(text) if last < 0 else last
    form = _DIGIT.sub("0", text[first:last].strip())
    if form.strip("0 \t.-|,;"):
        return False
    above, below = text[max(0, first - _TABLE) : first].splitlines()[::-1], text[last : last + _TABLE].splitlines()[1:]
    for lines in (above, below):
        for line in map(str.strip, lines):
            if _DIGIT.sub("0", line) != form:
                break
            if not _TRUNK.match(line):
                return True
    return False


def _international(number: str, has_word: bool) -> str:
    """E.164 of a number with a country code, or an empty string."""
    bare = number.lstrip("(")
    if bare.startswith("+"):
        return _valid(bare, None)
    if bare.startswith("00") and (has_word or not bare.isdigit()):
        return _valid("+" + bare[2:], None)
    return ""


def _national(number: str, regions: tuple[str, ...], has_word: bool) -> str:
    """E.164 of a number without a country code that is valid in one of the regions, or an empty string."""
    if not has_word and not _looks_dialled(number):
        return ""
    for region in regions:
        if canonical := _valid(number, region):
            return canonical
    return ""


def _looks_dialled(number: str) -> bool:
    """Whether the form alone says phone.

    >>> [_looks_dialled(n) for n in ("(415) 555-2671", "030 901820", "0309018201", "55 123 4567", "1234567")]
    [True, True, False, False, False]
    """
    if _AMERICAN.fullmatch(number):
        return True
    if _UNLIKE.fullmatch(number):
        return False
    grouped = any(not c.isdigit() for c in number[1:])
    return grouped and bool(_TRUNK.match(number) or _AREA_IN_PARENTHESES.match(number))


def _valid(number: str, region: str | None) -> str:
    try:
        parsed = phonenumbers.parse(number, region)
    except phonenumbers.NumberParseException:
        return ""
    if not phonenumbers.is_valid_number(parsed) or len(set(str(parsed.national_number))) < 3:
        return ""
    # The countries of +1 share one plan of numbers, and dial each other without a code.
    shared = parsed.country_code == _NORTH_AMERICA
    if region is not None and not shared and phonenumbers.region_code_for_number(parsed) != region:
        return ""
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)
