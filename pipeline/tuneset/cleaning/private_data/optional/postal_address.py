"""Postal addresses that have a form: a street with its word and a number, and what follows of place and code. Off by default.

Twelve languages. A street without a number is no address, and words that are also others in English ("drive", "way",
"place") count only where a postal code, a state or a flat follows, or a word such as "address" stands before. An address
without a word for a street ("Am Markt 3", "Karl-Marx 12") is not found.
"""

# ruff: noqa: E501, RUF001  words of other scripts are wider than they look, and look like Latin ones
from __future__ import annotations

import functools
import re
from collections.abc import Iterator

from tuneset.cleaning.private_data.kinds import WORD, Span, before

_CAPITAL = r"[A-ZÀ-ÖØ-Þ][\w'’.-]*"
# Of a town's name; a dot ends a sentence.
_NAME = r"(?:(?:St|Ste|Mt|Ft)\.|[A-ZÀ-ÖØ-Þ][\w'’-]*)"
_STATES = (
    "A[KLRZ]|C[AOT]|D[CE]|FL|GA|HI|I[ADLN]|K[SY]|LA|M[ADEINOST]|N[CDEHJMVY]|O[HKR]|P[AR]|RI|S[CD]|T[NX]|UT|V[AT]|W[AIVY]"
    "|ON|QC|BC|AB|MB|SK|NSW|VIC|QLD|TAS|ACT"
)
_POSTCODE = rf"(?:(?:{_STATES}),? +)?[0-9]{{5}}(?:-[0-9]{{4}})?|(?:{_STATES}),? +[0-9]{{4}}|[A-Z]{{1,2}}[0-9][0-9A-Z]? ?[0-9][A-Z]{{2}}|(?:{_STATES}),? +[A-Z][0-9][A-Z] ?[0-9][A-Z][0-9]|(?:{_STATES})(?![A-Za-z])"
_FLAT = r"(?:[ ,]{1,2}(?:(?i:apt|apartment|suite|ste|unit|flat|floor|fl)\.? ?#?|#) ?[0-9A-Za-z-]{1,5})"
_TOWN = rf"(?:,? ?\n?(?:(?i:city|town): )?{_NAME}(?: {_NAME}){{0,3}})"
_TAIL = rf"(?:{_FLAT}?(?P<town>{_TOWN}?,? ?\n?(?:{_POSTCODE})(?![{WORD}]))|(?P<flat>{_FLAT}))"
_ENGLISH = (
    r"(?P<number>[1-9][0-9]{0,4}[A-Za-z]?(?:[-/][0-9]{1,4}[A-Za-z]?)?) (?:[NSEW]{1,2}\.? |(?:North|South|East|West) )?"
    rf"(?:(?:{_CAPITAL}|[0-9]{{1,3}}(?:st|nd|rd|th)) ){{1,3}}"
    r"(?:(?P<sure>Street|St|Str|Avenue|Ave|Road|Rd|Boulevard|Blvd|Lane|Ln|Terrace|Parkway|Pkwy|Crescent|Cres|Gardens|Mews)"
    r"|(?P<loose>Drive|Dr|Way|Place|Pl|Court|Ct|Close|Square|Sq|Circle|Cir|Hill|Row|Grove|Highway|Hwy|Trail|Loop|Park|Walk|Broadway))"
    rf"\b\.?{_TAIL}?"
)
# Of the languages that write the code before the town.
_CODE_TOWN = (
    rf"(?:,? ?[\n,·-]? ?(?:[A-Z]{{1,2}}-)?[0-9]{{4,5}}(?:-[0-9]{{3}})?(?: ?[A-Z]{{2}})? {_NAME}(?: {_NAME}){{0,3}})"
)
_NUMBER = rf"[1-9][0-9]{{0,3}}(?: ?[-/] ?[0-9]{{1,3}})?(?: ?[a-zA-Z](?![{WORD}]))?(?![0-9]|[.,][0-9]| ?(?:%|[€$£°]))"
_GERMANIC = (
    r"[A-ZÄÖÜÅÆØ][\wäöüßåæø.-]{2,30}(?:straße|strasse|str\.|gasse|allee|platz|weg|damm|ufer|chaussee|straat|laan|plein|gracht|kade|singel"
    r"|gatan|vägen|gata|veien|gate|vej|gade|katu|tie)"
    rf" {_NUMBER}{_CODE_TOWN}?"
    rf"|[A-ZÄÖÜ][\wäöüß-]{{2,30}}(?:er|[a-z])[ -](?:Straße|Strasse|Str\.|Allee|Platz|Weg|Gasse|Damm|Ufer|Chaussee) {_NUMBER}{_CODE_TOWN}?"
)
_ROMANCE_WORD = r"(?:[Rr]ue|[Aa]venue|[Bb]oulevard|[Bb]d\.?|[Cc]hemin|[Aa]llée|[Ii]mpasse|[Qq]uai|[Pp]lace)"  # French, the number before
_ROMANCE = (
    rf"[1-9][0-9]{{0,3}}(?: ?(?:bis|ter))?,? {_ROMANCE_WORD} (?:(?:de la|de|du|des|la|le|les) |(?:de )?l['’]|d['’])?{_CAPITAL}(?:[ -](?:de |du |des |la )?{_CAPITAL}){{0,4}}{_CODE_TOWN}?"
    r"|(?:Calle|C/|Avenida|Avda\.?|Av\.|Plaza|Paseo|Carrera|Cra\.?|Camino|Rua|R\.|Travessa|Praça|Alameda|Estrada|Via|Viale|V\.le|Piazza|P\.zza|Corso|Vicolo|Largo|Strada|Str\.|Bulevardul)"
    rf" ?(?:(?:de la|de los|de las|de|del|dei|della|delle|degli|di|da|do|dos|das) )?{_CAPITAL}(?: (?:(?:de|del|di|da|do|dos|das|la|y|e) )?{_CAPITAL}){{0,3}},? (?:[nN][º°.o]{{1,2}} ?|[nN]úmero |#)?{_NUMBER}(?:, [0-9]{{1,2}}[ºª°](?: ?[A-Za-z])?)?(?:{_CODE_TOWN}|(?P<alone>(?! ?[a-zà-ÿ])))"
)
_SLAVIC = (
    rf"(?:ul\.|ulica|ulice|al\.|os\.|pl\.) ?[A-ZĄĆĘŁŃÓŚŹŻČŘŠŽ][\w.-]+(?: {_CAPITAL}){{0,2}} {_NUMBER}(?:/[0-9]{{1,4}})?(?:,? ?[0-9]{{2}}-[0-9]{{3}} {_NAME}(?: {_NAME})?)?"
    r"|(?:ул\.|улица|вул\.|вулиця|пр-т|проспект|пер\.|переулок|бульвар|шоссе|наб\.) ?[А-ЯЁІЇЄҐ][\w.-]+(?: [А-ЯЁІЇЄҐ][\w.-]+)?,? ?(?:д\.|дом|буд\.)? ?[0-9]{1,4}(?:[а-яА-Я](?![а-я]))?(?:,? ?(?:к|корп|стр)\.? ?[0-9]{1,3})?(?:,? ?(?:кв|оф)\. ?[0-9]{1,4})?"
)
_TURKISH = rf"{_CAPITAL}(?: {_CAPITAL}){{0,3}} (?:Caddesi|Cad\.|Sokak|Sokağı|Sok\.|Bulvarı|Mahallesi|Mah\.),? (?:No ?[:.]? ?){_NUMBER}"
_CJK = (
    r"〒 ?[0-9]{3}-?[0-9]{4}[ \u3000]?(?:[\u3041-\u9fff0-9０-９－-]{4,40})?"
    r"|(?:[\u4e00-\u9fff]{2,8}[省市区區县縣]){1,3}[\u4e00-\u9fff0-9]{1,16}?(?:路|街|道|巷|弄|大街|胡同)[0-9一二三四五六七八九十]{1,5}(?:号|號|弄)(?:[\u4e00-\u9fff0-9-]{0,12}?[0-9]{1,5}(?:室|楼|樓|单元|号))?"
    r"|[\u4e00-\u9fff]{2,3}(?:都|道|府|県)[\u3041-\u9fff]{1,10}[市区町村][\u3041-\u9fff]{1,14}[0-9０-９]{1,3}(?:丁目|[-－])[0-9０-９]{1,3}(?:(?:番地?|[-－])[0-9０-９]{1,3}号?)?"
    r"|[가-힣]{2,8}(?:시|도) ?[가-힣]{1,8}(?:구|군|시) ?[가-힣0-9]{1,12}(?:로|길) ?[0-9]{1,4}(?:-[0-9]{1,3})?"
)
_BOX = rf"(?:P\.? ?O\.? ?Box|Postfach|Apartado(?: de correos)?|Boîte postale|Casella postale|Caixa postal) [0-9][0-9 ]{{0,6}}[0-9](?![{WORD}]){_TAIL.replace('town', 'town_2').replace('flat', 'flat_2')}?"
_SAYS_SO = re.compile(
    r"address|\blives?\b|\blived\b|\bliving\b|resid|deliver|ship(?:ped|ping)?\b|located|mail(?:ing|ed)? (?:it )?to|home is|visit us|office|come to",
    re.IGNORECASE,
)
ADDRESS_HINT = (
    r"[0-9][A-Za-z0-9/-]* [^\n]{2,60}(?:Str|St|Av|R[do]|Boul|Bl|La|Ln|Ter|P[akl]|Cres|Gar|Mews|Dr|Way|C[ort]|Cl|Sq|Ci|Hi|Hw|Ro|Gro|Tr|Lo|Wa|Bro)"
    r"|(?:straße|strasse|tr\.|gasse|allee|platz|weg|damm|ufer|chaussee|straat|laan|plein|gracht|kade|singel|gatan|vägen|gata|veien|gate|vej|gade|katu|tie"
    r"|Straße|Strasse|Allee|Platz|Weg|Gasse|Damm|Ufer|Chaussee) [1-9]"
    r"|[0-9],? ?(?:bis|ter)?,? ?(?:[Rr]ue|[Aa]venue|[Bb]oulevard|[Bb]d|[Cc]hemin|[Aa]llée|[Ii]mpasse|[Qq]uai|[Pp]lace) "
    r"|(?:Calle|C/|Aven|Avda|Av\.|Plaza|Paseo|Carrera|Cra|Camino|Rua|R\.|Travessa|Praça|Alameda|Estrada|Via|V\.le|Piazza|P\.zza|Corso|Vicolo|Largo|Str|Bulev)[^\n]{3,80}[1-9]"
    r"|(?:ul\.|ulica|ulice|al\.|os\.|pl\.|ул\.|улица|вул\.|вулиця|пр-т|проспект|пер\.|переулок|бульвар|шоссе|наб\.)[^\n]{2,60}[0-9]"
    r"|(?:Cad|Sok|Bulvar|Mah)[^\n]{0,12}No"
    r"|〒|[省市区區县縣路街道巷弄][^\n]{1,30}[号號弄]|[市区町村][^\n]{1,20}[0-9０-９]|[시도구군로길] ?[가-힣0-9]{0,24}[0-9]"
    r"|(?:Box|Postfach|Apartado|postale|postal)[^\n]{0,14}[0-9]"
)
"""For a fast engine: a text that it does not match holds no postal address."""


