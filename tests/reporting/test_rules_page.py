"""docs/rules.md is what the registry says, and every rule is on it."""

from pathlib import Path

from tuneset.drop_reasons import REASONS
from tuneset.reporting import rules_page
from tuneset.rules.registry import BY_CODE, listed
from tuneset.rules.repairs.registry import BY_CODE as REPAIRS

PAGE = Path(__file__).parents[2] / "docs" / "rules.md"
MENDING = list(REPAIRS.values())
OTHERS = [reason for reason in REASONS.values() if reason.code not in BY_CODE]


def test_the_page_is_current() -> None:
    expected = "\n".join(rules_page.page(listed(), OTHERS, MENDING)) + "\n"
    assert PAGE.read_text(encoding="utf-8") == expected, "run `tuneset rules --output markdown > docs/rules.md`"


def test_every_rule_reason_and_repair_is_listed() -> None:
    lines = list(rules_page.listing(listed(), OTHERS, MENDING))
    for code in [*BY_CODE, *(reason.code for reason in OTHERS), *REPAIRS]:
        assert sum(line.startswith(f"  {code}  ") for line in lines) == 1


def test_an_explanation_has_reason_source_and_both_samples() -> None:
    text = "\n".join(rules_page.explanation(BY_CODE["CNV004"]))
    assert text.startswith("CNV004 no-trained-message: error\n\nEvery assistant message has weight 0.\n")
    assert "Source: OpenAI fine-tuning guide (weight) (as of 2026-11-20)" in text
    assert '\nBad:\n  {"messages":' in text
    assert '\nGood:\n  {"messages":' in text
