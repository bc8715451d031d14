"""`tuneset schema`: commands, params, codes and documents are those that there are."""

from __future__ import annotations

import json
import shlex
from pathlib import Path
from typing import Any

import pytest

from tests.cli.published import faults, strict
from tests.command_line import tuneset
from tuneset.cli.commands import commands
from tuneset.cli.description import documents, of_params
from tuneset.cli.help_examples import EXAMPLES
from tuneset.params import Params

PRINTS_NO_RESULT = {"serve", "mcp"}


@pytest.fixture(scope="module")
def described(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    done = tuneset(tmp_path_factory.mktemp("empty"), "schema")
    assert done.returncode == 0
    assert faults("schema", done.stdout) == []
    document: dict[str, Any] = json.loads(done.stdout)
    return document


def test_a_name_that_is_none_is_told_with_its_nearest(tmp_path: Path):
    done = tuneset(tmp_path, "schema", "file-list")
    assert done.returncode == 2
    assert done.stderr.startswith("error: schema file-list: there is none of that name\n  allowed: files-list")


def test_strict_finds_a_key_that_no_schema_names():
    assert strict({"properties": {"a": {}}})["additionalProperties"] is False
    assert faults("files-delete", '{"schema_version": 1, "file_id": "f", "deleted": true, "other": 1}')
    assert faults("files-delete", '{"schema_version": 2, "file_id": "f", "deleted": true}')


def test_every_command_is_described_with_its_help(described: dict[str, Any]):
    names = {command["name"].split()[0] for command in described["commands"]}
    assert names == {command.name for command in commands()}
    assert all(one["help"] for command in described["commands"] for one in (command, *command["options"]))


def test_whatever_prints_a_result_prints_json_by_a_published_schema(described: dict[str, Any]):
    published = set(documents.names())
    for command in described["commands"]:
        assert (command["document"] is None) == (command["name"] in PRINTS_NO_RESULT), command["name"]
        assert command["document"] in published | {None}
    assert set(described["documents"]) == published
    printed = {command["document"] for command in described["commands"]}
    assert published - printed == {"params", "sft", "dpo", "rft", "kto", "messages", "grader"}


@pytest.mark.parametrize("name", documents.names())
def test_every_schema_says_what_it_is_of(name: str):
    schema = documents.schema_of(name)
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert schema.get("title")


def test_every_param_is_described_with_default_type_and_words(described: dict[str, Any]):
    for one in described["params"]:
        value: Any = Params().as_document()
        for key in one["key"].split("."):
            value = value[key]
        assert (one["default"], bool(one["help"])) == (value, True), one["key"]
        assert one["schema"], one["key"]
    keys = [one["key"] for one in of_params.described()]
    assert len(keys) == len(set(keys))


def test_codes_and_exit_codes_are_there(described: dict[str, Any]):
    codes = {one["code"] for kind in ("rules", "reasons", "repairs") for one in described[kind]}
    assert {"FIL001", "DUP001", "REP001"} <= codes
    assert [one["code"] for one in described["exit_codes"]] == [0, 1, 2, 3, 4, 130]


def test_every_command_has_examples_of_options_that_it_has(described: dict[str, Any]):
    names = sorted((command["name"] for command in described["commands"]), key=len, reverse=True)
    options = {
        one["name"]: {word for own in one["options"] for word in own["options"]} for one in described["commands"]
    }
    for command in described["commands"]:
        assert command["examples"], command["name"]
        for example in command["examples"]:
            words = shlex.split(example)
            called = next(name for name in names if words[1 : 1 + len(name.split())] == name.split())
            typed = {word for word in words if word.startswith("-")}
            assert words[0] == "tuneset"
            assert typed <= options[called], example
    assert set(EXAMPLES) - set(options) <= {"batch", "files", "jobs"}


@pytest.mark.parametrize("words", [["check"], ["files"], ["files", "list"], ["jobs", "show"]])
def test_short_help_is_help_with_examples(tmp_path: Path, words: list[str]):
    done = tuneset(tmp_path, *words, "-h")
    assert done.returncode == 0
    assert done.stdout == tuneset(tmp_path, *words, "--help").stdout
    assert f"tuneset {' '.join(words)} " in " ".join(done.stdout.rpartition("Examples:")[2].split())
