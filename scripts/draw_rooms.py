"""Draw the picture of the rooms in docs/architecture.md: what the files of each room import, as a Mermaid flowchart.

    python -m scripts.draw_rooms

An arrow is drawn from a room to each that its files import, but for those that it also reaches over another arrow, and
for the top, which every room imports. Whether an import is allowed is not asked here but in `tests/test_doors.py`.
"""

from __future__ import annotations

from pathlib import Path

from tests.test_doors import FILES, MAY_IMPORT, SOURCE, imports, room_of

PAGE = Path(__file__).parent.parent / "docs" / "architecture.md"
BEGIN, END = "<!-- rooms: `make rooms` draws this -->", "<!-- end of rooms -->"


def imported() -> dict[str, set[str]]:
    """Which other rooms the files of each room import, late imports too; without the top."""
    found: dict[str, set[str]] = {room: set() for room in MAY_IMPORT if room != "top"}
    for path in FILES:
        module = path.relative_to(SOURCE).with_suffix("")
        room = room_of(".".join(module.parts))
        if room is None or room == "top":
            continue
        source = path.read_text(encoding="utf-8")
        others = {room_of(name) for _, name in imports(source, ".".join(module.parent.parts))}
        found[room] |= {other for other in others if other is not None} - {room, "top"}
    return found


def reduced(arrows: dict[str, set[str]]) -> dict[str, set[str]]:
    """The arrows without those that others imply.

    >>> reduced({"a": {"b", "c"}, "b": {"c"}, "c": set()})
    {'a': {'b'}, 'b': {'c'}, 'c': set()}
    """

    def reached(room: str) -> set[str]:
        return arrows[room].union(*(reached(other) for other in arrows[room]))

    return {room: others.difference(*(reached(other) for other in others)) for room, others in arrows.items()}


def folders(room: str) -> list[str]:
    """The folders within a room, one for each subject."""
    return sorted(path.parent.name for path in (SOURCE / "tuneset" / room).glob("*/__init__.py"))


def picture() -> str:
    """The flowchart, from the command line down to the rooms that import nothing but the top."""
    arrows = reduced(imported())
    lines = ["```mermaid", "flowchart TD"]
    for room in sorted(arrows):
        if not any(path.name != "__init__.py" for path in (SOURCE / "tuneset" / room).rglob("*.py")):
            continue  # data alone
        inside = folders(room)
        lines.append(f'  {room}["<b>{room}</b>{"<br/>" + "<br/>".join(inside) if inside else ""}"]')
    lines += [f"  {room} --> {other}" for room in sorted(arrows) for other in sorted(arrows[room])]
    return "\n".join([*lines, "```"])


def page(text: str) -> str:
    """The page with the picture as it is now."""
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n\n{picture()}\n\n{END}{after}"


if __name__ == "__main__":
    PAGE.write_text(page(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
