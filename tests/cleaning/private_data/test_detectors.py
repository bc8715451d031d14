"""A kind of private data is one file and one line: what follows from that, and what a test holds together with it."""

import re
from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pytest
import yaml

from tests.builders import chat, tables_of
from tests.rules.support import findings
from tuneset.cleaning.private_data import detectors
from tuneset.cleaning.private_data.detectors import DETECTORS, kinds
from tuneset.cleaning.private_data.find import find_private
from tuneset.cleaning.private_data.kinds import Detector, Signs, Span, anywhere
from tuneset.cleaning.private_data.recognisers import RECOGNISED
from tuneset.cleaning.private_data.suspects import find_suspects
from tuneset.errors import UsageError
from tuneset.example_tables import to_examples
from tuneset.params import CleanParams, RedactParams, load_params
from tuneset.rules.samples import ASK, turn
from tuneset.rules.samples import chat as line
from tuneset.stages.clean import clean

ROOT = Path(__file__).parents[3]


def badges(text: str) -> Iterator[Span]:
    for found in re.finditer("badge-([0-9]{6})", text):
        yield Span(found.start(1), found.end(1), "badge", found.group(1))


BADGE = Detector("badge", "the number of a badge", anywhere(badges), hint="badge-[0-9]")


@pytest.fixture
def with_badges(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(detectors, "DETECTORS", (*DETECTORS, BADGE))


def test_every_kind_has_a_policy_and_every_policy_a_kind() -> None:
    assert {*RedactParams.model_fields} - {"regions", "detectors"} == {*kinds()}
    for page in ("params.yaml", "pipeline/tuneset/templates/params.template.yaml"):
        told = yaml.safe_load((ROOT / page).read_text(encoding="utf-8"))["clean"]["redact"]
        assert {*told} - {"regions", "detectors"} == {*kinds()}, page


def test_the_page_on_privacy_tells_every_kind() -> None:
    page = (ROOT / "docs" / "privacy.md").read_text(encoding="utf-8")
    assert {*re.findall(r"^\| `(\w+)` \|", page, flags=re.MULTILINE)} == {*kinds()}
    measured = {*re.findall(r"^\| (\w+) \| [01]\.", page, flags=re.MULTILINE)}
    assert measured == {*kinds()} - {*RECOGNISED}, "`python -m benchmarks.redaction --count 1000` has the figures"


def test_a_detector_of_its_own_has_a_pattern_and_any_other_a_group() -> None:
    for detector in (*DETECTORS, BADGE):
        assert bool(detector.hint) == bool(detector.groups & Signs.OWN), detector.kind


def test_without_its_line_a_kind_is_not_known() -> None:
    assert find_private("badge-123456") == []


@pytest.mark.usefixtures("with_badges")
def test_a_kind_is_found_redacted_and_counted_by_its_line_alone() -> None:
    assert find_suspects(pl.Series(["badge-123456", "badge"])).to_list() == [Signs.OWN, 0]
    result = clean(tables_of([chat("Who?", "badge-123456, badge-654321, badge-123456")]), CleanParams())
    assert to_examples(result.tables) == [chat("Who?", "badge-<BADGE_1>, badge-<BADGE_2>, badge-<BADGE_1>")]
    assert result.metrics["private.badge.found"] == 3
    assert find_private("badge-<BADGE_1>") == []


@pytest.mark.usefixtures("with_badges")
def test_a_kind_is_a_finding_by_its_line_alone(tmp_path: Path) -> None:
    found = findings(tmp_path, line(ASK, turn("assistant", "badge-123456")), severity=(("EGR005", "error"),))
    assert [(one.code, one.message) for one in found] == [("EGR005", "the text holds the number of a badge")]


@pytest.mark.parametrize("region", ["XX", "us", "", "USA"])
def test_a_region_that_is_no_country_is_refused(region: str, tmp_path: Path) -> None:
    page = tmp_path / "params.yaml"
    page.write_text(yaml.safe_dump({"clean": {"redact": {"regions": ["US", region]}}}), encoding="utf-8")
    with pytest.raises(UsageError, match=r"clean\.redact\.regions"):
        load_params(page)
