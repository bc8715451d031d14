"""What is off by default: no text is searched for it, and where it is on it is treated as every other kind."""

import polars as pl
import pytest

from tests.builders import chat, tables_of
from tests.labelled_texts.measured import labelled_set
from tuneset.cleaning.private_data.coverage import coverage
from tuneset.cleaning.private_data.detectors import DETECTORS, OPTIONAL_KINDS, placeholder_pattern
from tuneset.cleaning.private_data.find import find_private
from tuneset.cleaning.private_data.kinds import DEFAULT_REGIONS, EVERY, Detector, Signs
from tuneset.cleaning.private_data.optional.detectors import OPTIONAL
from tuneset.cleaning.private_data.rules import rules_of
from tuneset.cleaning.private_data.suspects import find_suspects
from tuneset.example_tables import to_examples
from tuneset.params import CleanParams, RedactParams
from tuneset.stages.clean import clean

SAMPLES = labelled_set(40, OPTIONAL_KINDS)
ALL_ON = RedactParams.model_validate(dict.fromkeys(OPTIONAL_KINDS, "redact"))

# What looks like one, in texts of programs, manuals and tables.
NEAR = [
    ("mac", "SHA1 Fingerprint=3C:22:FB:9A:41:D7:00:11:22:33"),
    ("mac", "11:22:FB:9A:41:D7:\n   3C:22:FB:9A:41:D7\n-----END"),
    ("mac", "ether 00:00:5e:00:53:af, 00:11:22:33:44:55, ff:ff:ff:ff:ff:ff"),
    ("imei", "order 356868000041418"),
    ("imei", "IMEI: 356868000041419"),
    ("wallet", "commit 3f786850e387550fdab836ed7e6dc881de23001b in 0x3f786850e387550fdab836ed7e6dc881de23001b"),
    ("passport", "passport.js 0.6.0, the passport costs 130 EUR, passport office 4"),
    ("passport", "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<\nL898902C36UTO7408122F1204159ZE184226B<<<<<10"),
    ("user_name", "username: required, login: failed, Username: <your name>, user name is unique"),
    ("user_name", "username=self.name, username = request.user.name, login(username=name, password=secret)"),
    ("user_name", "thanks @jdoe42, username@example.com"),
    ("user_name", 'NameOID.USER_ID: "UID", --username=USER_NAME, "UserName": self.user_name'),
    ("postal_address", "5 Hard Drive, 3rd Place, 12 Row, Wall Street fell 3 percent, Via API 200 requests, Ring 0"),
    ("postal_address", "et al. 2019, Section 4 Road safety, route 66, via eth0 3"),
]


def detector(kind: str) -> Detector:
    return next(one for one in OPTIONAL if one.kind == kind)


def test_the_names_are_those_of_the_detectors() -> None:
    assert tuple(one.kind for one in OPTIONAL) == OPTIONAL_KINDS
    assert all(one.hint and one.groups == Signs.OPTIONAL for one in OPTIONAL)


@pytest.mark.parametrize(("kind", "text"), NEAR)
def test_what_only_looks_like_one_is_none(kind: str, text: str) -> None:
    assert list(detector(kind).find(text, ())) == []


def test_nothing_is_searched_for_by_default() -> None:
    assert rules_of(RedactParams()).optional == ()
    texts = pl.Series([sample.text for sample in SAMPLES])
    assert all(not group & Signs.OPTIONAL for group in find_suspects(texts))
    assert not {span.kind for sample in SAMPLES for span in find_private(sample.text)} & {*OPTIONAL_KINDS}


@pytest.mark.parametrize("kind", OPTIONAL_KINDS)
def test_each_is_switched_on_by_itself(kind: str) -> None:
    rules = rules_of(RedactParams.model_validate({kind: "flag"}))
    assert [one.kind for one in rules.optional] == [kind]
    assert kind not in coverage(rules)["off"]
    assert {*coverage(rules)["off"]} == {*OPTIONAL_KINDS} - {kind}


def test_the_fast_search_misses_nothing_that_a_detector_finds() -> None:
    texts = pl.Series([sample.text for sample in SAMPLES])
    for one in OPTIONAL:
        for text, group in zip(texts, find_suspects(texts, [one]), strict=True):
            assert group & Signs.OPTIONAL or not any(one.find(text, ())), (one.kind, text)


def test_what_they_find_does_not_depend_on_the_groups_of_the_fast_search() -> None:
    groups = find_suspects(pl.Series([sample.text for sample in SAMPLES]), OPTIONAL)
    for sample, group in zip(SAMPLES, groups, strict=True):
        whole = find_private(sample.text, DEFAULT_REGIONS, EVERY, OPTIONAL)
        assert find_private(sample.text, DEFAULT_REGIONS, group, OPTIONAL) == whole


SPREAD = [
    ("mac", "eth0 3C:22:FB:9A:41:D7", "3c-22-fb-9a-41-d7 and 3c22.fb9a.41d7 and 3C22FB9A41D7"),
    ("imei", "IMEI: 35-686800-004141-8", "356868000041418"),
    ("wallet", "pay to bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4", "(bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4)"),
    ("passport", "passport no. C01X00T47", "C01X00T47"),
    ("user_name", "username: jdoe84", "/home/jdoe84, JDoe84, <jdoe84>"),
    ("postal_address", "I live at 742 Evergreen Terrace.", "742 EVERGREEN TERRACE, 742 Evergreen\nTerrace"),
]


@pytest.mark.parametrize(("kind", "told", "again"), SPREAD)
def test_a_value_that_one_turn_names_is_taken_out_of_every_other(kind: str, told: str, again: str) -> None:
    params = CleanParams(redact=ALL_ON)
    result = clean(tables_of([chat(told, again)]), params)
    (example,) = to_examples(result.tables)
    texts = [message["content"] for message in example["messages"]]
    assert not any(any(one.find(text, ())) for text in texts for one in OPTIONAL), texts
    found = [match.group() for text in texts for match in placeholder_pattern().finditer(text)]
    assert {*found} == {f"<{kind.upper()}_1>"}
    assert result.metrics[f"private.{kind}.found"] == len(found) > 1
    assert to_examples(clean(result.tables, params).tables) == [example]


def test_the_default_kinds_are_found_as_before_where_all_are_on() -> None:
    for sample in labelled_set(15):
        usual = find_private(sample.text)
        if sample.start >= 0:
            assert usual == [span for span in find_private(sample.text, optional=OPTIONAL) if span.kind in KINDS]


KINDS = {one.kind for one in DETECTORS}
