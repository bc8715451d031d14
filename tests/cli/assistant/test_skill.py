"""`SKILL.md` names commands, options, keys and exit codes that there are."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path
from typing import Any

import pytest

from tuneset.cli.assistant.server import server
from tuneset.cli.description import documents
from tuneset.cli.description.of_commands import described
from tuneset.cli.exit_codes import EXIT_CODES

PAGE = (Path(__file__).parents[3] / "SKILL.md").read_text(encoding="utf-8")
LINES = sorted({" ".join(found.split()) for found in re.findall(r"`(tuneset [^`]+)`", PAGE)})
KEYS = sorted(re.findall(r"^\| `tuneset ([a-z]+)` \| (.*) \|$", PAGE, flags=re.MULTILINE))


@pytest.fixture(scope="module")
def options() -> dict[str, set[str]]:
    """The options of each command."""
    return {one["name"]: {word for own in one["options"] for word in own["options"]} for one in described()}


def has(schema: dict[str, Any], key: str) -> bool:
    """Whether a dotted key stands in a schema, through lists and references.

    >>> has({"properties": {"a": {"items": {"properties": {"b": {}}}}}}, "a.b"), has({"properties": {"a": {}}}, "b")
    (True, False)
    """
    now = schema
    for part in key.split("."):
        while "$ref" in now or "items" in now:
            now = schema["$defs"][now["$ref"].split("/")[-1]] if "$ref" in now else now["items"]
        if part not in now.get("properties", {}):
            return False
        now = now["properties"][part]
    return True


def test_the_page_is_read():
    assert len(LINES) > 15
    assert len(KEYS) == 9
    assert json.loads(PAGE.partition("```json\n")[2].partition("```")[0])["mcpServers"]["tuneset"]["args"][0] == "mcp"


@pytest.mark.parametrize("line", LINES)
def test_a_command_that_is_named_has_the_options_that_it_is_named_with(line: str, options: dict[str, set[str]]):
    words = shlex.split(line)[1:]
    name = next((name for name in (" ".join(words[:2]), words[0]) if name in options), None)
    assert name is not None
    assert {word for word in words if word.startswith("-")} <= options[name]


@pytest.mark.parametrize(("command", "keys"), KEYS)
def test_a_key_that_is_named_is_one_of_the_published_schema(command: str, keys: str):
    schema = documents.schema_of(command)
    named = re.findall(r"`([a-z_.]+)`", keys)
    assert named
    assert [key for key in named if not has(schema, key)] == []


def test_the_exit_codes_are_all_there_are():
    told = {int(code): words for code, words in re.findall(r"^\| (\d+) \| ([^|]+) \|", PAGE, flags=re.MULTILINE)}
    assert told == dict(EXIT_CODES)


def test_the_tools_are_those_of_the_server(tmp_path: Path):
    sentence = re.search(r"gives ([a-z, ]+) as tools", PAGE)
    assert sentence is not None
    tools = server(tmp_path, allow_write=False)._tool_manager.list_tools()
    assert {tool.name for tool in tools} == set(re.split(r", | and ", sentence[1]))