@functools.cache
def _address() -> re.Pattern[str]:
    """Every form; made when a text is looked at, since that takes longer than the rest of this file."""
    return re.compile(
        rf"(?:(?<![{WORD}])|(?<=[\u2e80-\uffef]))(?:{_ENGLISH}|(?P<other>{_GERMANIC}|{_ROMANCE}|{_SLAVIC}|{_TURKISH}|{_CJK}|{_BOX}))(?![0-9])"
    )


_ENDS = re.compile(r"\s*(?:[,.;)\n|\"]|\Z)")
_SPACES = re.compile(r"[\s,]+")


def postal_addresses(text: str) -> Iterator[Span]:
    """Yield the postal addresses in the text; the canonical form is in small letters with single spaces.

    >>> text = "Ship to 742 Evergreen Terrace, Springfield, IL 62704 or Hauptstraße 5, 10115 Berlin; 5 Hard Drive"
    >>> [text[s.start:s.end] for s in postal_addresses(text)]
    ['742 Evergreen Terrace, Springfield, IL 62704', 'Hauptstraße 5, 10115 Berlin']
    """
    for found in _address().finditer(text):
        if (
            found.group("loose")
            and not (found.group("town") or found.group("flat"))
            and not _SAYS_SO.search(before(text, found.start()))
        ):
            continue
        if (
            found.group("alone") is not None
            and not _SAYS_SO.search(before(text, found.start()))
            and not _ENDS.match(text, found.end())
        ):
            continue
        start, end = found.start(), found.end() - len(found.group()) + len(found.group().rstrip(" ,\n."))
        yield Span(start, end, "postal_address", _SPACES.sub(" ", text[start:end]).lower())
