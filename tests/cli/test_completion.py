"""What a shell offers while a command is typed: names that exist, nothing that does not fit."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable

import pytest
from typer.testing import CliRunner

from tuneset.cli import completion
from tuneset.cli.completion_lists import Offered
from tuneset.cli.main import app
from tuneset.drop_reasons import REASONS
from tuneset.profile import profile_names
from tuneset.rules.registry import listed
from tuneset.writing.registry import EXPORTERS


@pytest.mark.parametrize("offer", [completion.rules, completion.codes, completion.profiles, completion.params])
def test_nothing_is_offered_that_does_not_begin_as_typed(offer: Callable[[str], Offered]):
    assert [*offer("no-such")] == []


def test_all_that_there_is_is_offered():
    assert {rule.code for rule in listed()} <= {code for code, _ in completion.rules("")}
    assert {reason.code for reason in REASONS.values()} <= {code for code, _ in completion.codes("")}
    assert [name for name, _ in completion.profiles("")] == [*profile_names()]
    assert {one.name for one in EXPORTERS} <= {name for name, _ in completion.destinations("")}


def test_the_last_rule_of_a_list_is_completed():
    assert "EGR,TOK001" in {code for code, _ in completion.rules("EGR,TOK")}
    assert all(code.startswith("EGR,TOK") for code, _ in completion.rules("EGR,TOK"))


def test_a_param_is_offered_with_the_sign_for_its_value():
    assert "split.validation=" in {key for key, _ in completion.params("split.v")}


def typed(line: str) -> dict[str, str]:
    """What bash sets when the line is to be completed."""
    return {"COMP_WORDS": line, "COMP_CWORD": str(len(line.split()) - 1), "_TUNESET_COMPLETE": "complete_bash"}


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("tuneset rules EGR00", "EGR001"),
        ("tuneset check --select TOK", "TOK001"),
        ("tuneset check --profile toge", "together"),
        ("tuneset prepare --set split.v", "split.validation="),
        ("tuneset export --to axo", "axolotl"),
        ("tuneset schema par", "params"),
    ],
)
def test_what_is_typed_is_completed(line: str, expected: str):
    assert expected in CliRunner().invoke(app, [], env=typed(line), prog_name="tuneset").stdout.split()


def test_a_shell_is_answered():
    command = [sys.executable, "-c", "import sys; sys.argv[0] = 'tuneset'; from tuneset.cli.main import run; run()"]
    environment = os.environ | typed("tuneset rules EGR00")
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert "EGR001" in done.stdout.split()
