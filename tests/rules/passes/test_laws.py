"""Every rule is known to every pass: what the exact pass finds, no fast one calls clean, and `validate` is `check`."""

from __future__ import annotations

import dataclasses
import datetime as dt
import email.message
import functools
import inspect
import json
import pathlib
from collections.abc import Iterator
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.amounts import drawn
from tests.builders import chat, pair, tables_of
from tests.rules.passes.test_example import TEXTS, mutants
from tests.rules.support import context, findings, fits_tables, registered, wrongly_clean
from tuneset.profile import load_profile, profile_names
from tuneset.rules.context import Context
from tuneset.rules.engine.check_context import CHECK_FAMILIES, EXAMPLE_FAMILIES, make_context
from tuneset.rules.families.conversation import conversation_issues
from tuneset.rules.issue import Issue, issue
from tuneset.rules.passes import exact
from tuneset.rules.passes.raw_line import RawLinePass, raw_line_pass
from tuneset.rules.registry import listed
from tuneset.rules.rule import Rule, Sample
from tuneset.rules.samples import GOOD_CHAT
from tuneset.rules.text_rule import Suspect, TextLook, TextRule
from tuneset.stages.validate import validate
from tuneset.terms import Format

FORMATS: tuple[Format, ...] = ("sft", "dpo", "rft")
SAMPLES = [(rule, sample) for rule in listed() for sample in (rule.bad, rule.good) if sample.data]
IDS = [f"{rule.code}-{'bad' if sample is rule.bad else 'good'}" for rule, sample in SAMPLES]
OF_EXAMPLES = [(rule, sample) for rule, sample in SAMPLES if rule.family in EXAMPLE_FAMILIES]


def objects(data: bytes) -> Iterator[dict[str, Any]]:
    """The lines of a sample that are objects."""
    for line in data.split(b"\n"):
        try:
            value = orjson.loads(line)
        except orjson.JSONDecodeError:
            continue
        if isinstance(value, dict):
            yield value


# --- every example of every rule -----------------------------------------------------------------------------------


@functools.cache
def checked_with(line_format: Format, profile: str, optional: bool) -> tuple[Context, RawLinePass | None]:
    """What is checked of a file with or without the optional rules, and its raw-line pass: once for all examples."""
    everything = {one.code: one.severity for one in listed() if one.optional and one.family != "EGR"}
    checked = context(line_format, profile, families=CHECK_FAMILIES, severity=everything if optional else {})
    return checked, raw_line_pass(checked)


@pytest.mark.parametrize(("rule", "sample"), SAMPLES, ids=IDS)
def test_no_fast_pass_calls_an_example_of_a_rule_clean_in_which_something_is_found(rule: Rule, sample: Sample) -> None:
    for example in objects(sample.data):
        for line_format in FORMATS:
            for optional in (False, True):
                assert wrongly_clean(example, *checked_with(line_format, sample.profile, optional)) == []


@pytest.mark.parametrize(("rule", "sample"), OF_EXAMPLES, ids=lambda one: getattr(one, "code", ""))
def test_validate_drops_an_example_of_a_rule_where_check_finds_an_error(
    rule: Rule, sample: Sample, tmp_path: pathlib.Path
) -> None:
    model = sample.model or load_profile(sample.profile).default_model
    severity = {rule.code: rule.severity} if rule.optional else {}
    for line_format in FORMATS:
        for example in objects(sample.data):
            if not fits_tables(example, line_format):
                continue
            options = {
                "asked": line_format,
                "profile": sample.profile,
                "model": model,
                "severity": (*severity.items(),),
            }
            told = findings(tmp_path, orjson.dumps(example), **options)
            errors = [one for one in told if one.severity == "error" and one.code[:3] in EXAMPLE_FAMILIES]
            checked = make_context(line_format, load_profile(sample.profile), model, severity=severity)
            result = validate(tables_of([example], line_format=line_format), checked)
            reasons = [(one.code, f"{one.path}: {one.message}" if one.path else one.message) for one in errors[:1]]
            assert result.rejects.select("code", "detail").rows() == reasons


# --- mutated real lines --------------------------------------------------------------------------------------------

REAL = [
    chat(f"What does {name} do?", inspect.getdoc(member) or name)
    for owner in (str, list, dict, json, pathlib.Path, email.message.Message)
    for name, member in sorted(vars(owner).items())
    if inspect.getdoc(member) and not name.startswith("_")
]
"""Real text: what Python's own functions say of themselves."""
TRAPS = [*TEXTS, *(text for rule in listed() for example in objects(rule.bad.data) for text in [json.dumps(example)])]


