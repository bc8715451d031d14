"""Rows in a terminal: a list, one row in full, and keys to go from one to the other where somebody sits at it.

Control characters of a row are named and never sent to the terminal.
"""

from __future__ import annotations

import os
import re
import select
import sys
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import orjson
from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.rule import Rule
from rich.text import Text

from tuneset.viewing.filters import Wanted
from tuneset.viewing.viewer import Viewer

_ODD = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff]")
_KEYS = "j/k next, previous row   Enter open   n/p page   y keep   d drop   q back, quit"
_LINES_A_ROW = 3
_ESCAPE = b"\x1b"
_LETTERS = {
    b"\x1b[A": "k", b"\x1b[B": "j", b"\x1bOA": "k", b"\x1bOB": "j",
    b"\x1b[C": "\r", b"\x1bOC": "\r", b"\x1b[D": "q", b"\x1bOD": "q",
    b"\x1b[5~": "p", b"\x1b[6~": "n",
}  # fmt: skip
"""What terminals send for arrows and the page keys (ECMA-48, xterm), as the letters that do the same."""
_LONGEST_KEY = 8
_AT_ONCE_S = 0.05
_ROLE_STYLES = {"assistant": "green", "user": "cyan", "system": "magenta", "developer": "magenta", "tool": "yellow"}


def visible(text: str) -> str:
    r"""A text in which what cannot be seen, or would steer the terminal, is named.

    >>> visible("a\x1b[31mb\u202e\r\n")
    'a<U+001B>[31mb<U+202E>\n'
    """
    return _ODD.sub(lambda found: f"<U+{ord(found.group()):04X}>", text.replace("\r\n", "\n"))


def print_list(viewer: Viewer, wanted: Wanted, start: int, console: Console) -> None:
    """Print rows from `start` on, as many as a page has."""
    page = viewer.page(wanted, start, within_s=None)
    console.print(listed(page, None))
    shown = len(page["rows"])
    if start + shown < page["total"]:
        last = start + shown
        console.print(Text(f"rows {start:,} to {last - 1:,} of them; --start {last} shows the next ones", style="dim"))


def print_row(viewer: Viewer, row: int, console: Console) -> None:
    """Print one row in full."""
    console.print(whole(viewer.row(row), viewer.changes(row)))


def listed(page: Mapping[str, Any], current: int | None) -> RenderableType:
    """A page of rows: for each its number, place and outcome, what is asked and what is answered."""
    more = "" if page["complete"] else " so far"
    rows = "row" if page["total"] == 1 else "rows"
    lines: list[RenderableType] = [Text(f"{page['total']:,} {rows}{more}", style="bold")]
    if page["without_text"]:
        lines.append(Text(f"{page['without_text']:,} rows whose text is not at hand were not searched", style="dim"))
    for row in page["rows"]:
        head = Text("> " if row["row"] == current else "  ", style="bold")
        head.append(f"{row['row']:>7}  ", style="dim").append(f"{row['source']}:{row['line']}  ").append_text(
            _outcome(row)
        )
        if row["tokens"] is not None:
            head.append(f"  {row['tokens']:,} tokens", style="dim")
        head.append("".join(f"  [{mark}]" for mark in _brief_marks(row["marks"])), style="magenta")
        head.no_wrap, head.overflow = True, "ellipsis"
        lines.append(head)
        for text, style in ((row["asked"] or "(no text at hand)", ""), (row["answered"], "dim")):
            if text:
                said = Text(" ".join(visible(text).split()), style=style, no_wrap=True, overflow="ellipsis")
                lines.append(Padding(said, (0, 0, 0, 11), expand=False))
    return Group(*lines)


def whole(row: Mapping[str, Any], changes: Mapping[str, Any]) -> RenderableType:
    """One row: where it is and why, findings, its tools and messages, what cleaning changed."""
    head = Text(f"{row['source']}:{row['line']}  ", style="bold").append_text(_outcome(row))
    if row["written_line"]:
        head.append(f"  line {row['written_line']:,} of {row['side']}.jsonl", style="dim")
    if row["tokens"] is not None:
        head.append(f"  {row['tokens']:,} tokens", style="dim")
    parts: list[RenderableType] = [head, Text(f"row {row['row']}, id {row['id']}", style="dim")]
    for label, key in (("why", "detail"), ("what to do", "remedy")):
        if row[key] and row["code"]:
            parts.append(Text(f"{label}: {visible(str(row[key]))}"))
    if row["kept"]:
        parts.append(Text(f"kept for it: row {row['kept']['row']}, {row['kept']['source']}:{row['kept']['line']}"))
    parts += [Text(f"mark: {_mark(mark)}", style="magenta") for mark in row["marks"].values()]
    for finding in row["findings"]:
        said = f"{finding['severity']} {finding['code']} {finding['name']} {finding['path']}: {finding['message']}"
        parts.append(Text(visible(said), style="red" if finding["severity"] == "error" else "yellow"))
    if row.get("placeholders"):
        told = ", ".join(f"{kind.replace('_', ' ')} {count}" for kind, count in row["placeholders"].items())
        parts.append(Text(f"redacted: {told}", style="magenta"))
    for tool in row.get("tools") or ():
        parts.append(Text(f"tool: {visible(str(_function(tool).get('name')))}", style="yellow"))
    for message in row["messages"]:
        parts += _message(message)
    if row.get("raw"):
        parts += [Rule(style="dim"), Text(visible(row["raw"]))]
    parts += _changed(changes)
    return Group(*parts)


