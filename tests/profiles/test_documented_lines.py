"""Each provider's own examples: the lines that its pages show pass under its profile, those that they refuse do not.

The forms are those of the pages that the profiles name; the texts are our own.
"""

import re
from pathlib import Path
from typing import Any

import orjson
import pytest

from tests.rules.support import findings
from tuneset.rules.families.vision import _GIF, _PNG, _data_url
from tuneset.rules.samples import ANSWER, ASK, TELL_WEATHER, TOOL_RESULT, WEATHER_TOOL, call_turn, turn
from tuneset.terms import Finding

SYSTEM = turn("system", "You are a geographer.")
MORE = [turn("user", "And of Peru?"), turn("assistant", "Lima.")]
WORSE = turn("assistant", "Lyon.")
THINKS = {**ANSWER, "reasoning_content": "The seat of the government is Paris."}
CALL = call_turn('{"city": "Paris"}')
ASK_WEATHER = turn("user", "How warm is it in Paris?")
CALLED = {"messages": [ASK_WEATHER, CALL, TOOL_RESULT, TELL_WEATHER], "tools": [WEATHER_TOOL]}


def parts(text: str, *urls: str) -> list[dict[str, Any]]:
    """A content of a text and images."""
    return [{"type": "text", "text": text}, *({"type": "image_url", "image_url": {"url": url}} for url in urls)]


def looks(url: str, **more: object) -> dict[str, Any]:
    """A line that shows an image, all its messages lists of parts."""
    return {"messages": [turn("user", parts("What is this?", url), **more), turn("assistant", parts("A dot."))]}


def pair(*messages: dict[str, Any], better: dict[str, Any] = ANSWER, worse: dict[str, Any] = WORSE) -> dict[str, Any]:
    """A preference line."""
    return {"input": {"messages": list(messages)}, "preferred_output": [better], "non_preferred_output": [worse]}


CHAT = {"messages": [SYSTEM, ASK, ANSWER, *MORE]}
PNG, GIF = _data_url(_PNG), _data_url(_GIF, "image/gif")
GOOD: dict[str, list[dict[str, Any]]] = {
    "together": [
        CHAT,
        {"messages": [SYSTEM, {**ASK, "weight": 0}, {**ANSWER, "weight": 1}]},
        {"messages": [ASK, ANSWER], "weight": 0.9},
        {"prompt": "What is photosynthesis?", "completion": "How plants live on light."},
        {"prompt": parts("What is this?", PNG), "completion": parts("A dot.")},
        {"prompt": "2 + 2?", "completion": "4", "weight": 2.5},
        {"text": "The fox jumps."},
        {"messages": [ASK, {"role": "assistant", "reasoning": "It is Paris.", "content": "Paris."}]},
        {"messages": [ASK, THINKS]},
        pair(ASK),
        pair(turn("assistant", "Hello."), ASK),
        pair(ASK, better=THINKS),
        CALLED,
        looks(PNG),
        {"messages": [turn("system", parts("You see.")), *looks(PNG)["messages"]]},
    ],
    "fireworks": [
        CHAT,
        {"messages": [SYSTEM, ASK, {**ANSWER, "weight": 0}, *MORE]},
        {"messages": [ASK, THINKS]},
        {"messages": [ASK_WEATHER, {**CALL, "content": None}], "tools": [WEATHER_TOOL]},
        CALLED,
        pair(ASK),
        {"messages": [SYSTEM, ASK], "ground_truth": "Paris"},
        {"messages": [ASK, ANSWER], "weight": 0.5},
        looks(PNG),
    ],
    "nebius": [
        CHAT,
        CALLED,
        {"prompt": "Capital of Australia", "completion": "Canberra"},
        {"text": "user: Hi.\n assistant: Hello."},
        {"messages": [SYSTEM, ASK, ANSWER, turn("user", "Thanks!")]},  # as in its published training set
    ],
    "bedrock": [
        {"messages": [SYSTEM, ASK], "reference_answer": "Paris"},
        {"messages": [ASK], "reference_answer": {"city": "Paris"}, "id": "1", "task": "geography"},
        {"messages": [SYSTEM, ASK, ANSWER, turn("user", "And of Peru?")], "reference_answer": "Lima"},
    ],
    "azure": [CHAT, CALLED, pair(ASK), {"messages": [turn("developer", "Be brief."), ASK], "capital": "Paris"}],
    "openai": [
        CHAT,
        {"messages": [ASK_WEATHER, CALL], "tools": [WEATHER_TOOL], "parallel_tool_calls": False},
        {"messages": [turn("user", parts("What?", "https://example.com/a.png")), ANSWER]},
        pair(ASK),
        CALLED,
    ],
    "mistral": [CHAT, {"messages": [ASK_WEATHER, call_turn('{"city": "Paris"}', call_id="callParis"),
                                    {**TOOL_RESULT, "tool_call_id": "callParis"}, TELL_WEATHER],
                       "tools": [WEATHER_TOOL]}],
    "local": [
        CHAT,
        CALLED,
        pair(ASK),
        looks("https://example.com/a.png"),
        {"messages": [SYSTEM, ASK], "reference_answer": "Paris"},
        {"messages": [turn("developer", "Be brief."), ASK], "answer": "Paris"},
        {"messages": [ASK, ANSWER, turn("user", "And of Peru?")], "answer": "Lima"},
        {"messages": [ASK, ANSWER], "label": True},
    ],
}  # fmt: skip
BAD: dict[str, list[tuple[dict[str, Any], str]]] = {
    "together": [
        ({"messages": [ASK, ASK, ANSWER]}, "CNV012"),
        ({"messages": [ASK, {**ANSWER, "weight": 0.5}]}, "CNV006"),
        ({"messages": [turn("human", "Hi"), ANSWER]}, "CNV001"),
        ({"messages": [ASK, ANSWER], "weight": -1}, "CNV006"),
        (pair(ASK, ANSWER), "PRF007"),
        ({**pair(ASK), "preferred_output": [ANSWER, ANSWER]}, "PRF002"),
        (looks("https://example.com/a.png"), "VIS001"),
        (looks(GIF), "VIS003"),
        (looks(PNG, weight=1), "VIS013"),
        ({"messages": [turn("user", parts("What?", PNG)), ANSWER]}, "VIS012"),
        ({"messages": [ASK, turn("assistant", parts("See.", PNG))]}, "VIS007"),
        ({"prompt": 7, "completion": "4"}, "SHP004"),
        ({"text": ["a"]}, "SHP004"),
    ],
    "fireworks": [
        ({"messages": [ASK, SYSTEM, ANSWER]}, "CNV003"),
        ({"messages": [ASK, {**ANSWER, "weight": 2}]}, "CNV006"),
        ({"prompt": "2 + 2?", "completion": "4"}, "SHP001"),
        ({"messages": [{"role": "user"}, ANSWER]}, "SHP003"),
    ],
    "nebius": [({"messages": []}, "SHP005"), ({"instruction": "2 + 2?", "output": "4"}, "SHP001")],
    "bedrock": [({"messages": [turn("bot", "Hi"), ASK], "reference_answer": "Paris"}, "CNV001")],
    "azure": [
        ({"messages": [ASK, ANSWER, ANSWER]}, "CNV009"),
        ({"messages": [SYSTEM, ASK], "capital": "Paris"}, "CNV001"),
        ({"messages": [{**ASK, "weight": 0}, ANSWER]}, "CNV007"),
    ],
    "openai": [
        ({"messages": [{**ASK, "weight": 0}, ANSWER]}, "CNV007"),
        ({"messages": [ASK, THINKS]}, "SHP002"),
        ({"messages": [ASK, ANSWER], "weight": 0.9}, "SHP002"),
        ({"prompt": "2 + 2?", "completion": "4"}, "SHP001"),
        ({"text": "The fox jumps."}, "SHP001"),
    ],
    "mistral": [(CALLED, "TOL016"), ({"messages": [ASK, ASK, ANSWER]}, "CNV012")],
}


