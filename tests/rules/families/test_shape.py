"""How violations of a line's schema are told: what was found, what is allowed, what to do."""

from typing import Any

from tests.rules.support import codes
from tuneset.rules.families.shape import shape_issues
from tuneset.rules.issue import Issue
from tuneset.rules.samples import ANSWER, ASK
from tuneset.terms import Format


def found(example: dict[str, Any], line_format: Format = "sft") -> list[Issue]:
    return list(shape_issues(example, line_format))


def test_a_null_of_an_optional_key_is_told_with_the_key_to_remove() -> None:
    for example, path, key in (
        ({"messages": [{**ASK, "name": None}, ANSWER]}, "$.messages[0].name", "name"),
        ({"messages": [ASK, ANSWER], "tools": None}, "$.tools", "tools"),
        ({"messages": [ASK, {**ANSWER, "source": None}]}, "$.messages[1].source", "source"),
    ):
        (issue,) = found(example)
        assert (issue.code, issue.path, issue.hint) == ("SHP006", path, f"remove {key}")
        assert issue.message.startswith(f"{key} is null")


def test_an_unknown_key_is_told_with_the_nearest_that_is_known() -> None:
    (near,) = found({"messages": [{**ASK, "nmae": "Ann"}, ANSWER]})
    (far,) = found({"messages": [{**ASK, "zzz": "Ann"}, ANSWER]})
    assert (near.code, near.hint, far.hint) == ("SHP002", "did you mean name?", "remove zzz")


def test_keys_are_listed_up_to_eight_and_those_that_show_badly_are_not() -> None:
    for keys, told in ((8, "k1, k2, k3, k4, k5, k6, k7, k8"), (9, "k1, k2, k3, k4, k5, k6, k7, k8, …")):
        (issue,) = found({f"k{number}": 1 for number in range(1, keys + 1)})
        assert issue.code == "SHP001"
        assert issue.message.startswith(f"keys are {told};")
    for key, told in (("k" * 30, "k" * 30), ("k" * 31, "…"), ("a\nb", "…")):
        (issue,) = found({key: 1})
        assert issue.message.startswith(f"keys are {told};")


def test_a_line_of_another_format_is_told_once() -> None:
    prompt = {"messages": [ASK], "reference_answer": "Paris"}
    pair = {"input": {"messages": [ASK]}, "preferred_output": [ANSWER], "non_preferred_output": [ANSWER]}
    assert codes(found(pair)) == codes(found(pair, "rft")) == [("PRF005", "$")]
    assert codes(found({"messages": [ASK, ANSWER]}, "dpo")) == [("PRF005", "$")]
    assert found(prompt, "rft") == found({"messages": [ASK]}, "rft") == found(pair, "dpo") == []
    assert found({"messages": [ASK, ANSWER], "label": True}, "kto") == []


def test_an_output_under_the_published_name_is_told_once_and_not_as_missing() -> None:
    pair = {"input": {"messages": [ASK]}, "preferred_completion": [ANSWER], "non_preferred_output": [ANSWER]}
    assert codes(found(pair, "dpo")) == [("PRF001", "$.preferred_completion")]
    del pair["non_preferred_output"]
    assert codes(found(pair, "dpo")) == [
        ("PRF001", "$.preferred_completion"),
        ("SHP003", "$.non_preferred_output"),
    ]
