"""Precision and recall of redaction, kind by kind, on a labelled set made here.

    python benchmarks/redaction.py [--count 400] [--show]

Every text holds one value of one kind, or a near miss of one. A find is right only where it is exactly the labelled
value and kind. Recall: right finds of the texts that hold one. Precision: right finds of all finds of that kind over
the whole set, near misses and values of all other kinds included. `--show` prints what went wrong; the set is made
up, so nothing private shows.
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Mapping

import polars as pl
from redaction_set import contact, numbers, secret
from redaction_set.sample import Maker, Sample, near_miss, positive

from tuneset.cleaning.private_data.find import find_private
from tuneset.cleaning.private_data.kinds import DEFAULT_REGIONS, KINDS
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
    "password": (secret.password, secret.not_password),
}


def labelled_set(count: int) -> list[Sample]:
    """`count` positives and `count` near misses of each kind, always the same."""
    samples = []
    for kind in KINDS:
        make, miss = MAKERS[kind]
        samples += [positive(kind, make, number) for number in range(count)]
        samples += [near_miss(kind, miss, number) for number in range(count)]
    return samples


def measure(samples: list[Sample], *, show: bool) -> dict[str, tuple[float, float]]:
    """(precision, recall) by kind. The fast search for suspects is part of what is measured."""
    found, right, wanted = Counter[str](), Counter[str](), Counter[str]()
    groups = find_suspects(pl.Series([sample.text for sample in samples], dtype=pl.String))
    for sample, group in zip(samples, groups, strict=True):
        is_positive = sample.start >= 0
        wanted[sample.kind] += is_positive
        hit = False
        for span in find_private(sample.text, DEFAULT_REGIONS, group) if group else ():
            found[span.kind] += 1
            exact = is_positive and (span.kind, span.start, span.end) == (sample.kind, sample.start, sample.end)
            hit |= exact
            right[span.kind] += exact
            if show and not exact:
                print(f"wrong {span.kind} in {sample.kind}: {sample.text[span.start : span.end]!r} in {sample.text!r}")
        if show and is_positive and not hit:
            print(f"missed {sample.kind}: {sample.text[sample.start : sample.end]!r} in {sample.text!r}")
    return {kind: (right[kind] / found[kind] if found[kind] else 0.0, right[kind] / wanted[kind]) for kind in KINDS}


def main() -> None:
    """Print a table of kind, precision and recall."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--count", type=int, default=400, help="positives, and near misses, of each kind")
    parser.add_argument("--show", action="store_true", help="print what went wrong")
    options = parser.parse_args()
    figures = measure(labelled_set(options.count), show=options.show)
    print(f"{'kind':<20}{'precision':>10}{'recall':>10}")
    for kind, (precision, recall) in figures.items():
        print(f"{kind:<20}{precision:>10.3f}{recall:>10.3f}")


if __name__ == "__main__":
    main()
