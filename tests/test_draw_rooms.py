"""The picture of the rooms is what the imports are, and no door is open that nobody uses."""

from __future__ import annotations

from scripts import draw_rooms
from tests.test_doors import MAY_IMPORT, SOURCE

MOST_FILES = 30
"""Of one folder; of more, nobody finds the one to open. A folder with a registry may have more: it is their list."""


def test_an_arrow_that_follows_from_others_is_not_drawn() -> None:
    arrows = {"a": {"b", "c", "d"}, "b": {"c"}, "c": {"d"}, "d": set[str](), "e": {"d"}}
    assert draw_rooms.reduced(arrows) == {"a": {"b"}, "b": {"c"}, "c": {"d"}, "d": set(), "e": {"d"}}


def test_the_picture_of_the_architecture_is_current() -> None:
    page = draw_rooms.PAGE.read_text(encoding="utf-8")
    assert page == draw_rooms.page(page), "run `make rooms`"


def test_every_door_is_used() -> None:
    imported = draw_rooms.imported()
    unused = {room: doors - imported[room] for room, doors in MAY_IMPORT.items() if room not in ("top", "cli")}
    assert {room: doors for room, doors in unused.items() if doors} == {}


def test_no_folder_is_a_heap() -> None:
    large = [folder for folder in SOURCE.rglob("*/") if len([*folder.glob("*.py")]) > MOST_FILES]
    heaps = [str(folder.relative_to(SOURCE)) for folder in large if not (folder / "registry.py").exists()]
    assert heaps == [], "divide them by subject into folders, such as `execution/executors`, and run `make rooms`"