@st.composite
def mutated(draw: st.DrawFn) -> dict[str, Any]:
    """A real conversation with something written into one of its texts, or put in the place of one."""
    example: dict[str, Any] = json.loads(json.dumps(draw(st.sampled_from(REAL))))
    message = draw(st.sampled_from(example["messages"]))
    text, trap = message["content"], draw(st.sampled_from(TRAPS))
    place = draw(st.integers(0, len(text)))
    message["content"] = draw(st.sampled_from([trap, text[:place] + trap + text[place:], text[:place]]))
    return example


def test_the_real_lines_are_many_and_most_are_clean() -> None:
    checked = context(families=CHECK_FAMILIES)
    assert len(REAL) > 100
    assert sum(not exact.exact_issues(example, checked) for example in REAL) > len(REAL) // 2


@settings(max_examples=drawn(100, 300))
@given(mutated() | mutants(), st.sampled_from(FORMATS), st.sampled_from(profile_names()))
def test_no_fast_pass_calls_a_mutant_clean_in_which_something_is_found(
    example: dict[str, Any], line_format: Format, profile: str
) -> None:
    assert wrongly_clean(example, context(line_format, profile, families=CHECK_FAMILIES)) == []


@settings(max_examples=drawn(50, 150))
@given(mutated(), st.sampled_from(profile_names()))
def test_validate_finds_in_a_mutant_what_the_exact_pass_finds(example: dict[str, Any], profile: str) -> None:
    checked = context(profile=profile)
    found = exact.exact_issues(example, checked)
    counted: dict[str, int] = {}
    for one in found:
        name = f"{checked.severity[one.code]}.{one.code}"
        counted[name] = counted.get(name, 0) + 1
    assert validate(tables_of([example]), checked).metrics == counted


# --- the guard itself ----------------------------------------------------------------------------------------------

BAD_TEXT = "<think>It is in France.</think> Paris."
THINKING = TextRule(
    "TXT900", "thinking-aloud", "error", "The text holds what the model thought.",
    "The model learns to think where nobody asked for it.",
    "this test", dt.date(2026, 11, 20),
    Sample(orjson.dumps(chat("Where?", BAD_TEXT)), path="$.messages[1].content"), GOOD_CHAT,
    look=TextLook(lambda text: "the text holds <think>" if "<think>" in text else None, Suspect(literals=("<think>",))),
    hint="leave it out",
)  # fmt: skip
SUSPECTS = [
    Suspect(literals=("<think>",)),
    Suspect(literals=("\n", "<")),
    Suspect(longest=60),
    Suspect(longest=60, literals=("think",)),
    Suspect(json_pattern="<think>"),
    Suspect(),
]
"""Different ways to know the same texts by."""


def thinking(suspect: Suspect) -> TextRule:
    assert isinstance(THINKING.look, TextLook)
    return dataclasses.replace(THINKING, look=dataclasses.replace(THINKING.look, suspect=suspect))


@pytest.mark.parametrize("suspect", SUSPECTS)
def test_a_text_rule_that_is_registered_is_known_to_every_pass(suspect: Suspect, tmp_path: pathlib.Path) -> None:
    bad = orjson.loads(THINKING.bad.data)
    cases: list[tuple[Format, dict[str, Any]]] = [("sft", bad), ("dpo", pair("Where?", BAD_TEXT, "Lyon."))]
    with registered(thinking(suspect)):
        for line_format, example in cases:
            checked = context(line_format, families=CHECK_FAMILIES)
            assert [one.code for one in exact.exact_issues(example, checked)] == ["TXT900"]
            assert wrongly_clean(example, checked) == []
        result = validate(tables_of([bad, chat("Where?", "Paris.")]), context())
        assert (result.rejects["code"].to_list(), result.tables.examples.height) == (["TXT900"], 1)
        assert [one.code for one in findings(tmp_path, THINKING.bad.data)] == ["TXT900"]
    assert findings(tmp_path, THINKING.bad.data) == []


def test_a_rule_whose_suspects_are_too_few_is_caught() -> None:
    with registered(thinking(Suspect(literals=("<thought>",)))):
        checked = context(families=CHECK_FAMILIES)
        assert wrongly_clean(orjson.loads(THINKING.bad.data), checked) == ["example", "raw line", "table"]


def test_a_rule_that_only_the_exact_pass_knows_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    known = conversation_issues

    def one_more(example: dict[str, Any], checked: Any) -> Iterator[Issue]:  # noqa: ANN401  as the function that it stands for
        yield from known(example, checked)
        if BAD_TEXT in json.dumps(example):
            yield issue("CNV003", ("messages", 1), "known to this function alone")

    monkeypatch.setattr(exact, "conversation_issues", one_more)
    checked = context(families=CHECK_FAMILIES)
    assert wrongly_clean(chat("Where?", BAD_TEXT), checked) == ["example", "raw line", "table"]
