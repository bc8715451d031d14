"""The words of messages: the edges that the samples of the rules do not show, and what fast passes know them by."""

import pytest

from tests.rules.support import codes, context, wrongly_clean
from tuneset.rules.engine.check_context import CHECK_FAMILIES
from tuneset.rules.families.text import MISSING_VALUES, has_placeholder, is_missing_value
from tuneset.rules.passes.example import check_example
from tuneset.rules.samples import ASK, turn

EVERYTHING = context(families=CHECK_FAMILIES)
AT = "$.messages[1].content"
NAMES = ["ab", "Ab", "Mn", "Zn", "aA", "aM", "aZ", "mz", "_a", "a_", "a0", "a5", "a9", "a.b", "a" * 41]


def found(text: str) -> list[tuple[str, str]]:
    """What is found in an answer; where it is something, no fast pass calls the line clean."""
    example = {"messages": [ASK, turn("assistant", text)]}
    assert wrongly_clean(example, EVERYTHING) == []
    return codes(check_example(example, EVERYTHING))


@pytest.mark.parametrize("mark", """=();<>"'`\\$|""")
def test_a_mark_of_code_anywhere_in_the_line_makes_a_placeholder_code(mark: str) -> None:
    for text in (f"{mark} {{name}}", f"{{name}} {mark}", f"a\n{mark}b {{name}}", f"{{name}} {mark}\nb"):
        assert not has_placeholder(text)
    assert has_placeholder(f"{mark}\nDear {{name}}\n{mark}"), "in another line it does not"


@pytest.mark.parametrize("text", ["{a}", "{1a}", "{a-b}", "{a b}", "{" + "a" * 42 + "}", "{{{ab}", "{ab}c", "{ab}}}"])
def test_what_no_template_names_is_no_placeholder(text: str) -> None:
    assert found(f"Dear {text}") == []


@pytest.mark.parametrize("form", ["{%s}", "{{ %s }}"])
@pytest.mark.parametrize("name", NAMES)
def test_a_placeholder_of_any_name_is_found_by_every_pass(name: str, form: str) -> None:
    written = form % name
    assert found(f"Dear {written},") == [("TXT004", AT)]


@pytest.mark.parametrize("text", ["{ab}", "{ab}\tc", "x = 1\nDear {ab}\nx = 1", "a\tb {ab}\n", "Ich {ab} \u00e9"])
def test_a_placeholder_at_any_place_is_found_by_every_pass(text: str) -> None:
    assert found(text) == [("TXT004", AT)]


def test_a_missing_value_in_any_case_is_found_by_every_pass() -> None:
    for value in sorted(MISSING_VALUES):
        for text in (value.upper(), f" {value.title()}\n"):
            assert found(text) == [("TXT003", AT)]
        assert not is_missing_value(f"{value} {value}")


def test_a_missing_value_stands_in_at_most_nineteen_characters() -> None:
    assert is_missing_value(" " * 15 + "None")
    assert not is_missing_value(" " * 16 + "None")
    assert is_missing_value("  [object Object]  ")


@pytest.mark.parametrize(
    "text",
    [
        "Use &quot; for a quote.",
        "In HTML it is written What&#39;s.",
        "Call it `What&#39;s`.",
        "```\nWhat&#39;s\n```",
        "<b>What&#39;s</b>",
        "x = 'What&#39;s'",
        "?a=1&amp;c=2",
        "&lt;div&gt;it&#39;s&lt;/div&gt;",
        "Decoded, it&#39;s clear.",
        "R&D says what's up; tom &amp; jerry",
    ],
)
def test_entities_in_code_and_in_texts_about_them_are_meant(text: str) -> None:
    assert found(text) == []


@pytest.mark.parametrize(
    "text",
    [
        "What&#39;s open?",
        "He said &quot;come in&quot; to me.",
        "It&amp;#x27;s open.",
        "&amp;quot;Yes.&amp;quot;",
        "R&amp;D",
    ],
)
def test_entities_in_prose_are_left_over_from_a_page(text: str) -> None:
    assert found(text) == [("TXT009", AT)]
