"""Labelled texts of the kinds that are off by default, with check digits made here."""

# ruff: noqa: E501, RUF001  tables of texts, some of them Chinese
from __future__ import annotations

import hashlib
import random
import string

from tests.labelled_texts.sample import HEX, digits, fill, pick

_BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_BECH32 = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
_WORDS = ("river", "maple", "orbit", "falcon", "pixel", "cedar", "tango", "nimbus", "ember", "quartz")
_FIRST = ("jan", "maria", "dmitri", "lucia", "wei", "amir", "ines", "piotr", "olga", "tom")
_LAST = ("novak", "garcia", "ivanov", "rossi", "zhang", "hassan", "silva", "kowalski", "petrova", "becker")


def mac(dice: random.Random) -> tuple[str, str]:
    """The address of a network card, in the writings of systems."""
    first = dice.choice(("00:1B:63", "3c:22:fb", "F0:18:98", "b8:27:eb", "A4:83:E7", "dc:a6:32"))
    sign = dice.choice((":", "-"))
    tail = sign.join(pick(dice, HEX, 2) for _ in range(3))
    value = f"{first.replace(':', sign)}{sign}{tail}"
    value = value.upper() if first.isupper() else value
    bare = value.replace(sign, "").lower()
    templates = [("eth0: {} up", value), ("link/ether {} brd ff:ff:ff:ff:ff:ff", value), ('"mac": "{}"', value), ("DHCPACK on 10.0.0.17 to {} via eth1", value), ("我的MAC地址是{}。", value), ("MAC {}", f"{bare[:4]}.{bare[4:8]}.{bare[8:]}"), ("Physical Address. . . : {}", value.upper())]  # fmt: skip
    template, value = dice.choice(templates)
    return template, value


def not_mac(dice: random.Random) -> tuple[str, str]:
    """Six pairs and more that are something else."""
    pairs = [pick(dice, HEX, 2) for _ in range(20)]
    return dice.choice((
        ("SHA1 Fingerprint={}", ":".join(pairs)), ("ether {}", "ff:ff:ff:ff:ff:ff"), ("multicast {}", "01:00:5e:" + ":".join(pairs[:3])), ("e.g. {}", "00:11:22:33:44:55"),
        ("documentation uses {}", "00-00-5E-00-53-" + pairs[0].upper()), ("uuid {}", "-".join("".join(pairs[i : i + 2]) for i in range(5))), ("addr {}", "2001:db8::" + pairs[0]), ("times 10:22:{}", "33:44"), ("mac os {}", "10.15.7"),
    ))  # fmt: skip


def _luhn(body: str) -> str:
    total = 0
    for place, digit in enumerate(reversed(body)):
        number = int(digit) * (2 if place % 2 == 0 else 1)
        total += number - 9 if number > 9 else number
    return body + str(-total % 10)


def imei(dice: random.Random) -> tuple[str, str]:
    """The number of a phone after its name."""
    value = _luhn(dice.choice(("35", "86", "01")) + digits(dice, 12))
    spelled = dice.choice(
        (
            value,
            f"{value[:2]}-{value[2:8]}-{value[8:14]}-{value[14]}",
            f"{value[:6]} {value[6:8]} {value[8:14]} {value[14]}",
        )
    )
    return dice.choice(
        (
            "IMEI: {}",
            "IMEI {}",
            "imei={}",
            "imei number is {}",
            "| IMEI1 | {} |",
            "IMEI 2: {}",
            "手机的IMEI：{}",
            "IMEI no. {}",
        )
    ), spelled


def not_imei(dice: random.Random) -> tuple[str, str]:
    """Fifteen digits of something else."""
    right = _luhn("35" + digits(dice, 12))
    wrong = right[:-1] + str((int(right[-1]) + 3) % 10)
    return dice.choice(
        (
            ("order {}", wrong),
            ("IMEI: {}", wrong),
            ("trace id {}", wrong),
            ("the IMEI has {}", "15 digits"),
            ("IMEI check of {}", "2024"),
        )
    )


def _base58(version: int, body: bytes) -> str:
    data = bytes([version]) + body
    data += hashlib.sha256(hashlib.sha256(data).digest()).digest()[:4]
    number, text = int.from_bytes(data, "big"), ""
    while number:
        number, rest = divmod(number, 58)
        text = _BASE58[rest] + text
    return "1" * (len(data) - len(data.lstrip(b"\0"))) + text


def _segwit(prefix: str, body: bytes) -> str:
    bits = "".join(f"{byte:08b}" for byte in body)
    values = [0] + [int(bits[place : place + 5].ljust(5, "0"), 2) for place in range(0, len(bits), 5)]
    check = 1
    for value in [ord(c) >> 5 for c in prefix] + [0] + [ord(c) & 31 for c in prefix] + values + [0] * 6:
        top, check = check >> 25, ((check & 0x1FFFFFF) << 5) ^ value
        for bit, number in enumerate((0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)):
            check ^= number * (top >> bit & 1)
    tail = [(check ^ 1) >> 5 * (5 - place) & 31 for place in range(6)]
    return f"{prefix}1" + "".join(_BECH32[value] for value in values + tail)


