"""Every profile: complete, dated, sourced, and consistent with the rules that read it."""

import datetime as dt

import pytest
from pydantic import ValidationError

from tuneset.profile import Lines, Profile, load_profile, profile_names
from tuneset.rules.engine.check_context import CHECK_FAMILIES, resolve_severity
from tuneset.rules.registry import ANYWHERE, find_rule

TODAY = dt.date(2026, 11, 26)
KNOWN_LIMITS = {
    "file_bytes", "sent_whole_bytes", "upload_bytes", "upload_part_bytes", "parts_above_bytes",
    "batch_requests",
    "min_examples",
    "max_examples",    "max_examples_rft", "images_per_example", "image_bytes",
    "max_image_examples", "tools", "tool_call_id_characters",
    "preference_output_messages", "suffix_characters",
}  # fmt: skip


def test_the_providers_of_the_documentation_are_there() -> None:
    assert {"openai", "azure", "nebius", "together", "fireworks", "mistral", "local"} <= set(profile_names())


@pytest.mark.parametrize("name", profile_names())
def test_a_profile_is_complete_and_dated(name: str) -> None:
    profile = load_profile(name)
    assert profile.name == name
    assert profile.model(profile.default_model) is not None
    assert profile.as_of <= TODAY
    numbers = [*profile.limits.values()]
    for model in profile.models.values():
        numbers += [model.max_example_tokens, model.training_usd_per_million_tokens]
        assert model.methods
    for limit in numbers:
        assert limit.source
        assert limit.unit
        assert limit.as_of <= TODAY


@pytest.mark.parametrize("name", profile_names())
def test_a_profile_names_only_rules_and_limits_that_are_read(name: str) -> None:
    profile = load_profile(name)
    assert set(profile.limits) <= KNOWN_LIMITS
    for rule in profile.rules:
        find_rule(rule)


@pytest.mark.parametrize("name", profile_names())
def test_an_error_at_a_provider_has_the_address_of_a_page_that_says_so_and_a_date(name: str) -> None:
    profile = load_profile(name)
    for setting in profile.rules.values():
        assert setting.source
        assert setting.as_of <= TODAY
        assert setting.severity != "error" or setting.url.startswith("https://")
    holds = resolve_severity(profile, (), {}, CHECK_FAMILIES)
    sourced = {find_rule(rule).code for rule in profile.rules}
    unsaid = {code for code, level in holds.items() if level == "error" and code not in sourced}
    elsewhere = {code for code in unsaid if not {code, code[:3]} & ANYWHERE}
    # What the others refuse is known from the protocol's own pages, which each rule names.
    assert not elsewhere or profile.unlisted == "error"
    assert profile.unlisted == "warning" or name in {"openai", "azure", "local"}


def test_an_error_without_an_address_is_refused() -> None:
    document = load_profile("local").model_dump()
    rule = {"severity": "error", "source": "hearsay", "as_of": dt.date(2026, 11, 26)}
    with pytest.raises(ValidationError, match="the address of a page"):
        Profile.model_validate({**document, "rules": {"unknown-key": rule}})


@pytest.mark.parametrize("name", profile_names())
def test_what_a_line_may_have_is_dated_and_sourced(name: str) -> None:
    lines = load_profile(name).lines
    if lines != Lines() and name != "local":
        assert lines.source
        assert lines.url.startswith("https://")
        assert lines.as_of is not None
        assert lines.as_of <= TODAY


def test_the_default_model_of_a_paid_provider_has_not_been_shut_down() -> None:
    for name in profile_names():
        profile = load_profile(name)
        shutdown = profile.models[profile.default_model].shutdown
        assert shutdown is None or shutdown > TODAY
