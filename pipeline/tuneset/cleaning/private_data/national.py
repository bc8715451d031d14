"""National identity, social security and tax numbers, checked by python-stdnum.

A number stands for itself where its form and check digits can hardly be met by chance; a weaker one counts only after
a word that names it (in its own language or English), or in the grouping in which its country prints it.
"""

# ruff: noqa: E501  the table of numbers reads best with one line a number
from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Iterator

from stdnum.au import tfn
from stdnum.be import nn
from stdnum.br import cpf
from stdnum.ca import sin
from stdnum.ch import ssn as ahv
from stdnum.de import idnr
from stdnum.es import dni, nie
from stdnum.fi import hetu
from stdnum.fr import nir
from stdnum.gb import nhs
from stdnum.in_ import aadhaar, pan
from stdnum.iso7064 import mod_11_2
from stdnum.it import codicefiscale
from stdnum.kr import rrn
from stdnum.mx import curp
from stdnum.nl import bsn
from stdnum.pl import pesel
from stdnum.se import personnummer
from stdnum.us import itin, ssn

from tuneset.cleaning.private_data.kinds import NUMBER_LEFT, NUMBER_RIGHT, WORD, Span, before

Validator = Callable[[str], bool]

_IDENTITY = (
    r"|national (?:id|identity|identification|insurance)|identity (?:no|number|card)|social security"
    r"|tax (?:id|no|number)|personal (?:id|no|number)"
)

# HMRC, National Insurance Manual NIM39110: letters that no prefix holds, and prefixes that are not given out.
_NINO = re.compile(r"(?!BG|GB|KN|NK|NT|TN|ZZ)[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z][0-9]{6}[A-D]")


def _is_nino(spelled: str) -> bool:
    """Whether a UK National Insurance number has a form that is given out; it has no check digit.

    >>> _is_nino("AB 12 34 56 C"), _is_nino("BG 12 34 56 C")
    (True, False)
    """
    return _NINO.fullmatch(spelled.replace(" ", "")) is not None


def _is_ric(spelled: str) -> bool:
    """Whether a Chinese resident number has a date of birth and the right check digit (GB 11643).

    stdnum also wants the place to have existed at birth, but places were numbered later.

    >>> _is_ric("11010519491231002X"), _is_ric("110105194913310021")
    (True, False)
    """
    month, day = int(spelled[10:12]), int(spelled[12:14])
    return 1 <= month <= 12 and 1 <= day <= 31 and spelled[6:8] in ("19", "20") and bool(mod_11_2.is_valid(spelled))


@dataclasses.dataclass(frozen=True)
class _Number:
    """One country's number: its form, its check, and when it counts.

    Args:
        country: ISO 3166 code and name, for the canonical form.
        form: everything that could be one, boundaries left out.
        is_valid: the check of python-stdnum.
        words: a regular expression of the words that name it.
        alone: the spellings that count without such a word; none where it is too weak.
    """

    country: str
    form: str
    is_valid: Validator
    words: str
    alone: str | None = None