def wallet(dice: random.Random) -> tuple[str, str]:
    """The address of a wallet."""
    body = dice.randbytes(20)
    checked = ("send it to {}", "{} got 0.2 coins", "address: {}", "我的比特币地址{}", '"to": "{}"', "{}")
    if dice.random() < 0.6:
        return dice.choice(checked), _base58(dice.choice((0, 5, 48, 30, 76, 65)), body)
    if dice.random() < 0.5:
        return dice.choice(checked), _segwit(dice.choice(("bc", "ltc")), body)
    value = "0x" + body.hex() if dice.random() < 0.7 else pick(dice, _BASE58, 44)
    return dice.choice(
        ("my wallet is {}", "Wallet address: {}", "send 2 ETH to {}", "mi billetera: {}", "钱包地址：{}", "кошелёк {}")
    ), value


def not_wallet(dice: random.Random) -> tuple[str, str]:
    """A string of that alphabet that is none."""
    wrong = _base58(0, dice.randbytes(20))
    wrong = wrong[:-1] + ("2" if wrong[-1] != "2" else "3")
    return dice.choice(
        (
            ("id {}", wrong),
            ("commit {}", pick(dice, HEX, 40)),
            ("contract {}", "0x" + pick(dice, HEX, 40)),
            ("cid {}", pick(dice, _BASE58, 44)),
            ("cursor {}", pick(dice, _BASE58, 33)),
            ("base {}", "bc1q" + pick(dice, _BECH32, 38)),
        )
    )


def passport(dice: random.Random) -> tuple[str, str]:
    """The number of a passport after its word, or the line that machines read."""
    if dice.random() < 0.15:
        number, birth, until = pick(dice, string.ascii_uppercase + string.digits, 9), digits(dice, 6), digits(dice, 6)
        check = [_mrz(part) for part in (number, birth, until)]
        return (
            "MRZ:\n{}\n",
            f"{number}{check[0]}DEU{birth}{check[1]}F{until}{check[2]}<<<<<<<<<<<<<<0{_mrz(number + check[0] + birth + check[1] + until + check[2] + '<' * 14 + '0')}",
        )
    value = dice.choice(
        ("C0%X##T4%", "%########", "AB%######", "P%#######", "E%#######", "%#AB#####", "XDA%#####", "45 1# %#####")
    )
    value = fill(dice, value)
    words = (
        "Passport No: {}",
        "passport number is {}",
        "passport: {}",
        "Reisepass-Nr.: {}",
        "numéro de passeport : {}",
        "n.º de pasaporte {}",
        "Pasaporte: {}",
        "passaporto n. {}",
        "Passaporte nº {}",
        "paspoortnummer: {}",
        "паспорт {}",
        "护照号：{}",
        "護照號碼{}",
        "パスポート番号：{}",
        "여권번호: {}",
        "| Passport | {} |",
        '"passport_number": "{}"',
        "رقم جواز السفر: {}",
    )
    return dice.choice(words), value


def _mrz(field: str) -> str:
    total = 0
    for place, character in enumerate(field):
        value = 0 if character == "<" else int(character) if character.isdigit() else ord(character) - 55
        total += value * (7, 3, 1)[place % 3]
    return str(total % 10)


def not_passport(dice: random.Random) -> tuple[str, str]:
    """What stands near the word and is no number of one."""
    return dice.choice(
        (
            ("my passport expires {}", "2027-03-01"),
            ("passport fee: {}", "EUR 130"),
            ("passport.js {}", "0.6.0"),
            ("form DS-11 for a passport, {}", "page 2"),
            ("order C0{}", digits(dice, 7)),
            ("passport renewal takes {}", "10 weeks"),
            ("part AB{}", digits(dice, 7)),
            ("passport office, room {}", "204"),
        )
    )


def user_name(dice: random.Random) -> tuple[str, str]:
    """A name that opens an account, after its word."""
    first, last = dice.choice(_FIRST), dice.choice(_LAST)
    value = dice.choice(
        (
            f"{first[0]}{last}",
            f"{first}.{last}",
            f"{first}_{last}{dice.randrange(10, 99)}",
            f"{dice.choice(_WORDS)}{dice.randrange(10, 9999)}",
            f"{last}{dice.randrange(1950, 2010)}",
            f"{first}-{last}",
        )
    )
    words = ["username: {}", "Username: {}", "user name is `{}`", "login: {}", '"username": "{}"', "username='{}'", "User ID: {}", "Benutzername: {}", "nombre de usuario: {}", "identifiant : {}", "nome utente: {}", "usuário: {}", "gebruikersnaam: {}", "имя пользователя: {}", "логин: {}", "用户名：{}", "ユーザー名：{}", "아이디: {}", "| Username | `{}` |"]  # fmt: skip
    return dice.choice(words), value


