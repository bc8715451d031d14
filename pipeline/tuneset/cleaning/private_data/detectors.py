"""The kinds of private data that there are: each is one file behind a small interface, and one line here.

To add one: write its file with a finder, its line below (`Detector`, with a `hint` for the fast search), and its policy
in `RedactParams`, params.yaml with its template, and the table of docs/privacy.md; a test holds these together. It is
then redacted, counted, reported by `check` (a secret as EGR007, other data as EGR005, both optional), and its
placeholders are known, without more. The labelled set (`tests/labelled_texts`) wants its values and near misses.

A kind that few want, or that takes other values for it, is off by default and stands in OPTIONAL_KINDS, its detector in
`optional.detectors`: no text is searched for it before its policy is set. What only a detector of others finds
(`recognisers`) has a policy and no line here.
"""

from __future__ import annotations

import functools
import re

from tuneset.cleaning.private_data.birth_date import BIRTH_DATE_HINT, birth_dates
from tuneset.cleaning.private_data.kinds import Detector, Kind, Signs, anywhere, late
from tuneset.cleaning.private_data.recognisers import RECOGNISED

_SEVEN_DIGITS = re.compile(r"[0-9](?:[^0-9\n]{0,3}[0-9]){6}")
_QUAD = re.compile(r"[0-9]\.[0-9]{1,3}\.[0-9]{1,3}\.[0-9]|[23][0-9A-Fa-f]{3}:[0-9A-Fa-f]{0,4}:")
_LOGIN = Signs.LOGIN | Signs.NAMED

DETECTORS: tuple[Detector, ...] = (
    Detector(
        "iban",
        "an international bank account number",
        late("payment:ibans"),
        strict=True,
        groups=Signs.PAYMENT,
        needs=_SEVEN_DIGITS,
    ),
    Detector(
        "card", "a payment card number", late("payment:cards"), strict=True, groups=Signs.PAYMENT, needs=_SEVEN_DIGITS
    ),
    Detector(
        "national_id",
        "a national identity, social security or tax number",
        late("national:national_ids"),
        groups=Signs.NATIONAL,
    ),
    Detector("api_key", "an API key", late("keys:keys"), secret=True, groups=Signs.KEY),
    Detector("email", "an e-mail address", late("email:emails"), groups=Signs.AT),
    Detector("phone", "a phone number", late("phone:phones", regions=True), groups=Signs.PHONE, needs=_SEVEN_DIGITS),
    Detector("ip", "a public IP address", late("network:addresses"), groups=Signs.ADDRESS, needs=_QUAD),
    Detector(
        "url_credentials",
        "a login or a key in a URL",
        late("network:url_credentials"),
        secret=True,
        strict=True,
        groups=_LOGIN,
    ),
    Detector(
        "jwt", "a JSON web token", late("encoded_secrets:json_web_tokens"), secret=True, strict=True, groups=Signs.KEY
    ),
    Detector(
        "private_key", "a private key", late("encoded_secrets:private_keys"), secret=True, strict=True, groups=Signs.KEY
    ),
    Detector(
        "connection_string",
        "the login of a connection string",
        late("connection:connection_strings"),
        secret=True,
        strict=True,
        groups=_LOGIN,
    ),
    Detector("birth_date", "a date of birth", anywhere(birth_dates), hint=BIRTH_DATE_HINT),
    Detector(
        "password", "a password or key beside its name", late("passwords:passwords"), secret=True, groups=Signs.NAMED
    ),
)
"""Every kind that is on by default. Of finds that are equally strict and long, the kind that stands first here wins."""

OPTIONAL_KINDS: tuple[Kind, ...] = ("mac", "imei", "wallet", "passport", "user_name", "postal_address")
"""The kinds that are off by default; their detectors, in `optional.detectors`, are loaded where one is on."""


def kinds() -> tuple[Kind, ...]:
    """The names of all kinds that a policy may be set for."""
    return (*(detector.kind for detector in DETECTORS), *OPTIONAL_KINDS, *RECOGNISED)


def detector_of(kind: Kind) -> Detector:
    """The detector of a kind that is on by default. Raises StopIteration where there is none."""
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