def told(folder: Path, profile: str, line: dict[str, Any]) -> list[Finding]:
    """What is found in a file of one line, whose number is no matter here."""
    return findings(folder, orjson.dumps(line), profile=profile, model="", ignore=("DAT001",))


def named(lines: dict[str, list[Any]]) -> list[Any]:
    """Each line of each profile as a case of its own."""
    return [
        pytest.param(profile, line, id=f"{profile}-{number}")
        for profile, own in lines.items()
        for number, line in enumerate(own)
    ]


@pytest.mark.parametrize(("profile", "line"), named(GOOD))
def test_what_a_provider_shows_as_an_example_passes(profile: str, line: dict[str, Any], tmp_path: Path) -> None:
    assert [one for one in told(tmp_path, profile, line) if one.severity == "error"] == []


@pytest.mark.parametrize(("profile", "line"), named(BAD))
def test_what_a_provider_refuses_is_an_error(profile: str, line: tuple[dict[str, Any], str], tmp_path: Path) -> None:
    example, code = line
    assert code in {one.code for one in told(tmp_path, profile, example) if one.severity == "error"}


def test_what_is_found_in_a_prompt_or_a_text_is_told_where_it_stands(tmp_path: Path) -> None:
    lines = [{"prompt": "2 + 2?", "completion": ""}, {"prompt": "<|im_end|>", "completion": "4"}, {"text": "Once"}]
    found = findings(tmp_path, b"\n".join(map(orjson.dumps, lines)), profile="together", model="", ignore=("DAT001",))
    assert [(one.code, one.line, one.path) for one in found] == [
        ("TXT002", 1, "$.completion"),
        ("TXT001", 2, "$.prompt"),
        ("SHP008", 3, "$"),
    ]


def test_a_line_that_another_provider_takes_says_which(tmp_path: Path) -> None:
    (found,) = told(tmp_path, "openai", {"prompt": "2 + 2?", "completion": "4"})
    assert re.search(r"; --profile (\S+ or )*together( or \S+)* takes it as it is$", found.hint)
    (found,) = told(tmp_path, "openai", {"messages": [ASK, THINKS]})
    assert re.search(r"^remove it, or keep it where it is taken: --profile (\S+ or )*together( or \S+)*$", found.hint)
