"""How good redaction is on the labelled set: no change may make a kind worse without being seen."""

import functools

import pytest

from tests.labelled_texts.measured import labelled_set, measure
from tuneset.cleaning.private_data.detectors import OPTIONAL_KINDS, kinds
from tuneset.cleaning.private_data.recognisers import RECOGNISED

# Kind: the least precision and recall on 400 values and 400 near misses of each kind. One value in 400 is 0.0025.
FLOORS = {
    "email": (0.997, 1.0),
    "phone": (0.985, 0.985),
    "card": (1.0, 1.0),
    "iban": (1.0, 1.0),
    "national_id": (1.0, 0.99),
    "ip": (1.0, 0.987),
    "url_credentials": (1.0, 0.997),
    "api_key": (1.0, 0.997),
    "jwt": (1.0, 1.0),
    "private_key": (1.0, 1.0),
    "connection_string": (1.0, 1.0),
    "birth_date": (0.99, 0.99),
    "password": (1.0, 1.0),
    # Off by default, and searched for in samples of their own.
    "mac": (1.0, 1.0),
    "imei": (1.0, 1.0),
    "wallet": (1.0, 1.0),
    "passport": (1.0, 1.0),
    "user_name": (1.0, 1.0),
    "postal_address": (1.0, 1.0),
}


@functools.cache  # a process that only collects the tests measures nothing
def figures() -> dict[str, tuple[float, float]]:
    return {**measure(labelled_set(400)), **measure(labelled_set(200, OPTIONAL_KINDS))}


def test_every_kind_has_a_floor() -> None:
    assert set(FLOORS) == set(kinds()) - set(RECOGNISED)


@pytest.mark.parametrize("kind", FLOORS)
def test_precision_and_recall_do_not_fall(kind: str) -> None:
    (precision, recall), (least_precision, least_recall) = figures()[kind], FLOORS[kind]
    assert precision >= least_precision
    assert recall >= least_recall


def test_a_find_that_is_wrong_and_a_value_that_is_missed_are_told() -> None:
    samples = [sample for sample in labelled_set(3) if sample.kind == "jwt" and sample.start >= 0]
    moved = [type(sample)("iban", sample.text, sample.start, sample.end) for sample in samples]
    told: list[str] = []
    assert measure(moved, told.append)["iban"] == (0.0, 0.0)
    assert [line.partition(":")[0] for line in told] == ["wrong jwt in iban", "missed iban"] * 3