def _message(message: Mapping[str, Any]) -> Iterator[RenderableType]:
    role = str(message.get("role", "no role"))
    told = [visible(role), *([message["branch"].replace("_", " ")] if message["branch"] != "prompt" else [])]
    told += [f"{message['tokens']:,} tokens"] if "tokens" in message else []
    told += ["trained"] if message["trained"] else []
    told += [f"weight {message['weight']}"] if "weight" in message else []
    yield Rule(Text(" · ".join(told)), align="left", style=_ROLE_STYLES.get(role, "dim"))
    if message.get("reasoning_content"):
        yield Text(visible(f"(reasoning) {message['reasoning_content']}"), style="dim italic")
    content = message.get("content")
    for part in content if isinstance(content, list) else [] if content is None else [content]:
        yield Text(visible(_part(part)))
    for call in message.get("tool_calls") or ():
        named = _function(call)
        yield Text(visible(f"calls {named.get('name')}"), style="yellow")
        yield from (Text(visible(line), style="yellow") for line in _arguments(named.get("arguments")))


def _part(part: Any) -> str:  # noqa: ANN401  any JSON value
    if isinstance(part, str):
        return part
    text = part.get("text") if isinstance(part, dict) else None
    if isinstance(text, str):
        return text
    url = part.get("image_url") if isinstance(part, dict) else None
    url = url.get("url") if isinstance(url, dict) else url
    return f"(picture: {url[:60]})" if isinstance(url, str) else str(part)


def _function(given: Any) -> Mapping[str, Any]:  # noqa: ANN401  any JSON value
    found = given.get("function") if isinstance(given, dict) else None
    return found if isinstance(found, dict) else {}


def _arguments(given: Any) -> list[str]:  # noqa: ANN401  any JSON value
    """Arguments of a call, one a line.

    >>> _arguments('{"order": 9, "by": "mail"}')
    ['  order: 9', '  by: mail']
    """
    try:
        value = orjson.loads(given) if isinstance(given, str) else given
    except orjson.JSONDecodeError:
        value = given
    return [f"  {key}: {held}" for key, held in value.items()] if isinstance(value, dict) else [f"  {value}"]


def _changed(changes: Mapping[str, Any]) -> Iterator[RenderableType]:
    if not changes["known"] or not (changes["changes"] or changes["redacted"]):
        return
    yield Rule(Text("what cleaning changed"), align="left", style="dim")
    for kind, count in changes["redacted"].items():
        yield Text(f"redacted: {kind.replace('_', ' ')} {count}", style="magenta")
    for one in changes["changes"]:
        turn = "" if one["turn"] is None else f", message {one['turn'] + 1}"
        said = Text(f"{one['step'].replace('_', ' ')}{turn}: ", style="dim")
        for sign, text in one["pieces"]:
            shown = text if sign == "=" and len(text) <= 40 else text if sign != "=" else f"{text[:18]}…{text[-18:]}"
            said.append(visible(shown), style={"=": "", "-": "red strike", "+": "green"}[sign])
        yield said


def _outcome(row: Mapping[str, Any]) -> Text:
    if row["side"] == "dropped":
        return Text(f"dropped: {row['code']} {row['code_name'] or ''}".rstrip(), style="red")
    return Text("" if row["side"] == "row" else row["side"], style="green")


def _brief_marks(marks: Mapping[str, Any]) -> list[str]:
    found = [marks["decision"]] if marks["decision"] else []
    return [
        visible(one) for one in [*found, *(f"#{tag}" for tag in marks["tags"]), *(["note"] if marks["note"] else [])]
    ]


def _mark(mark: Mapping[str, Any]) -> str:
    value = mark["value"] if mark["action"] in ("tag", "note") else ""
    stale = ", stale: the content has changed since" if mark["stale"] else ""
    return visible(f"{mark['action']} {value} by {mark['by']}, {mark['at']}{stale}")


# --- keys --------------------------------------------------------------------------------------------------------


def browse(viewer: Viewer, wanted: Wanted, start: int, console: Console) -> None:
    """Go through the rows by keys, until `q`. Needs a terminal for input and output."""
    height = max(3, (console.height - 4) // _LINES_A_ROW)
    at, opened = start, False
    while True:
        first = at - at % height
        page = viewer.page(wanted, first, height, within_s=None)
        rows: Sequence[Mapping[str, Any]] = page["rows"]
        row = rows[at - first]["row"] if at - first < len(rows) else None
        console.clear()
        if opened and row is not None:
            console.print(whole(viewer.row(row), viewer.changes(row)))
        else:
            console.print(listed(page, row))
        console.print(Text(_KEYS, style="reverse"))
        key = next_key()
        last = max(0, page["total"] - 1)
        if key in ("q", "\x1b", ""):
            if not opened:
                return
            opened = False
        at = {"j": at + 1, "k": at - 1, "n": first + height, "p": first - height}.get(key, at)
        at = min(max(at, 0), last)
        opened = True if key in ("\r", "\n") else opened
        if key in ("y", "d") and row is not None and viewer.row(row)["has_text"]:
            viewer.mark([row], "keep" if key == "y" else "drop", None)


def next_key() -> str:
    """The next key that is pressed, arrows and the page keys as the letters that do the same."""
    import termios  # noqa: PLC0415  of terminals alone
    import tty  # noqa: PLC0415  the same

    file = sys.stdin.fileno()
    before = termios.tcgetattr(file)
    try:
        tty.setcbreak(file, termios.TCSANOW)  # what was pressed before is not thrown away
        pressed = os.read(file, 1)
        # Escape alone is a key; what a terminal sends for others follows it at once.
        while pressed.startswith(_ESCAPE) and len(pressed) < _LONGEST_KEY and pressed not in _LETTERS:
            if not select.select([file], [], [], _AT_ONCE_S)[0]:
                break
            pressed += os.read(file, 1)
        return _LETTERS.get(pressed, pressed.decode(errors="replace"))
    finally:
        termios.tcsetattr(file, termios.TCSANOW, before)
