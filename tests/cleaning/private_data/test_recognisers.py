"""A detector of others is asked by name, behind one interface; what it finds is treated as what is found here."""

import importlib.metadata
import re
from collections.abc import Iterator, Mapping

import pytest

from tests.builders import tables_of
from tuneset.cleaning.private_data import presidio, recognisers
from tuneset.cleaning.private_data.coverage import coverage
from tuneset.cleaning.private_data.detectors import kinds
from tuneset.cleaning.private_data.kinds import Span
from tuneset.cleaning.private_data.recognisers import RECOGNISED, RECOGNISERS, Recogniser, versions
from tuneset.cleaning.private_data.rules import rules_of
from tuneset.errors import UsageError
from tuneset.example_tables import to_examples
from tuneset.params import CleanParams, RedactParams
from tuneset.stages.clean import clean

NAMES = re.compile(r"(?P<person>Maria Lopez|Anneliese|王伟)|(?P<location>Berlin)")


def known_names(text: str, given: str) -> Iterator[Span]:
    """What a model would say; `given` is what followed the name."""
    for found in NAMES.finditer(text) if given == "small" else ():
        assert found.lastgroup
        yield Span(*found.span(), found.lastgroup, found.group().lower())


def known_version(given: str) -> str:
    return f"list {given}"


@pytest.fixture
def with_list(monkeypatch: pytest.MonkeyPatch) -> None:
    listed = Recogniser("list", ("person", "location"), f"{__name__}:known_names", f"{__name__}:known_version")
    monkeypatch.setattr(recognisers, "RECOGNISERS", (*RECOGNISERS, listed))
    monkeypatch.setattr(recognisers, "_at", {listed.find: known_names, listed.version: known_version}.__getitem__)


def redact(
    *texts: str, detectors: tuple[str, ...] = ("list:small",), **policies: str
) -> tuple[list[str], Mapping[str, int]]:
    params = CleanParams(redact=RedactParams.model_validate({"detectors": list(detectors), **policies}))
    turns = [{"role": ("user", "assistant")[place % 2], "content": text} for place, text in enumerate(texts)]
    result = clean(tables_of([{"messages": turns}]), params)
    (example,) = to_examples(result.tables)
    assert to_examples(clean(result.tables, params).tables) == [example]
    return [message["content"] for message in example["messages"]], result.metrics


def test_what_one_finds_has_a_policy_and_a_placeholder() -> None:
    for recogniser in RECOGNISERS:
        assert {*recogniser.kinds} <= {*RECOGNISED} <= {*kinds()}


@pytest.mark.usefixtures("with_list")
def test_without_one_no_name_is_looked_for() -> None:
    texts, metrics = redact("I am Maria Lopez", "Hello Maria Lopez in Berlin", detectors=())
    assert texts == ["I am Maria Lopez", "Hello Maria Lopez in Berlin"]
    assert not any(name.startswith("private.") for name in metrics)
    assert coverage(rules_of(RedactParams()))["not_looked_for"][:2] == ["names of people", "places"]


@pytest.mark.usefixtures("with_list")
def test_its_finds_are_replaced_counted_and_spread() -> None:
    texts, metrics = redact(
        "I am Maria Lopez, maria@lopez.org", "Hello MARIA  LOPEZ of Berlin; 王伟和Anneliese", "ANNELIESE?", "Yes"
    )
    assert texts == [
        "I am <PERSON_1>, <EMAIL_1>",
        "Hello <PERSON_1> of <LOCATION_1>; <PERSON_2>和<PERSON_3>",
        "<PERSON_3>?",
        "Yes",
    ]
    assert (metrics["private.person.found"], metrics["private.location.found"]) == (5, 1)


def one_at_a_time(text: str, _given: str) -> Iterator[Span]:
    """A model that finds another name whenever one is gone."""
    if found := re.search(r"Name[0-9]+x", text):
        yield Span(*found.span(), "person", found.group().lower())


@pytest.mark.usefixtures("with_list")
def test_one_that_finds_one_name_a_time_comes_to_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recognisers, "_at", lambda _address: one_at_a_time)
    recognisers._finds.cache_clear()
    (text, _), _ = redact(" ".join(f"Name{number}x" for number in range(70)), "Yes")
    assert text == " ".join(f"<PERSON_{number}>" for number in range(1, 71))


@pytest.mark.usefixtures("with_list")
def test_each_kind_of_it_has_its_own_policy() -> None:
    texts, metrics = redact("I am Maria Lopez", "of Berlin", person="flag", location="off")
    assert texts == ["I am Maria Lopez", "of Berlin"]
    assert (metrics["private.person.found"], metrics.get("private.location.found")) == (1, None)
    told = coverage(rules_of(RedactParams.model_validate({"detectors": ["list:small"], "location": "off"})))
    assert "places" in told["not_looked_for"]
    assert "names of people" not in told["not_looked_for"]


@pytest.mark.usefixtures("with_list")
def test_what_its_finds_depend_on_is_named() -> None:
    assert versions(["list:small"]) == ["list:small: list small"]


def test_one_that_nobody_knows_is_refused() -> None:
    with pytest.raises(UsageError, match=r"clean\.redact\.detectors: spacy is no detector"):
        versions(["spacy"])
    with pytest.raises(UsageError, match="spacy is no detector"):
        rules_of(RedactParams(detectors=["spacy"]))


def test_a_package_that_is_not_installed_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> str:
        raise importlib.metadata.PackageNotFoundError(name)

    monkeypatch.setattr(importlib.metadata, "version", missing)
    with pytest.raises(UsageError, match="presidio-analyzer is not installed"):
        presidio.version("")
