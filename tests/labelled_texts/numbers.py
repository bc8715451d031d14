"""Card numbers, IBANs and national numbers, with digits that only look like them."""

# ruff: noqa: E501, RUF001  the names of the makers say what they make; tables of texts, some of them Chinese
from __future__ import annotations

import random
import string

from stdnum import verhoeff
from stdnum.de import idnr
from stdnum.it import codicefiscale

from tests.labelled_texts.sample import HEX, digits, fill, luhn_digit, pick

_ISSUERS = (
    ("4", 16),
    ("51", 16),
    ("55", 16),
    ("2221", 16),
    ("2720", 16),
    ("34", 15),
    ("37", 15),
    ("6011", 16),
    ("65", 16),
    ("3530", 16),
    ("36", 14),
    ("62", 16),
    ("4", 16),
    ("53", 16),
)
_CARD_TEXT = (
    "card number {}", "Visa {}, exp 04/27, CVV 123", "Please charge {} for it.", "{}", "My card: {}", "Karte {}", "tarjeta {}", "pan={}", '"card_number": "{}"', "paid with {} yesterday", "{} 12/26 345", "Kreditkartennummer: {}",
    "carte bancaire {}", "n° {} (Mastercard)", "cc:{};", "Here you go: {}.",
)  # fmt: skip


def _card(dice: random.Random) -> str:
    prefix, length = dice.choice(_ISSUERS)
    payload = prefix + digits(dice, length - 1 - len(prefix))
    return payload + luhn_digit(payload)


def _grouped(dice: random.Random, number: str) -> str:
    sizes = {16: (4, 4, 4, 4), 15: (4, 6, 5), 14: (4, 6, 4)}[len(number)]
    gap = dice.choice((" ", "-", "", "", "\u00a0"))
    parts, at = [], 0
    for size in sizes:
        parts.append(number[at : at + size])
        at += size
    return gap.join(parts)


def card(dice: random.Random) -> tuple[str, str]:
    return dice.choice(_CARD_TEXT), _grouped(dice, _card(dice))


def not_card(dice: random.Random) -> tuple[str, str]:
    good = _card(dice)
    broken = good[:-1] + str((int(good[-1]) + dice.randrange(1, 10)) % 10)
    foreign = "9" + digits(dice, 14)
    return "{}", dice.choice(
        (f"card {_grouped(dice, broken)}", f"Visa {broken}", f"order {good}", f"tracking no. {good}", f"ISBN 978{digits(dice, 10)}", f"hash {pick(dice, HEX, 20)}{good}", f"0.{good}", f"{foreign}{luhn_digit(foreign)}", f"id {good}{digits(dice, 6)}", f"trace_id={good}",
         f"{good[:3]} {good[3:7]} {good[7:11]} {good[11:]}", f"1{digits(dice, 15)}", f"{digits(dice, 4)} {digits(dice, 4)} {digits(dice, 4)}", f"550e8400-e29b-41d4-a716-44{digits(dice, 10)}", f"170{digits(dice, 13)}", f"0000 0000 0000 000{dice.randrange(10)}", f"IMEI 35{digits(dice, 13)}",
         f"ts={digits(dice, 13)}", f"invoice #{good}", f"x{good}y", f"serial {good}-A", f"{broken[:4]} {broken[4:8]} {broken[8:12]} {broken[12:]}")
    )  # fmt: skip


_BANKS = {
    "DE": "%#################",
    "FR": "%#########%##########3##",
    "GB": "LLLL##############",
    "NL": "LLLL##########",
    "AT": "%###############",
    "CH": "0####%###########",
    "BE": None,
    "PL": "########################",
    "IE": "LLLL##############",
    "SE": "####################",
    "DK": "##############",
    "PT": None,
    "LU": "###LLLLLLLLLLLLL".replace("L", "#"),
    "SA": "##%#################",
}
_IBAN_TEXT = (
    "IBAN: {}",
    "Please pay to {} by Friday.",
    "Konto {}",
    '"iban":"{}"',
    "compte {} chez nous",
    "{}",
    "to {}, BIC COBADEFFXXX",
    "account={};",
    "IBAN {}.",
    "Überweisung auf {} erbeten",
    "rekening {}",
    "cuenta {}",
)


def _iban(dice: random.Random) -> str:
    country = dice.choice([c for c, form in _BANKS.items() if form and c not in ("FR", "SE")])
    account = "".join(dice.choice("ABNRTWK") if c == "L" else c for c in fill(dice, _BANKS[country] or ""))
    number = "".join(str(int(c, 36)) for c in account + country + "00")
    return f"{country}{98 - int(number) % 97:02}{account}"


def iban(dice: random.Random) -> tuple[str, str]:
    value = _iban(dice)
    gap = dice.choice((" ", "", "", "-", "\u00a0"))
    value = gap.join(value[i : i + 4] for i in range(0, len(value), 4))
    return dice.choice(_IBAN_TEXT), value.lower() if dice.random() < 0.05 else value


