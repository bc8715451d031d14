"""The kinds of private data that there are: each is one file behind a small interface, and one line here.

To add one: write its file with a finder, its line below (`Detector`, with a `hint` for the fast search), and its policy
in `RedactParams`, params.yaml with its template, and the table of docs/privacy.md; a test holds these together. It is
then redacted, counted, reported by `check` (a secret as EGR007, other data as EGR005, both optional), and its
placeholders are known, without more. The labelled set (`tests/labelled_texts`) wants its values and near misses.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator

from tuneset.cleaning.private_data.birth_date import BIRTH_DATE_HINT, birth_dates
from tuneset.cleaning.private_data.connection import connection_strings
from tuneset.cleaning.private_data.email import emails
from tuneset.cleaning.private_data.encoded_secrets import json_web_tokens, private_keys
from tuneset.cleaning.private_data.keys import keys
from tuneset.cleaning.private_data.kinds import Detector, Group, Kind, Span, anywhere
from tuneset.cleaning.private_data.network import addresses, url_credentials
from tuneset.cleaning.private_data.passwords import passwords
from tuneset.cleaning.private_data.payment import cards, ibans

_SEVEN_DIGITS = re.compile(r"[0-9](?:[^0-9\n]{0,3}[0-9]){6}")
_QUAD = re.compile(r"[0-9]\.[0-9]{1,3}\.[0-9]{1,3}\.[0-9]|[23][0-9A-Fa-f]{3}:[0-9A-Fa-f]{0,4}:")
_LOGIN = Group.LOGIN | Group.NAMED


# Both load libraries with tables of all countries, which take longer than everything else together.


def _phones(text: str, regions: tuple[str, ...]) -> Iterator[Span]:
    from tuneset.cleaning.private_data.phone import phones  # noqa: PLC0415  as said above

    return phones(text, regions)


def _national_ids(text: str) -> Iterator[Span]:
    from tuneset.cleaning.private_data.national import national_ids  # noqa: PLC0415  as said above

    return national_ids(text)


DETECTORS: tuple[Detector, ...] = (
    Detector(
        "iban",
        "an international bank account number",
        anywhere(ibans),
        strict=True,
        groups=Group.PAYMENT,
        needs=_SEVEN_DIGITS,
    ),
    Detector("card", "a payment card number", anywhere(cards), strict=True, groups=Group.PAYMENT, needs=_SEVEN_DIGITS),
    Detector(
        "national_id",
        "a national identity, social security or tax number",
        anywhere(_national_ids),
        groups=Group.NATIONAL,
    ),
    Detector("api_key", "an API key", anywhere(keys), secret=True, groups=Group.KEY),
    Detector("email", "an e-mail address", anywhere(emails), groups=Group.AT),
    Detector("phone", "a phone number", _phones, groups=Group.PHONE, needs=_SEVEN_DIGITS),
    Detector("ip", "a public IP address", anywhere(addresses), groups=Group.ADDRESS, needs=_QUAD),
    Detector(
        "url_credentials",
        "a login or a key in a URL",
        anywhere(url_credentials),
        secret=True,
        strict=True,
        groups=_LOGIN,
    ),
    Detector("jwt", "a JSON web token", anywhere(json_web_tokens), secret=True, strict=True, groups=Group.KEY),
    Detector("private_key", "a private key", anywhere(private_keys), secret=True, strict=True, groups=Group.KEY),
    Detector(
        "connection_string",
        "the login of a connection string",
        anywhere(connection_strings),
        secret=True,
        strict=True,
        groups=_LOGIN,
    ),
    Detector("birth_date", "a date of birth", anywhere(birth_dates), hint=BIRTH_DATE_HINT),
    Detector("password", "a password or key beside its name", anywhere(passwords), secret=True, groups=Group.NAMED),
)
"""Every kind. Of finds that are equally strict and long, the kind that stands first here wins."""


def kinds() -> tuple[Kind, ...]:
    """The names of all kinds."""
    return tuple(detector.kind for detector in DETECTORS)


def detector_of(kind: Kind) -> Detector:
    """The detector of a kind. Raises StopIteration where there is none."""
    return next(detector for detector in DETECTORS if detector.kind == kind)


def placeholder_pattern() -> re.Pattern[str]:
    """What stands for a value that was taken out, such as `<EMAIL_1>`.

    >>> bool(placeholder_pattern().search("to <EMAIL_1>")), bool(placeholder_pattern().search("to <NAME_1>"))
    (True, False)
    """
    return numbered("<", kinds(), ">")


@functools.lru_cache(maxsize=16)
def numbered(start: str, names: tuple[Kind, ...], end: str) -> re.Pattern[str]:
    """Placeholders of kinds between two patterns, with the name and the number as groups."""
    return re.compile(rf"{start}({'|'.join(name.upper() for name in names)})_([0-9]{{1,9}}){end}")
