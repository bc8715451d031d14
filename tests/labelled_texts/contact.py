"""E-mail addresses, phone numbers, IP addresses and logins in URLs, with what is easily taken for them."""

# ruff: noqa: E501  the names of the makers say what they make; tables of texts, some of them Chinese
from __future__ import annotations

import random

from tests.labelled_texts.sample import B62, HEX, digits, fill, pick

_FIRST = [
    "anna",
    "jürgen",
    "marie-claire",
    "josé",
    "liam",
    "sofía",
    "wei",
    "yuki",
    "priya",
    "olga",
    "chukwu",
    "björn",
    "zoë",
    "luca",
    "noor",
    "mehmet",
    "ewa",
    "tom",
]
_LAST = [
    "lee",
    "müller",
    "dubois",
    "garcía",
    "o'brien",
    "rossi",
    "van-dijk",
    "silva",
    "nowak",
    "sharma",
    "tanaka",
    "kowalski",
    "schmidt",
    "ndiaye",
    "zhang",
    "smith",
]
_PLAIN = str.maketrans("üéíñöëäóáç", "ueinoeaoac")
_HOSTS = ["gmail.com", "web.de", "orange.fr", "outlook.com", "yahoo.co.uk", "libero.it", "qq.com", "mail.ru", "protonmail.com", "uol.com.br", "acme-corp.io", "cs.uni-bonn.de", "nhs.uk", "rediffmail.com", "kpnmail.nl", "startup.ai", "studio.design", "company.email", "xn--mller-kva.de", "icloud.com", "internal.bank.ch", "city.gov", "students.mit.edu", "foo-bar.co.jp", "t-online.de", "hey.com", "example-shop.store"]  # fmt: skip


def email(dice: random.Random) -> tuple[str, str]:
    first, last = dice.choice(_FIRST), dice.choice(_LAST)
    if dice.random() < 0.93:
        first, last = first.translate(_PLAIN), last.translate(_PLAIN)
    local = dice.choice(
        (f"{first}.{last}", f"{first}{last}", f"{first[0]}{last}", f"{last}_{first}", f"{first}{dice.randrange(100)}",
         f"{first}.{last}+news", f"{first}-{last}{dice.randrange(1970, 2005)}", last, f"{first.capitalize()}.{last.capitalize()}",
         f"{first}.{last}".upper())
    )  # fmt: skip
    value = f"{local}@{dice.choice(_HOSTS)}"
    if dice.random() < 0.05:
        value = value.replace("@", "%40")
        return dice.choice(("https://shop.acme.com/unsubscribe?email={}&id=7", "GET /reset?user={} HTTP/1.1")), value
    return dice.choice(
        ("My address is {}.", "Ann <{}> wrote:", "mailto:{}", '{{"to": "{}", "cc": null}}'.replace("{{", "{").replace("}}", "}"),
         "to=<{}>, relay=mx1", "user_email = '{}'", "id,name,mail\n7,Ann,{}\n", "请联系{}谢谢", "Write to {}, or call.", "({})",
         "[mail me](mailto:{})", "From: {}\nTo: you", "Contact:{}", "E-Mail: {} | Web: acme.com", "login failed for {}:",
         '<a href="mailto:{}">x</a>', "Is it {}?", "* {}\n* none", "author={}", "Signed-off-by: Ann Lee <{}>")
    ), value  # fmt: skip


def not_email(dice: random.Random) -> tuple[str, str]:
    word = dice.choice(("app", "router", "pytest", "cache", "core", "utils", "lodash", "react", "numpy"))
    return "{}", dice.choice(
        (f"@{word}.route('/x')\ndef f(): ...", f"npm install {word}@{dice.randrange(20)}.{dice.randrange(20)}.1", f"git clone git@github.com:acme/{word}.git",
         f"background: url(icon-{word}@2x.png)", f"user{dice.randrange(9)}@example.com is only an example", f"follow @{word}_dev on the site",
         f"systemctl status {word}@tty{dice.randrange(9)}.service", f"y = {word}@weights.T + b", f"z = X@{word}.transpose()", f"scp a.txt root@localhost:/tmp/{word}",
         f"ssh deploy@10.0.0.{dice.randrange(256)}", f"ssh://git@{word}.acme.com:22/x.git", f"Message-ID: <{pick(dice, HEX, 12)}.{digits(dice, 5)}@mail.{word}.com>",
         f"image {word}@sha256:{pick(dice, HEX, 64)}", f"{word} @ home.com", f"send it to {word}@ the office", f"{dice.randrange(9)}@{dice.randrange(9)}.50 each",
         f'"${{USER}}@${{HOST}}.{word}"', f"https://medium.com/@{word}.dev/post-1", f"import {{ x }} from '@{word}/core@15.2.0'", f"pip install git+https://github.com/a/{word}.git@v1.2.3",
         f"name@{word}", f"foo@bar.{word}", f"your.name@example.org ({word})", f"at@at@{word}", f"<{word}@invalid>", f"rsync host@{word}::module", f"S@{word}.dot(V)",
         f"docker pull ghcr.io/acme/{word}@latest", f"assert a@b.{word}(c)", f"noreply@example.net for {word}")
    )  # fmt: skip


