"""What the main commands show is as it was looked at last, and fits a terminal of 80 columns."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.screens.walk import COMMANDS, SCREENS, shown
from tests.command_line import tuneset


@pytest.fixture(scope="module")
def screens(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    return shown(tmp_path_factory.mktemp("walk"))


@pytest.mark.parametrize("name", COMMANDS)
def test_a_screen_is_as_it_was_looked_at(screens: dict[str, str], name: str) -> None:
    kept = (SCREENS / f"{name}.txt").read_text(encoding="utf-8")
    assert screens[name] == kept, "look at the difference, then: python -m tests.cli.screens"


@pytest.mark.parametrize("name", COMMANDS)
def test_no_line_is_wider_than_80_columns(screens: dict[str, str], name: str) -> None:
    _, *lines = screens[name].splitlines()  # what was typed may be longer
    assert [line for line in lines if len(line) > 80] == []


def test_a_plan_and_the_purposes_fit_80_columns(tmp_path: Path) -> None:
    """What they say changes with every provider; that it fits does not."""
    (tmp_path / "train.jsonl").write_text(
        '{"messages":[{"role":"user","content":"a"},{"role":"assistant","content":"b"}]}\n'
    )
    for command in (["plan", "train.jsonl", "--workers", "1"], ["purposes", "--profile", "openai"]):
        head, *_ = done = tuneset(tmp_path, *command).stdout.splitlines()
        assert head
        table = done[: done.index("")] if "" in done else done
        assert [line for line in table if len(line) > 80] == []