def not_user_name(dice: random.Random) -> tuple[str, str]:
    """What programs and manuals write after the word."""
    return dice.choice(
        (
            ("username: {}", "required"),
            ("username = {}", "request.user.name"),
            ("username={},", "name"),
            ("login: {}", "admin"),
            ("Username: {}", "<your username>"),
            ("username: {}", "${USER}"),
            ("the user name is {} twice", "checked"),
            ("login {}", "failed"),
            ("thanks @{}", dice.choice(_FIRST) + "42"),
            ("username: {}", "string"),
            ("username={}", "os.environ['USER']"),
            ("user id: {}", digits(dice, 4)),
            ("Login: {}", "Successful"),
            ("usernames: {}", "case-insensitive"),
            ("user_name VARCHAR({})", "64"),
        )
    )


_PLACES = ("Oak", "Maple", "Baker", "Washington", "King", "Victoria", "Lincoln", "Cedar", "Mill")
_TOWNS = (
    "Springfield, IL 62704",
    "Portland, OR 97205",
    "Austin, TX 78701",
    "Boston, MA 02108-1234",
    "London SW1A 1AA",
    "Toronto, ON M5V 2T6",
    "Sydney NSW 2000",
)


def postal_address(dice: random.Random) -> tuple[str, str]:
    """A street with its number, and mostly a town."""
    number, small = dice.randrange(1, 9999), dice.randrange(1, 199)
    sure = dice.choice(("Street", "St", "Avenue", "Ave", "Road", "Rd", "Lane", "Boulevard", "Terrace"))
    loose = dice.choice(("Drive", "Way", "Court", "Place", "Square"))
    street = f"{number} {dice.choice(_PLACES)}"
    flat = dice.choice(("", "", ", Apt 4B", " Suite 210", " #12"))
    german = f"{dice.choice(('Haupt', 'Goethe', 'Linden', 'Bahnhof'))}{dice.choice(('straße', 'str.', 'weg', 'platz', 'allee'))} {small}{dice.choice(('', 'a', ' b'))}"
    return dice.choice(("My address is {}.", "Ship to {}, please", "{}.", "Address: {}\n", "I live at {}.", "Anschrift: {};")), dice.choice((
        f"{street} {sure}{flat}, {dice.choice(_TOWNS)}", f"{street} {sure}{flat}, {dice.choice(_TOWNS)}", f"{street} {loose}{flat}, {dice.choice(_TOWNS)}", f"{street} {sure}",
        german, f"{german}, {fill(dice, '%####')} {dice.choice(('Berlin', 'München', 'Bad Homburg'))}", f"{small} {dice.choice(('rue', 'avenue', 'boulevard'))} {dice.choice(('de la République', 'Victor Hugo', 'du Moulin', 'des Lilas'))}, {fill(dice, '75###')} Paris",
        f"{dice.choice(('Calle', 'Avenida', 'Plaza'))} {dice.choice(('Mayor', 'de Alcalá', 'San Martín'))}, {small}, {fill(dice, '28###')} Madrid", f"Via {dice.choice(('Garibaldi', 'Roma', 'XX Settembre'))} {small}, {fill(dice, '2####')} Milano", f"Rua {dice.choice(('Augusta', 'das Flores', 'do Ouro'))}, {small}",
        f"{dice.choice(('Kerk', 'Dorps', 'Molen'))}straat {small}, {fill(dice, '%###')} {pick(dice, 'ABCDEGHJ', 2)} Utrecht", f"ul. {dice.choice(('Długa', 'Mickiewicza', 'Polna'))} {small}/{dice.randrange(1, 40)}, {fill(dice, '##-###')} Warszawa", f"ул. {dice.choice(('Ленина', 'Пушкина', 'Садовая'))}, д. {small}, кв. {dice.randrange(1, 90)}",
        f"北京市朝阳区{dice.choice(('建国', '光华', '幸福'))}路{small}号", f"東京都渋谷区{dice.choice(('神南', '恵比寿', '道玄坂'))}{dice.randrange(1, 9)}-{dice.randrange(1, 20)}-{dice.randrange(1, 20)}", f"서울특별시 강남구 테헤란로 {small}", f"P.O. Box {number}, {dice.choice(_TOWNS[:4])}",
    ))  # fmt: skip


def not_postal_address(dice: random.Random) -> tuple[str, str]:
    """Numbers beside words that also name streets."""
    return dice.choice((
        ("a {}", "500 GB Hard Drive"), ("in the {}", "2 Main Way to do it"), ("the {} Place", "3rd"), ("{}", "2019 Supreme Court"), ("Baker Street is {}", "long"), ("see {}", "Section 4 Road safety"), ("{} of the table", "12 Row"), ("the {} rule", "80/20"), ("{}", "Wall Street fell 3 percent"),
        ("{} ways", "5"), ("via {}", "eth0 3"), ("Via {} requests", "API 200"), ("route {}", "66"), ("Place {} cups of flour", "2"), ("{}", "Python 3 Lane detection"), ("Calle {}", "mayor"), ("weg {}", "3 km"), ("{}", "Parkplatz frei"), ("第{}号", "3"), ("Ring {}", "0"), ("os.path {}", "3"), ("al. {}", "2019"), ("et al. {}", "2019"), ("pl. {}", "3"), ("C/{}", "C++ 17"),
    ))  # fmt: skip
