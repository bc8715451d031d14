"""Every rule's bad sample gives exactly its code, at the right place; its good sample gives none."""

import dataclasses
import re
from pathlib import Path

import orjson
import pytest

from tests.rules.support import findings, places
from tests.targets.local_models.tiny_models import write_model
from tuneset.drop_reasons import REASONS
from tuneset.errors import UsageError
from tuneset.profile import load_profile
from tuneset.rules.registry import BY_CODE, find_rule, listed
from tuneset.rules.rule import FAMILIES, Rule, Sample
from tuneset.targets.target import Target, find_target
from tuneset.terms import Finding

SHOWN_BY_SIZE = {"FIL005", "VIS005", "VIS009", "DAT002", "DAT003"}
"""Rules on sheer size: their bad sample is named, not written; tests of their own show them."""


def _target(sample: Sample, folder: Path) -> Target:
    """A model with the sample's template, and a vocabulary of the tests."""
    end = "<|im_end|>"
    padding = end if sample.padding_is_end else "<pad>"
    own = write_model(folder / "model", sample.template, eos_token=end, pad_token=padding)
    found = find_target("", load_profile(sample.profile), local=str(own), recipe=sample.recipe)
    return dataclasses.replace(found, encoding="model")


def _check(rule: Rule, sample: Sample, folder: Path) -> list[Finding]:
    contents = [sample.data] if sample.validation is None else [sample.data, sample.validation]
    return findings(
        folder,
        *contents,
        names=(sample.name, "validation.jsonl"),
        asked=sample.format,
        profile=sample.profile,
        model=sample.model,
        ignore=() if rule.code == "DAT001" else ("DAT001",),
        severity=((rule.code, rule.severity),) if rule.optional else (),
        grader=None if sample.grader is None else orjson.loads(sample.grader),
        target=_target(sample, folder) if sample.template else None,
        sequence_length=sample.sequence_length,
    )


@pytest.mark.parametrize("rule", listed(), ids=lambda rule: rule.code)
def test_good_sample_gives_no_finding(rule: Rule, tmp_path: Path) -> None:
    assert _check(rule, rule.good, tmp_path) == []


@pytest.mark.parametrize(
    "rule", [rule for rule in listed() if rule.code not in SHOWN_BY_SIZE], ids=lambda rule: rule.code
)
def test_bad_sample_gives_exactly_its_code_at_its_place(rule: Rule, tmp_path: Path) -> None:
    found = _check(rule, rule.bad, tmp_path)
    assert places(found) == [(rule.code, rule.bad.line, rule.bad.path)]
    assert found[0].message
    assert found[0].hint


@pytest.mark.parametrize("rule", listed(), ids=lambda rule: rule.code)
def test_rule_is_complete(rule: Rule) -> None:
    assert re.fullmatch(r"[A-Z]{3}\d{3}", rule.code)
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", rule.name)
    assert rule.family in FAMILIES
    assert rule.summary.endswith(".")
    assert len(rule.summary) <= 100
    assert rule.why.endswith((".", "'"))
    assert rule.source


def test_codes_and_names_are_unique() -> None:
    assert len({rule.code for rule in listed()}) == len({rule.name for rule in listed()}) == len(listed())


def test_a_code_that_is_a_reason_as_well_has_the_same_name() -> None:
    shared = BY_CODE.keys() & REASONS.keys()
    assert {code: BY_CODE[code].name for code in shared} == {code: REASONS[code].name for code in shared}


def test_rules_are_found_by_code_in_any_case_and_by_name() -> None:
    assert find_rule("cnv006") is find_rule("CNV006") is find_rule("invalid-weight")


def test_unknown_rule_names_the_nearest() -> None:
    with pytest.raises(UsageError) as caught:
        find_rule("CNV06")
    assert str(caught.value) == (
        "unknown rule CNV06\n  allowed: a code or name of `tuneset rules`\n  do: did you mean CNV006?"
    )