def not_iban(dice: random.Random) -> tuple[str, str]:
    good = _iban(dice)
    broken = good[:2] + f"{(int(good[2:4]) + dice.randrange(1, 90)) % 97 + 1:02}" + good[4:]
    broken = broken if broken != good else good[:-1] + "X"
    swapped = good[:-2] + str((int(good[-2]) + 1) % 10) + good[-1] if good[-2:].isdigit() else broken
    return "{}", dice.choice(
        (f"IBAN {broken}", f"IBAN {swapped}", f"ZZ{good[2:]}", f"{good[:-3]}", f"{good}{digits(dice, 3)}", f"VAT DE{digits(dice, 9)}", f"SKU AB{digits(dice, 2)} {pick(dice, string.ascii_uppercase, 4)} {digits(dice, 10)}", f"part NL{digits(dice, 2)}ABNA{digits(dice, 6)}",
         f"hash de{pick(dice, HEX, 30)}", f"flight LH{digits(dice, 4)} seat 12A", f"tracking RR{digits(dice, 9)}DE", "IBAN: DE00 0000 0000 0000 0000 00", f"ISIN US{digits(dice, 10)}", f"GB{digits(dice, 2)} is a road", f"x{good}x")
    )  # fmt: skip


def _mod11(number: str, weights: list[int]) -> int:
    return sum(int(c) * w for c, w in zip(number, weights, strict=True)) % 11


def _national(dice: random.Random) -> tuple[str, str]:
    country = dice.choice(
        ("US", "US", "GB", "DE", "FR", "ES", "NIE", "IT", "NL", "BR", "IN", "CA", "CH", "BE", "PL", "FI", "CN", "SE")
    )
    birth = f"{dice.randrange(50, 100)}{dice.randrange(1, 13):02}{dice.randrange(1, 29):02}"
    letters = "TRWAGMYFPDXBNJZSQVHLCKE"
    match country:
        case "US":
            parts = (
                f"{dice.choice((*range(1, 666), *range(667, 900))):03}",
                f"{dice.randrange(1, 100):02}",
                f"{dice.randrange(1, 10000):04}",
            )
            return dice.choice(
                (
                    ("SSN: {}", "-"),
                    ("social security number {}", ""),
                    ("Her {} was stolen", "-"),
                    ("ssn={}", " "),
                    ("SSN {}", "-"),
                    ('"ssn": "{}"', "-"),
                )
            )[0], "-".join(parts)
        case "GB":
            pairs = (
                f"{dice.choice('ABCEHJLMPRSW')}{dice.choice('ABCEHJLMPRSW')}",
                fill(dice, "##"),
                fill(dice, "##"),
                fill(dice, "##"),
                dice.choice("ABCD"),
            )
            return dice.choice(
                (("NI number {}", ""), ("National Insurance: {}", " "), ("NINO {}", " "), ("mine is {}", " "))
            )[0], " ".join(pairs)
        case "DE":
            while not idnr.is_valid(number := fill(dice, "%##########")):
                pass
            return dice.choice(
                ("Steuer-ID: {}", "steuerliche IdNr. {}", "Meine Steueridentifikationsnummer ist {}")
            ), dice.choice((number, f"{number[:2]} {number[2:5]} {number[5:8]} {number[8:]}"))
        case "FR":
            number = f"{dice.randrange(1, 3)}{birth[:4]}{dice.choice(('75', '13', '69', '33'))}{digits(dice, 6)}"
            key = f"{97 - int(number) % 97:02}"
            spaced = f"{number[0]} {number[1:3]} {number[3:5]} {number[5:7]} {number[7:10]} {number[10:]} {key}"
            return dice.choice(("numéro de sécurité sociale : {}", "NIR {}", "mon numéro est le {}")), dice.choice(
                (number + key, spaced)
            )
        case "ES":
            number = digits(dice, 8)
            return dice.choice(("DNI {}", "mi DNI es {}", "NIF: {}")), number + dice.choice(("", "-")) + letters[
                int(number) % 23
            ]
        case "NIE":
            first = dice.choice("XYZ")
            number = digits(dice, 7)
            return dice.choice(
                ("NIE {}", "con NIE: {}", "{}, extranjero")
            ), f"{first}{number}{letters[int(str('XYZ'.index(first)) + number) % 23]}"
        case "IT":
            base = f"{pick(dice, 'BCDFGLMNPRST', 6)}{birth[:2]}{dice.choice('ABCDEHLMPRST')}{birth[4:]}{dice.choice('HFL')}{digits(dice, 3)}"
            return dice.choice(("codice fiscale {}", "CF: {}", "il mio è {}")), base + codicefiscale.calc_check_digit(
                base
            )
        case "NL":
            while (number := digits(dice, 9)) and (_mod11(number, [9, 8, 7, 6, 5, 4, 3, 2, -1]) or number[0] == "0"):
                pass
            return dice.choice(("BSN {}", "burgerservicenummer: {}", '"bsn": "{}"')), number
        case "BR":
            number = digits(dice, 9)
            for length in (9, 10):
                number += str((_mod11(number, list(range(length + 1, 1, -1))) * 10 % 11) % 10)
            return dice.choice(
                ("CPF {}", "meu cpf é {}", "{} (titular)")
            ), f"{number[:3]}.{number[3:6]}.{number[6:9]}-{number[9:]}"
        case "IN":
            number = (
                fill(dice, "%##########").replace("1", "2", 1)
                if dice.random() < 0.0
                else dice.choice("23456789") + digits(dice, 10)
            )
            number += verhoeff.calc_check_digit(number)
            return dice.choice(("Aadhaar {}", "my aadhar number is {}", "UIDAI: {}")), dice.choice(
                (number, f"{number[:4]} {number[4:8]} {number[8:]}")
            )
        case "CA":
            payload = dice.choice("1234567") + digits(dice, 7)
            number = payload + luhn_digit(payload)
            return dice.choice(("SIN {}", "social insurance number: {}")), f"{number[:3]} {number[3:6]} {number[6:]}"
        case "CH":
            payload = "756" + digits(dice, 9)
            check = -sum(int(c) * (1 if i % 2 == 0 else 3) for i, c in enumerate(payload)) % 10
            return dice.choice(
                ("AHV-Nummer {}", "AVS {}", "Nr. {}")
            ), f"756.{payload[3:7]}.{payload[7:11]}.{payload[11]}{check}"
        case "BE":
            payload = birth + f"{dice.randrange(1, 998):03}"
            return dice.choice(
                ("rijksregisternummer {}", "NISS: {}", "mijn nummer: {}")
            ), f"{payload[:2]}.{payload[2:4]}.{payload[4:6]}-{payload[6:]}.{97 - int(payload) % 97:02}"
        case "PL":
            payload = birth + digits(dice, 4)
            check = -sum(int(c) * w for c, w in zip(payload, (1, 3, 7, 9, 1, 3, 7, 9, 1, 3), strict=True)) % 10
            return dice.choice(("PESEL {}", "nr pesel: {}")), f"{payload}{check}"
        case "FI":
            birth = f"{dice.randrange(1, 29):02}{dice.randrange(1, 13):02}{dice.randrange(50, 99)}"
            serial = f"{dice.randrange(2, 900):03}"
            return dice.choice(
                ("henkilötunnus {}", "hetu: {}", "{} (Virtanen)")
            ), f"{birth}-{serial}{'0123456789ABCDEFHJKLMNPRSTUVWXY'[int(birth + serial) % 31]}"
        case "CN":
            payload = f"{dice.choice(('110101', '310104', '330102', '420102'))}19{birth}{digits(dice, 3)}"
            weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
            return dice.choice(("身份证号码：{}", "ID {}", "身份证 {}")), payload + "10X98765432"[
                _mod11(payload, list(weights))
            ]
        case _:
            payload = birth + digits(dice, 3)
            return dice.choice(
                ("personnummer {}", "Personnr: personnummer {}")
            ), f"{payload[:6]}-{payload[6:]}{luhn_digit(payload)}"


