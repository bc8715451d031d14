"""No false alarm: sets as people publish and train on them have no error, where nobody has chosen a model.

Each family is made anew, in the form of sets that are known from hubs and providers' cookbooks; texts are drawn, so
that forms and contents meet in many ways.
"""

import base64
import io
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from tests.rules.support import reports
from tuneset.rules.samples import turn

Line = dict[str, Any]
Family = Callable[[int, str, str], Line]
"""A line by its number, a question and an answer."""

WEATHER = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "Weather now. Metric units.",
        "parameters": {
            "type": "object",
            "properties": {
                "city": {"type": "string", "description": "Name of a city"},
                "unit": {"type": "string", "enum": ["c", "f"]},
                "days": {"type": "array", "items": {"type": "integer"}},
            },
            "required": ["city"],
        },
    },
}
TIME = {
    "type": "function",
    "function": {"name": "now", "description": "", "parameters": {"type": "object", "properties": {}}},
}
STRICT = {"type": "function", "function": {**WEATHER["function"], "strict": True}}  # type: ignore[dict-item]


def call(number: int, *arguments: str, name: str = "get_weather") -> Line:
    """An assistant's message with a call for each text of arguments."""
    return {
        "role": "assistant",
        "tool_calls": [
            {"id": f"call_{number}_{at}", "type": "function", "function": {"name": name, "arguments": text}}
            for at, text in enumerate(arguments)
        ],
    }


def result(number: int, text: str, at: int = 0) -> Line:
    """The answer to a call."""
    return {"role": "tool", "tool_call_id": f"call_{number}_{at}", "content": text}


def image(form: str = "PNG", **more: str) -> Line:
    """A part with an image in the line."""
    out = io.BytesIO()
    Image.new("RGB", (24, 16), (9, 9, 9)).save(out, form)
    url = f"data:image/{form.lower()};base64,{base64.b64encode(out.getvalue()).decode()}"
    return {"type": "image_url", "image_url": {"url": url, **more}}


def words(text: str) -> Line:
    """A part with a text."""
    return {"type": "text", "text": text}


def chat(*messages: Line, **more: object) -> Line:
    """A line of chat."""
    return {"messages": list(messages), **more}


def pair(prompt: Sequence[Line], better: Line, worse: Line, **more: object) -> Line:
    """A preference line."""
    return {"input": {"messages": list(prompt), **more}, "preferred_output": [better], "non_preferred_output": [worse]}


PARIS = json.dumps({"city": "Paris"})
WEB = {"type": "image_url", "image_url": {"url": "https://example.com/chart.png"}}
USER, ASSISTANT, SYSTEM = "user", "assistant", "system"