_AREA = ("212", "415", "312", "617", "206", "303", "512", "718", "202", "404", "305", "602")
_US = (
    "({a}) {x}-####",
    "{a}-{x}-####",
    "{a}.{x}.####",
    "+1 {a} {x} ####",
    "+1-{a}-{x}-####",
    "1-{a}-{x}-####",
    "+1 ({a}) {x}-####",
    "+1{a}{x}####",
    "({a}){x}-####",
)
_NATIONAL = (
    # United Kingdom, Germany, France, Spain, Italy, the Netherlands, Brazil, India, as their people group them
    "020 7### ####", "020 8### ####", "(020) 7### ####", "0161 496 0###", "07700 900###", "0790# ######", "+44 20 7### ####", "+44 (0)20 7### ####", "+44 7911 ######", "0044 7911 ######",
    "030 90182###", "030/90182###", "0171 %######", "0151-%#######", "089 / %#####", "+49 30 90182###", "+49 (0) 171 %######", "+49 151 %#######", "(089) 5#####", "0049 171 %######",
    "01 42 68 53 ##", "06 12 ## ## ##", "06.12.##.##.##", "+33 6 12 ## ## ##", "+33 (0)1 42 68 53 ##", "0612######", "+33612######", "01-44-##-##-##",
    "+34 612 ### ###", "+34 91 123 ## ##", "0034 612 ### ###", "+39 347 ### ####", "+39 06 698 8####", "06 698 8####", "02-4851####", "+39 02 4851 ####",
    "06-12######", "06 - 12 ## ## ##", "020-624 ####", "+31 6 12######", "+31 20 624 ####", "(11) 9####-####", "(21) 2###-####", "+55 11 9####-####", "+55 (11) 3###-####",
    "+91 98### #####", "+91-98########", "022-2### ####", "+91 22 2### ####",
    # other countries, with their code
    "+81 3-3###-####", "+81 90-1###-####", "+61 412 ### ###", "+61 2 9### ####", "+46 70 1## ## ##", "+41 44 668 1# ##", "+41 79 2## ## ##", "+48 601 ### ###", "+52 55 5### ####", "+27 82 ### ####",
    "+86 138 #### ####", "+82 10-2###-####", "+43 1 5####", "+32 475 ## ## ##", "+45 20 ## ## ##", "+47 9## ## ###", "+351 912 ### ###", "+353 87 ### ####", "+90 532 ### ## ##", "+972 52-###-####", "+65 9### ####", "+971 50 ### ####",
)  # fmt: skip
_BARE = (  # only after a word that says what it is
    ("Phone: {}", "{a}{x}####"), ("my cell is {}", "{a} {x} ####"), ("Teléfono: {}", "612 ### ###"), ("tel. {}", "91 123 ## ##"), ("móvil {}", "6########"), ("cellulare: {}", "347 ### ####"),
    ("mobile no. {}", "98### #####"), ("WhatsApp: {}", "98########"), ("Handy: {}", "0171%######"), ("tél : {}", "0142685###"), ("telefone: {}", "11 9####-####"), ('"phone": "{}"', "{a}{x}####"),
    ("phone_number='{}'", "{a}-{x}-####"), ("call me on {}", "07911######"), ("telefoonnummer {}", "0612######"),
)  # fmt: skip


def phone(dice: random.Random) -> tuple[str, str]:
    exchange = fill(dice, dice.choice(("2##", "3##", "6##", "7##", "8##"))).replace("11", "12")
    kind = dice.random()
    if kind < 0.2:
        template, form = dice.choice(_BARE)
    else:
        form = dice.choice(_US) if kind < 0.42 else dice.choice(_NATIONAL)
        template = dice.choice(
            ("Call {} today", "You can get me on {} after six.", "Phone: {}", "Ann Lee\nAcme Inc.\n{}\n", "tel:{}", "my number is {}, thanks", "Fax {}", '"contact": "{}"', "{} (mobile)", "- {}",
             "Reach us at {}.", "id,name,phone\n3,Ann,{}\n", "Tel.: {}", "Ring {}!", "<p>{}</p>", "number={}", "WhatsApp {}", "Rufen Sie {} an", "appelez le {}", "{} / ann")
        )  # fmt: skip
    return template, fill(dice, form.replace("{a}", dice.choice(_AREA)).replace("{x}", exchange))


