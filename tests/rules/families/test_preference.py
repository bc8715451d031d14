"""Preference pairs: the edges that the samples of the rules do not show."""

from typing import Any

from tests.rules.support import codes, context
from tuneset.rules.families.preference import preference_issues
from tuneset.rules.samples import ANSWER, ASK, turn

LYON, RESULT = turn("assistant", "Lyon."), turn("tool", "12")


def found(
    preferred: list[dict[str, Any]], other: list[dict[str, Any]], *asked: dict[str, Any], profile: str = "openai"
) -> list[tuple[str, str]]:
    example = {"input": {"messages": [*asked] or [ASK]}, "preferred_output": preferred, "non_preferred_output": other}
    return codes(list(preference_issues(example, context("dpo", profile))))


def test_outputs_of_tools_alone_hold_no_answer() -> None:
    at = "$.preferred_output"
    assert found([RESULT], [LYON], profile="azure") == found([RESULT] * 2, [LYON], profile="azure") == [("PRF002", at)]
    assert found([RESULT], [LYON]) == [("PRF004", f"{at}[0].role")]
    assert found([RESULT, ANSWER], [LYON], profile="azure") == found([], [LYON], profile="azure") == []


def test_images_of_the_user_alone_are_told_and_no_other_parts() -> None:
    parts = [{"type": "text", "text": "?"}, {"type": "file"}, {"type": "input_audio"}, {}, {"type": "image_url"}]
    assert found([ANSWER], [LYON], turn("user", parts)) == [("PRF006", "$.input.messages[0].content[4]")]
    assert found([turn("assistant", parts)], [LYON]) == []


def test_pairs_are_of_two_different_answers_to_a_message_that_is_not_the_assistants() -> None:
    assert found([ANSWER], [LYON]) == found([], []) == []
    assert found([ANSWER], [dict(ANSWER)]) == [("PRF003", "$.non_preferred_output")]
    assert found([ANSWER], [LYON], ANSWER, ASK) == []
    assert found([ANSWER], [LYON], ASK, ANSWER) == [("PRF007", "$.input.messages[1].role")]