FAMILIES: dict[str, Family] = {
    "one turn": lambda n, q, a: chat(turn(USER, q), turn(ASSISTANT, a)),
    "system and one turn": lambda n, q, a: chat(turn(SYSTEM, "You help."), turn(USER, q), turn(ASSISTANT, a)),
    "many turns": lambda n, q, a: chat(*[t for k in range(5) for t in (turn(USER, f"{q} {k}"), turn(ASSISTANT, a))]),
    "greeting first": lambda n, q, a: chat(turn(ASSISTANT, "Hello!"), turn(USER, q), turn(ASSISTANT, a)),
    "two questions in a row": lambda n, q, a: chat(turn(USER, q), turn(USER, "Please."), turn(ASSISTANT, a)),
    "weights": lambda n, q, a: chat(turn(USER, q), turn(ASSISTANT, "Hm.", weight=0), turn(USER, "So?"),
                                    turn(ASSISTANT, a, weight=1)),
    "names": lambda n, q, a: chat(turn(USER, q, name="ann"), turn(ASSISTANT, a, name="bot-1")),
    "classification": lambda n, q, a: chat(turn(SYSTEM, "Answer yes or no."), turn(USER, q), turn(ASSISTANT, "yes")),
    "extraction to JSON": lambda n, q, a: chat(turn(USER, q), turn(ASSISTANT, json.dumps({"answer": a, "n": n}))),
    "text to SQL": lambda n, q, a: chat(turn(SYSTEM, "Write SQL."), turn(USER, q),
                                        turn(ASSISTANT, f"SELECT * FROM t WHERE id = {n};")),
    "code": lambda n, q, a: chat(turn(USER, q), turn(ASSISTANT, f"```python\nx = {n}\n```\n{a}")),
    "mathematics": lambda n, q, a: chat(turn(USER, q), turn(ASSISTANT, f"\\(x^{n}\\) #### {n}\n{a}")),
    "Chinese": lambda n, q, a: chat(turn(USER, f"法国的首都在哪里 {n} {q}"), turn(ASSISTANT, f"巴黎。{a}")),
    "Arabic and Hebrew": lambda n, q, a: chat(turn(USER, f"ما هي عاصمة فرنسا؟ {q}"), turn(ASSISTANT, f"פריז. {a}")),
    "Hindi and Thai": lambda n, q, a: chat(turn(USER, f"भारत की राजधानी? {q}"), turn(ASSISTANT, f"นิวเดลี {a}")),
    "emoji": lambda n, q, a: chat(turn(USER, f"👩‍👩‍👧 {q}"), turn(ASSISTANT, f"🇫🇷 {a}")),
    "parts of text": lambda n, q, a: chat(turn(USER, [words(q), words("And?")]), turn(ASSISTANT, [words(a)])),
    "refusals": lambda n, q, a: chat(turn(USER, q), {"role": ASSISTANT, "refusal": "I cannot help."}),
    "call at the end": lambda n, q, a: chat(turn(USER, q), call(n, PARIS), tools=[WEATHER]),
    "call with null content": lambda n, q, a: chat(turn(USER, q), {**call(n, PARIS), "content": None}, tools=[WEATHER]),
    "call and answer": lambda n, q, a: chat(turn(USER, q), call(n, PARIS), result(n, "12"), turn(ASSISTANT, a),
                                            tools=[WEATHER, TIME]),
    "parallel calls": lambda n, q, a: chat(turn(USER, q), call(n, PARIS, '{"city":"Lima"}'), result(n, "1"),
                                           result(n, "2", 1), turn(ASSISTANT, a), tools=[WEATHER],
                                           parallel_tool_calls=True),
    "no call needed": lambda n, q, a: chat(turn(USER, q), turn(ASSISTANT, a), tools=[STRICT]),
    "call without arguments": lambda n, q, a: chat(turn(USER, q), call(n, "{}", name="now"), tools=[TIME]),
    "agent's way": lambda n, q, a: chat(turn(SYSTEM, "Use tools."), turn(USER, q), call(n, PARIS), result(n, "1"),
                                        call(n + 1000, PARIS), result(n + 1000, "2"), turn(ASSISTANT, a),
                                        turn(USER, "Thanks, and Lima?"), turn(ASSISTANT, a), tools=[WEATHER]),
    "legacy functions": lambda n, q, a: chat(
        turn(USER, q), {"role": ASSISTANT, "function_call": {"name": "get_weather", "arguments": PARIS}},
        turn("function", "12", name="get_weather"), turn(ASSISTANT, a), functions=[WEATHER["function"]]),
    "image on the web": lambda n, q, a: chat(turn(USER, [words(q), WEB]), turn(ASSISTANT, a)),
    "image in the line": lambda n, q, a: chat(turn(USER, [words(q), image()]), turn(ASSISTANT, a)),
    "JPEG of low detail": lambda n, q, a: chat(turn(USER, [image("JPEG", detail="low"), words(q)]), turn(ASSISTANT, a)),
    "several images": lambda n, q, a: chat(turn(USER, [words(q), image("WEBP"), WEB]), turn(ASSISTANT, [words(a)])),
    "preference": lambda n, q, a: pair([turn(USER, q)], turn(ASSISTANT, a), turn(ASSISTANT, f"{a} Or not.")),
    "preference after turns": lambda n, q, a: pair(
        [turn(SYSTEM, "You help."), turn(USER, "Hi"), turn(ASSISTANT, "Hello."), turn(USER, q)],
        turn(ASSISTANT, a), turn(ASSISTANT, f"No. {a}")),
    "preference with tools": lambda n, q, a: pair([turn(USER, q)], call(n, PARIS), turn(ASSISTANT, a), tools=[WEATHER]),
    "thumbs": lambda n, q, a: chat(turn(USER, q), turn(ASSISTANT, a), label=n % 2 == 0),
    "reinforcement": lambda n, q, a: chat(turn(USER, q), reference_answer=a),
    "reinforcement of a system": lambda n, q, a: chat(turn(SYSTEM, "Think."), turn(USER, q), reference_answer=a, id=n),
    "reinforcement of a developer": lambda n, q, a: chat(turn("developer", "Think."), turn(USER, q), ground_truth=a),
    "reinforcement after turns": lambda n, q, a: chat(turn(USER, "Hi"), turn(ASSISTANT, "Hello."), turn(USER, q),
                                                      answer={"text": a, "points": [1, 2]}),
    "reinforcement with tools": lambda n, q, a: chat(turn(USER, q), solution=a, tools=[WEATHER]),
    "reinforcement with images": lambda n, q, a: chat(turn(USER, [words(q), WEB]), correct=a),
}  # fmt: skip

