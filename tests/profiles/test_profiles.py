"""Every profile: complete, dated, sourced, and consistent with the rules that read it."""

import datetime as dt

import pytest

from tuneset.profile import load_profile, profile_names
from tuneset.rules.registry import find_rule

TODAY = dt.date(2026, 11, 20)
KNOWN_LIMITS = {
    "file_bytes", "upload_bytes", "upload_part_bytes", "parts_above_bytes", "min_examples", "max_examples",
    "max_examples_rft", "images_per_example", "image_bytes", "max_image_examples", "tools", "tool_call_id_characters",
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


def test_the_default_model_of_a_paid_provider_has_not_been_shut_down() -> None:
    for name in profile_names():
        profile = load_profile(name)
        shutdown = profile.models[profile.default_model].shutdown
        assert shutdown is None or shutdown > TODAY
