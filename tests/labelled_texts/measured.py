"""The labelled set, and precision and recall of redaction on it, kind by kind.

Every text holds one value of one kind, or a near miss of one. A find is right only where it is exactly the labelled
value and kind. Recall: right finds of the texts that hold one. Precision: right finds of all finds of that kind over
the whole set, near misses and values of all other kinds included. The set is made up, so nothing private shows.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence

import polars as pl

from tests.labelled_texts import contact, numbers, optional, personal, secret
from tests.labelled_texts.sample import Maker, Sample, near_miss, positive
from tuneset.cleaning.private_data.detectors import OPTIONAL_KINDS
from tuneset.cleaning.private_data.find import find_private
from tuneset.cleaning.private_data.kinds import DEFAULT_REGIONS, Kind
from tuneset.cleaning.private_data.optional.detectors import OPTIONAL
from tuneset.cleaning.private_data.suspects import find_suspects

MAKERS: Mapping[str, tuple[Maker, Maker]] = {
    "email": (contact.email, contact.not_email),
    "phone": (contact.phone, contact.not_phone),
    "card": (numbers.card, numbers.not_card),
    "iban": (numbers.iban, numbers.not_iban),
    "national_id": (numbers.national_id, numbers.not_national_id),
    "ip": (contact.ip, contact.not_ip),
    "url_credentials": (contact.url_credentials, contact.not_url_credentials),
    "api_key": (secret.api_key, secret.not_api_key),
    "jwt": (secret.jwt, secret.not_jwt),
    "private_key": (secret.private_key, secret.not_private_key),
    "connection_string": (secret.connection_string, secret.not_connection_string),
    "birth_date": (personal.birth_date, personal.not_birth_date),
    "password": (secret.password, secret.not_password),
    "mac": (optional.mac, optional.not_mac),
    "imei": (optional.imei, optional.not_imei),
    "wallet": (optional.wallet, optional.not_wallet),
    "passport": (optional.passport, optional.not_passport),
    "user_name": (optional.user_name, optional.not_user_name),
    "postal_address": (optional.postal_address, optional.not_postal_address),
}
DEFAULT_KINDS = tuple(kind for kind in MAKERS if kind not in OPTIONAL_KINDS)
"""The kinds that every text is searched for."""


def labelled_set(count: int, of_kinds: Sequence[Kind] = DEFAULT_KINDS) -> list[Sample]:
    """`count` positives and `count` near misses of each kind, always the same."""
    samples = []
    for kind in of_kinds:
        make, miss = MAKERS[kind]
        samples += [positive(kind, make, number) for number in range(count)]
        samples += [near_miss(kind, miss, number) for number in range(count)]
    return samples


def measure(samples: list[Sample], tell: Callable[[str], object] | None = None) -> dict[str, tuple[float, float]]:
    """(precision, recall) by kind. The fast search for suspects is part of what is measured.

    Kinds that are off by default are searched for where samples of them are given. `tell` is given a line for each find
    that is wrong and each value that is missed.
    """
    of_kinds = {sample.kind for sample in samples}
    extra = tuple(detector for detector in OPTIONAL if detector.kind in of_kinds)
    found, right, wanted = Counter[str](), Counter[str](), Counter[str]()
    groups = find_suspects(pl.Series([sample.text for sample in samples], dtype=pl.String), extra)
    for sample, group in zip(samples, groups, strict=True):
        is_positive = sample.start >= 0
        wanted[sample.kind] += is_positive
        hit = False
        for span in find_private(sample.text, DEFAULT_REGIONS, group, extra) if group else ():
            found[span.kind] += 1
            exact = is_positive and (span.kind, span.start, span.end) == (sample.kind, sample.start, sample.end)
            hit |= exact
            right[span.kind] += exact
            if tell and not exact:
                tell(f"wrong {span.kind} in {sample.kind}: {sample.text[span.start : span.end]!r} in {sample.text!r}")
        if tell and is_positive and not hit:
            tell(f"missed {sample.kind}: {sample.text[sample.start : sample.end]!r} in {sample.text!r}")
    return {
        kind: (_share(right[kind], found[kind]), _share(right[kind], wanted[kind]))
        for kind in MAKERS
        if wanted[kind] or kind in found
    }


def _share(part: int, whole: int) -> float:
    return part / whole if whole else 0.0
