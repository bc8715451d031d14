"""Profiles: every number has a unit, a source and a date; a model is found by each name that it has."""

import datetime as dt

import pytest
from pydantic import ValidationError

from tuneset.errors import UsageError
from tuneset.profile import Limit, Profile, base_model, load_profile, profile_names
from tuneset.targets.tokenizer import TOKENIZERS

PROFILES = [load_profile(name) for name in profile_names()]


def test_an_unknown_profile_is_named_with_the_nearest_known_one() -> None:
    allowed = ", ".join(profile_names())
    with pytest.raises(UsageError) as caught:
        load_profile("opnai")
    assert str(caught.value) == f"unknown profile opnai\n  allowed: {allowed}\n  do: did you mean openai?"
    with pytest.raises(UsageError) as caught:
        load_profile("zzzzzz")
    assert str(caught.value) == f"unknown profile zzzzzz\n  allowed: {allowed}"


@pytest.mark.parametrize("name", ["../params", "", "local.yaml", "__init__"])
def test_a_name_is_never_taken_for_a_path(name: str) -> None:
    with pytest.raises(UsageError, match=r"^unknown profile"):
        load_profile(name)


def test_local_is_free_and_openai_is_paid() -> None:
    assert {"local", "openai"} <= set(profile_names())
    assert (load_profile("local").endpoint.paid, load_profile("openai").endpoint.paid) == (False, True)


@pytest.mark.parametrize("profile", PROFILES, ids=profile_names())
def test_every_number_has_a_unit_a_source_and_a_date(profile: Profile) -> None:
    numbers = [*profile.limits.values()]
    for model in profile.models.values():
        numbers += [model.max_example_tokens, model.training_usd_per_million_tokens]
    assert numbers
    for number in numbers:
        assert number.unit
        assert number.source
        assert dt.date(2024, 1, 1) <= number.as_of <= profile.as_of, "the profile is as of its newest number"
        assert number.value is None or number.value >= 0


@pytest.mark.parametrize("profile", PROFILES, ids=profile_names())
def test_the_parts_of_a_profile_fit_together(profile: Profile) -> None:
    assert profile.model(profile.default_model) is not None
    assert {model.encoding for model in profile.models.values()} <= set(TOKENIZERS)
    # A service that is asked through its own library has its credentials from there.
    asked_by_library = profile.endpoint.base_url is None
    assert not profile.endpoint.paid or asked_by_library or profile.endpoint.api_key_env
    assert load_profile(profile.name) == profile


def test_a_misspelt_key_in_a_profile_is_refused() -> None:
    document = load_profile("local").model_dump()
    with pytest.raises(ValidationError, match=r"limts"):
        Profile.model_validate({**document, "limts": {}})
    with pytest.raises(ValidationError, match=r"source"):
        Limit.model_validate({"value": 1, "unit": "bytes", "as_of": "2026-11-20"})


def test_a_limit_that_is_not_stated_is_none() -> None:
    profile = load_profile("openai")
    assert profile.limit("file_bytes") == 512 * 1024 * 1024
    assert profile.limit("moon_phases") is None


@pytest.mark.parametrize(
    ("name", "base"),
    [
        ("gpt-4.1-mini", "gpt-4.1-mini"),
        ("ft:gpt-4.1-mini-2025-04-14:acme:support:abc", "gpt-4.1-mini-2025-04-14"),
        ("ft:gpt-4o", "gpt-4o"),
        ("draft:gpt-4o", "draft:gpt-4o"),
    ],
)
def test_the_base_model_of_a_name(name: str, base: str) -> None:
    assert base_model(name) == base


def test_a_model_is_found_by_date_alias_and_fine_tuned_name_but_not_by_a_prefix() -> None:
    profile = load_profile("openai")
    assert profile.model("gpt-4.1") is profile.models["gpt-4.1-2025-04-14"]
    assert profile.model("gpt-4.1-mini-2025-04-14") is profile.models["gpt-4.1-mini-2025-04-14"]
    assert profile.model("ft:gpt-4.1-mini:acme::x") is profile.models["gpt-4.1-mini-2025-04-14"]
    assert [profile.model(name) for name in ("gpt-4", "gpt-4.1-", "", "ft:", "llama-3", "gpt.4.1")] == [None] * 6


def test_the_newest_of_several_dates_is_meant_by_the_alias() -> None:
    profile = load_profile("openai")
    known = profile.models["gpt-4.1-2025-04-14"]
    newer = known.model_copy(update={"vision": True})
    both = profile.model_copy(update={"models": {"gpt-9-2027-01-01": newer, "gpt-9-2026-12-31": known}})
    assert both.model("gpt-9") is newer