ELSEWHERE: dict[str, tuple[str, Family]] = {
    "reasoning beside": ("fireworks", lambda n, q, a: chat(turn(USER, q), turn(ASSISTANT, a, reasoning_content=q))),
    "reasoning by its short name": ("together", lambda n, q, a: chat(turn(USER, q), turn(ASSISTANT, a, reasoning=q))),
    "prompt and completion": ("nebius", lambda n, q, a: {"prompt": q, "completion": a}),
    "text alone": ("together", lambda n, q, a: {"text": f"{q}\n{a}"}),
    "weight of a line": ("together", lambda n, q, a: chat(turn(USER, q), turn(ASSISTANT, a), weight=0.5)),
    "ends with the user": (
        "nebius",
        lambda n, q, a: chat(turn(USER, q), turn(ASSISTANT, a), turn(USER, "Bye") if n % 3 else turn(ASSISTANT, "Bye")),
    ),
    "metadata beside": ("fireworks", lambda n, q, a: chat(turn(USER, q), turn(ASSISTANT, a), source="forum", id=n)),
    "names of tools in answers": (
        "fireworks",
        lambda n, q, a: chat(turn(USER, q), call(n, PARIS), {**result(n, a), "name": "get_weather"}, turn(ASSISTANT, a),
                             tools=[WEATHER]),
    ),
    "nulls of a table": ("nebius", lambda n, q, a: chat(turn(USER, q, name=None), turn(ASSISTANT, a, tool_calls=None))),
}  # fmt: skip
"""Families that one provider takes, each with its profile."""

TEXTS = st.text(st.characters(codec="utf-8", exclude_categories=["C"]), min_size=1, max_size=60).filter(
    lambda text: any(character.isalnum() for character in text) and "<|" not in text
)


def errors(folder: Path, family: Family, drawn: Sequence[tuple[str, str]], profile: str) -> list[str]:
    """The errors in twelve lines of a family, of which no two ask the same."""
    lines = [family(n, f"{n}. {drawn[n % len(drawn)][0]}", drawn[n % len(drawn)][1]) for n in range(12)]
    (report,) = reports(
        folder, b"\n".join(map(orjson.dumps, lines)), profile=profile, model="", ignore=("EGR", "DAT001")
    )
    return [f"{one.code} {one.path} {one.message}" for one in report.findings if one.severity == "error"]


def test_there_are_many_families() -> None:
    assert len(FAMILIES) + len(ELSEWHERE) >= 45


@pytest.mark.parametrize("name", FAMILIES)
@settings(max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.lists(st.tuples(TEXTS, TEXTS), min_size=1, max_size=4))
def test_a_set_as_people_publish_it_has_no_error(name: str, tmp_path: Path, drawn: list[tuple[str, str]]) -> None:
    assert errors(tmp_path, FAMILIES[name], drawn, "local") == []


@pytest.mark.parametrize("name", ELSEWHERE)
@settings(max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.lists(st.tuples(TEXTS, TEXTS), min_size=1, max_size=4))
def test_a_set_that_one_provider_trains_has_no_error_there(
    name: str, tmp_path: Path, drawn: list[tuple[str, str]]
) -> None:
    profile, family = ELSEWHERE[name]
    assert errors(tmp_path, family, drawn, profile) == []