def not_phone(dice: random.Random) -> tuple[str, str]:
    return "{}", fill(dice, dice.choice(
        ("Order no. 415-2##-####", "order 30290182###", "on 2023-0%-1# at 14:0#:##", "from 0%.1#.2023 to 2#.12.2024", "ISBN 978-0-###-#####-#", "ISBN 3-###-#####-#", "version 10.0.#####.####", "at 52.5200%, 13.405#",
         "build 2024.0%.1#.####", "ticket 0800-4###", "invoice 020-77##-2023", "170%######", "170%#########", "id=41526####%", "= 0.314159#### %", "populations: 1 234 567 ### and 2 345 678", "scores 12 34 56 78 90 ##",
         "1024 2048 4096 8192", "account 0012345###", "ZIP 94105-####", "RFC 2822, RFC 5322, RFC ####", "doi:10.1000/%##.####", "%.###.###,00 EUR", "$4,152,002,6##", "+0.00123####", "+35236450.#", "-12345678##",
         "case 2021-0####-7", "part 415-55##-2671-9", "SKU 06-12##-####-X", "hash 4152##2671ab", "10.1038/s41586-020-2649-#", "0x4152002###", "lat +40.7128##, long -74.0060##", "rows 100000 to 200000##", "2019-2023 and 2024-2028",
         "chapter 01 02 03 04 05 0%", "1-2-3-4-5-6-7", "999-999-9999", "000-000-0000", "12-345-67##", "tracking 1Z999AA10123456###", "EAN 40063813339##", "17.0#.2024 08:15", "seed 4294967###", "epoch 169%######.###",
         "port 8080 8081 8082", "lot 0612-34-####", "(2019) 1234567", "Smith (1998) 12345##", "eq. (12) 34567##", "IMEI 35209900176148#", "f(020) 79", "weights: 020 kg 7946 g", "0%/1#/2023 0%/1#/2024", "serial 0171-12####-A")
    ))  # fmt: skip


def ip(dice: random.Random) -> tuple[str, str]:
    first = dice.choice(
        (23, 34, 45, 52, 62, 77, 81, 88, 93, 104, 130, 145, 151, 178, 185, 194, 201, 212, 217, 8, 13, 18)
    )
    value = f"{first}.{dice.randrange(20, 60)}.{dice.randrange(256)}.{dice.randrange(1, 255)}"
    if dice.random() < 0.3:
        groups = [dice.choice(("2001", "2a02", "2600", "2400", "2a00", "2606", "2620"))] + [
            f"{dice.randrange(1, 65536):x}" for _ in range(7)
        ]
        groups[1] = f"{dice.randrange(0x1000, 0x8000):x}" if groups[0] != "2001" else "4860"
        value = dice.choice(
            (
                ":".join(groups),
                ":".join(groups[:3]) + "::" + groups[7],
                ":".join(groups[:4]) + "::1",
                ":".join(groups).upper(),
            )
        )
    template = dice.choice(
        ("login from {}", '{} - - [18/Mar/2024:09:41:07 +0000] "GET / HTTP/1.1" 200 17', "My server is at {}.", "sshd[211]: Failed password for root from {} port 22", '"client_ip": "{}"', "ping {}", "Blocked {} (3 tries)",
         "X-Forwarded-For: {}, 10.0.0.1", "ip={}", "Meine IP-Adresse lautet {}", "A 300 {}", "{} was banned", "traceroute to {}, 30 hops", "Is {} yours?", "src={} dst=10.0.0.7", "curl --interface {} http://host/")
    )  # fmt: skip
    return template, value