def national_id(dice: random.Random) -> tuple[str, str]:
    return _national(dice)


def not_national_id(dice: random.Random) -> tuple[str, str]:
    letters = "TRWAGMYFPDXBNJZSQVHLCKE"
    eight = digits(dice, 8)
    return "{}", dice.choice(
        (f"SSN 000-12-{digits(dice, 4)}", f"SSN 9{digits(dice, 2)}-0{digits(dice, 1)}-{digits(dice, 4)}", f"ssn 666-{digits(dice, 2)}-{digits(dice, 4)}", f"part {digits(dice, 3)}{digits(dice, 6)}", f"DNI {eight}{letters[(int(eight) + 1) % 23]}", f"NINO BG {digits(dice, 2)} 34 56 C",
         f"order {digits(dice, 9)}", f"CPF 111.111.111-1{dice.randrange(2, 10)}", f"{digits(dice, 11)} rows", f"ISBN {digits(dice, 9)}X", f"date 1985-10-{dice.randrange(10, 29)}", f"model {pick(dice, 'BCDF', 6)}{digits(dice, 2)}Q{digits(dice, 2)}X", f"zip {digits(dice, 5)}-{digits(dice, 4)}", f"part AB{digits(dice, 6)}C",
         f"{digits(dice, 3)} {digits(dice, 3)} {digits(dice, 3)} units", f"tel {digits(dice, 2)}", f"sha {pick(dice, HEX, 18)}", f"EAN 4{digits(dice, 12)}", f"version {digits(dice, 2)}.{digits(dice, 2)}.{digits(dice, 2)}-{digits(dice, 3)}", f"ts {digits(dice, 10)}.{digits(dice, 3)}", f"SKU X{digits(dice, 7)}",
         f"timestamp 20240{dice.randrange(1, 10)}18{digits(dice, 4)}", f"row 1 {digits(dice, 4)} {digits(dice, 4)} {digits(dice, 4)}", f"case {digits(dice, 3)}-{digits(dice, 3)}-{digits(dice, 4)}", f"lot {digits(dice, 6)}-{digits(dice, 4)}X", f"page 123-45-{digits(dice, 3)}", f"{digits(dice, 4)} {digits(dice, 4)} {digits(dice, 4)} left")
    )  # fmt: skip