_NUMBERS = (
    _Number("US SSN", r"[0-9]{3}([- ]?)[0-9]{2}\1[0-9]{4}", ssn.is_valid, r"\bssn|soc(?:ial)?\.? sec", r"[0-9]{3}-[0-9]{2}-[0-9]{4}"),
    _Number("GB NINO", r"[A-Za-z]{2} ?[0-9]{2} ?[0-9]{2} ?[0-9]{2} ?[A-Da-d]", _is_nino, r"\bnino?\b|national insurance|\bn\.?i\.? (?:no|num)", r"[A-Z]{2} [0-9]{2} [0-9]{2} [0-9]{2} [A-D]"),
    _Number("GB NHS", r"[0-9]{3}[- ]?[0-9]{3}[- ]?[0-9]{4}", nhs.is_valid, r"\bnhs\b"),
    _Number("US ITIN", r"9[0-9]{2}-?[0-9]{2}-?[0-9]{4}", itin.is_valid, r"\bitin\b|taxpayer id", r"9[0-9]{2}-[0-9]{2}-[0-9]{4}"),
    _Number("IN PAN", r"[A-Za-z]{5} ?[0-9]{4}(?: ?[A-Z]|[a-z])", pan.is_valid, r"\bpan\b|permanent account|income tax"),
    _Number("DE IdNr", r"[1-9][0-9](?: ?[0-9]{3}){3}", idnr.is_valid, r"steuer|\bid-?nr|\btin\b|identifikationsnummer"),
    _Number("FR NIR", r"[12] ?[0-9]{2} ?[0-9]{2} ?[0-9][0-9AB] ?[0-9]{3} ?[0-9]{3} ?[0-9]{2}", nir.is_valid, r"\bnir\b|s[eé]cu|\binsee\b|n[°º] ss", r".*"),
    _Number("ES DNI", r"[0-9]{2}(?:[. ]?[0-9]{3}){2}[- ]?[A-Za-z]", dni.is_valid, r"\bdni\b|\bnif\b|documento|identidad"),
    _Number("ES NIE", r"[X-Zx-z][- ]?[0-9]{7}[- ]?[A-Za-z]", nie.is_valid, r"\bnie\b|\bnif\b|extranjer|documento|identidad", r"[XYZ]-?[0-9]{7}-?[A-Z]"),
    _Number("IT CF", r"[A-Za-z]{3} ?[A-Za-z]{3} ?[0-9]{2}[A-Za-z][0-9]{2} ?[A-Za-z][0-9]{3}[A-Za-z]", codicefiscale.is_valid, r"codice fiscale|\bc\.?f\.?\b", r"[A-Z0-9]+"),
    _Number("NL BSN", r"[0-9]{9}|[0-9]{4}[. ][0-9]{2}[. ][0-9]{3}|[0-9]{3}[. ][0-9]{3}[. ][0-9]{3}", bsn.is_valid, r"\bbsn\b|burgerservice|sofi-?n|citizen service"),
    _Number("BR CPF", r"[0-9]{3}[. ]?[0-9]{3}[. ]?[0-9]{3}[- ]?[0-9]{2}", cpf.is_valid, r"\bcpf\b|contribuinte", r"[0-9]{3}\.[0-9]{3}\.[0-9]{3}-[0-9]{2}"),
    _Number("IN Aadhaar", r"[2-9][0-9]{3}([- ]?)[0-9]{4}\1[0-9]{4}", aadhaar.is_valid, r"aadh?aa?r|uidai|\buid\b|आधार"),
    _Number("CA SIN", r"[0-9]{3}([- ]?)[0-9]{3}\1[0-9]{3}", sin.is_valid, r"\bsin\b|social insurance|assurance sociale|\bnas\b"),
    _Number("AU TFN", r"[0-9]{3}([- ]?)[0-9]{3}\1[0-9]{3}", tfn.is_valid, r"\btfn\b|tax file"),
    _Number("PL PESEL", r"[0-9]{6} ?[0-9]{5}", pesel.is_valid, r"pesel"),
    _Number("SE personnummer", r"(?:[0-9]{2})?[0-9]{6}[-+ ]?[0-9]{4}", personnummer.is_valid, r"person(?:al )?nummer|\bpnr\b|samordningsnummer"),
    _Number("FI HETU", r"[0-9]{6}[-+A-FU-Y][0-9]{3}[0-9A-FHJ-NPR-Ya-fhj-npr-y]", hetu.is_valid, r"hetu|henkil[oö]tunnus", r".*[A-Z+-][0-9]{3}[A-Z]|.*[A-FYXWVU].*"),
    _Number("CH AHV", r"756[. ]?[0-9]{4}[. ]?[0-9]{4}[. ]?[0-9]{2}", ahv.is_valid, r"\bahv|\bavs\b|sozialversicherung", r"756\.[0-9]{4}\.[0-9]{4}\.[0-9]{2}"),
    _Number("BE NN", r"[0-9]{2}[. ]?[0-9]{2}[. ]?[0-9]{2}[- ]?[0-9]{3}[. ]?[0-9]{2}", nn.is_valid, r"rijksregister|registre national|\bnn\b|insz|niss", r"[0-9]{2}\.[0-9]{2}\.[0-9]{2}-[0-9]{3}\.[0-9]{2}"),
    _Number("CN RIC", r"[1-9][0-9]{5} ?[0-9]{8} ?[0-9]{3}[0-9Xx]", _is_ric, r"身份证|\bric\b|resident id", r"[0-9]{17}[0-9Xx]"),
    _Number("KR RRN", r"[0-9]{6}[- ]?[1-8][0-9]{6}", rrn.is_valid, r"주민|resident registration|\brrn\b", r"[0-9]{6}-[0-9]{7}"),
    _Number("MX CURP", r"[A-Za-z]{4}[0-9]{6}[HMhm][A-Za-z]{5}[0-9A-Za-z][0-9]", curp.is_valid, r"\bcurp\b", r"[A-Z0-9]+"),
)  # fmt: skip
# Digits enough, and the word with up to six letters that they begin in.
_DIGITS = re.compile(r"[0-9](?:[ .A-Za-z+-]{0,3}[0-9]){3}")
_WORD_START = re.compile(rf"(?<![{WORD}])(?<![0-9][.,:/+-])(?<![A-Za-z][-.])(?:[A-Za-z]{{1,6}}[ -]?)?\Z")
_SPACED_START = re.compile(rf"(?<![{WORD}])[A-Za-z]{{3}} [A-Za-z]{{3}} ?\Z")  # Italy, as printed
_NUMBER_START = re.compile(rf"(?<![{WORD}])(?<![0-9][.,:/+-])(?<![A-Za-z][-.])")
_RIGHT = rf"(?![{WORD}]|[.,:/+-][0-9]|-[A-Za-z])"
_COMPILED = tuple(
    (
        number,
        re.compile(rf"(?:{number.form}){_RIGHT}"),
        re.compile((number.words + _IDENTITY).replace(r"\b", r"(?a:\b)"), re.IGNORECASE),
        re.compile(number.alone) if number.alone else None,
    )
    for number in _NUMBERS
)
_AFTER_LETTERS = tuple(entry for entry in _COMPILED if entry[0].form.startswith(("[A-Z", "[X-Z")))
_AFTER_DIGITS = tuple(entry for entry in _COMPILED if entry not in _AFTER_LETTERS)
# Word boundaries of ASCII match wherever those of Unicode do, and a fast engine is much faster at them.
NATIONAL_WORD_HINT = ("|".join(number.words for number in _NUMBERS) + _IDENTITY).replace(r"\b", r"(?-u:\b)")
"""For a fast engine: a text in small letters without a match holds no word that names such a number."""
NATIONAL_HINT = "|".join((
    r"[0-9]{6}[+-][0-9]{3}",  # Finland, Korea
    r"[XYZ]-?[0-9]{7}-?[A-Z]",  # Spain
    r"[0-9]{3}-[0-9]{2}-[0-9]{4}|756\.[0-9]{4}\.",  # United States, Switzerland
    r"[0-9]{3}\.[0-9]{3}\.[0-9]{3}-[0-9]{2}|[0-9]{2}\.[0-9]{2}\.[0-9]{2}-[0-9]{3}",  # Brazil, Belgium
    NUMBER_LEFT
    + r"(?:[12] ?[0-9]{2} ?[0-9]{2} ?[0-9][0-9AB] ?[0-9]{3} ?[0-9]{3} ?[0-9]{2}"  # France
    + rf"|[1-9][0-9]{{5}}(?:19|20)[0-9]{{2}}[01][0-9][0-3][0-9]{{4}}[0-9Xx]){NUMBER_RIGHT}",  # China
))  # fmt: skip
"""For a fast engine: the forms of seven digits and more that count without such a word."""
NATIONAL_SHORT_HINT = (
    r"[0-9]{2}(?:[A-Za-z][0-9]{2} ?[A-Za-z][0-9]{3}[A-Za-z]"  # Italy
    rf"| ?[0-9]{{2}}(?: ?[A-Z]{NUMBER_RIGHT}| ?[0-9]{{2}} ?[A-Da-d]{NUMBER_RIGHT}"  # India, United Kingdom
    r"|[0-9]{2}(?:[HMhm][A-Za-z]|[A-FU-Y][0-9]{3})))"  # Mexico, Finland
    rf"|[A-Za-z]{{5}}[0-9]{{4}}[a-z]{NUMBER_RIGHT}"  # India, in small letters
)
"""For a fast engine: the forms with fewer than seven digits in a row, with such a word or without."""
NATIONAL_NUMBER_HINT = (
    rf"{NUMBER_LEFT}(?:[X-Zx-z][ -]?[0-9]{{7}}[ -]?[A-Za-z]|[0-9]{{8}}[ -]?[A-Za-z]"
    rf"|[0-9]{{2}}(?:[ .+-]?[0-9]){{6,16}}(?:[ -]?[A-Za-z])?){NUMBER_RIGHT}"
)
"""For a fast engine: the forms that count after such a word alone."""
_GAPS = str.maketrans("", "", " .")
_SEPARATORS = str.maketrans("", "", " .-")
_PUBLISHED = frozenset({"078051120", "219099999", "QQ123456C", "12345678Z", "123456789", "12345678909", "123456782"})
"""Numbers that governments or their guides print as specimens; they belong to nobody."""