def not_ip(dice: random.Random) -> tuple[str, str]:
    a, b, c = dice.randrange(1, 20), dice.randrange(60), dice.randrange(255)
    return "{}", dice.choice(
        (f"version {a}.{b}.{c}.1", f"v{a}.{b}.0.{c}", f"Chrome/120.0.6099.{c}", f"Release {a}.{b}.1.{c} is out", f"from 10.{b}.{c}.1", f"192.168.{b}.{c}", f"172.16.{b}.{c}", "127.0.0.1:8080", f"203.0.113.{c}", f"198.51.100.{c}",
         "0.0.0.0", f"255.255.{c}.0", f"256.{b}.{c}.1", f"OID 1.3.6.1.4.1.{c}", f"numpy=={a}.{b}.1.0", f"see section {a}.{b}.2.1", f"upgrade to {a}.{b}.{c}.0", f"firmware {a}.{b}.3.{c}", f"time 12:34:{b:02}", f"2001:db8::{c:x}", "fe80::1", "::1",
         f"224.0.0.{c}", f"1.2.3.4.{c}", f"driver 31.0.15.{dice.randrange(1000, 5000)}", f"std::vector<{a}>", f"AA:BB:CC:0{a % 10}:11:22", f"{a}.{b}.{c}", f"libfoo.so.{a}.{b}.{c}.0", f"FileVersion: {a}.{b}.{c}.100", f"build 22.{b}.{c}.4", f"2023:10:{b:02}",
         f"pkg>={a + 20}.{b}.{c}.2", f"Firefox version 45.{b}.{c}.1", f"169.254.{b}.{c}", f"100.64.{b}.{c}", f"ratio 16:9:{c}", f"Edg/119.0.{c}.5")
    )  # fmt: skip


_SCHEMES = ("https", "http", "ftp", "sftp", "ssh", "https", "git+https", "socks5", "rtsp", "smb")


def url_credentials(dice: random.Random) -> tuple[str, str]:
    user = dice.choice(("ann", "deploy", "svc-build", "admin", "j.smith", "oauth2", "ci_bot", "root"))
    password = dice.choice(
        (
            pick(dice, B62, 16),
            f"{dice.choice(_FIRST).translate(_PLAIN)}{digits(dice, 4)}!",
            pick(dice, HEX, 40),
            "s3cr3t" + digits(dice, 2),
            "Winter%21" + digits(dice, 4),
            "hunter2",
        )
    )
    if dice.random() < 0.75:
        host = dice.choice(
            (
                "acme.com/repo.git",
                "10.0.0.7:8080/x",
                "ftp.acme.org",
                "registry.acme.io/simple/",
                "[2001:db8::1]/",
                "proxy:3128",
                "localhost:5000/v2",
            )
        )
        return dice.choice(
            ("git clone %s", "index-url = %s", "curl -s %s | sh", "PROXY=%s", '"url": "%s"', "open <%s>")
        ) % f"{dice.choice(_SCHEMES)}://{{}}@{host}", f"{user}:{password}"
    name = dice.choice(
        (
            "access_token",
            "api_key",
            "token",
            "sig",
            "X-Amz-Signature",
            "key",
            "apikey",
            "client_secret",
            "sv=2022-11-02&sig",
        )
    )
    tail = dice.choice(("", "&page=2", "#top"))
    return dice.choice(
        ("GET %s", "see %s", '"%s"', "fetch('%s')")
    ) % f"https://api.acme.com/v1/items?limit=10&{name}={{}}{tail}", pick(dice, B62, dice.choice((24, 32, 40)))


def not_url_credentials(dice: random.Random) -> tuple[str, str]:
    word = dice.choice(("acme", "example", "registry", "files"))
    return "{}", dice.choice(
        (f"https://user:password@{word}.com", f"https://username:password@{word}.com/x", f"http://${{USER}}:${{PASS}}@{word}.com", f"https://<user>:<password>@{word}.com", f"https://{word}.com:8443/path", f"https://{word}.com/a:b@c", f"ssh://git@{word}.com:22/x",
         f"https://{word}.com/?key=name&token=none", f"https://{word}.com/search?q=a:b@c", f"https://{{user}}:{{pw}}@{word}.com", f"ftp://anonymous@{word}.org", f"https://{word}.com/@ann:home", f"https://user:pass@{word}.com/", f"http://[2001:db8::1]:80/{word}",
         f"https://{word}.com/watch?v={pick(dice, B62, 11)}&list={pick(dice, B62, 34)}", f"https://{word}.com/?utm_source=mail&id={digits(dice, 8)}", f"https://{word}.com/?token=YOUR_TOKEN", f"https://{word}.com/?api_key=xxxxxxxxxxxxxxxx", f"https://{word}.com/?sort_key=created_at_desc",
         f"https://{word}:8080/#a@b", f"https://%s:%s@{word}.com", f"https://{word}.com/p/{pick(dice, HEX, 40)}", f"git+https://github.com/{word}/x@v1.2.3", f"https://****:****@{word}.com", f"http://user:$PASSWORD@{word}.com", f"//{word}: comment @home", f"http://{word}:80/a@2x.png")
    )  # fmt: skip