def national_ids(text: str) -> Iterator[Span]:
    """Yield the national numbers in the text; the canonical form is the country's name and the bare number.

    >>> [s.value for s in national_ids("SSN 536-90-4399; codice fiscale RCCMNL83S18D969H; part 536904399")]
    ['US SSN 536904399', 'IT CF RCCMNL83S18D969H']
    """
    position = 0
    while digits := _DIGITS.search(text, position):
        position = digits.start() + 1
        for start in _starts(text, digits.start()):
            if span := _number_at(text, start):
                yield span
                position = max(position, span.end)
                break
        else:
            while text[position : position + 1].isdigit():  # no number begins inside a run of digits
                position += 1


def _starts(text: str, digit: int) -> Iterator[int]:
    """Where a number may begin whose first digit this is: with a word of letters before it, or without.

    >>> list(_starts("nino AB 12", 8)), list(_starts("x12", 1))
    ([5, 8], [0])
    """
    letters = _WORD_START.search(text, max(0, digit - 7), digit)
    if letters is not None and letters.start() < digit:
        yield letters.start()
    spaced = _SPACED_START.search(text, max(0, digit - 8), digit)
    if spaced is not None:
        yield spaced.start()
    if _NUMBER_START.match(text, digit):
        yield digit


def _number_at(text: str, start: int) -> Span | None:
    for number, pattern, words, alone in _AFTER_DIGITS if text[start].isdigit() else _AFTER_LETTERS:
        found = pattern.match(text, start)
        if found is None:
            continue
        spelled = found.group()
        bare = spelled.translate(_SEPARATORS).upper()
        if bare in _PUBLISHED or len(set(bare)) < 3:
            continue
        stands_alone = alone is not None and alone.fullmatch(spelled)
        if not stands_alone and not words.search(before(text, start)):
            continue
        if number.is_valid(spelled.upper().translate(_GAPS)):
            return Span(start, found.end(), "national_id", f"{number.country} {bare}")
    return None
