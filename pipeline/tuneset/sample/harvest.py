"""Collect the documentation of the standard library: run as a program, prints one JSON line for each text.

It imports every public module, which can print, warn or ask for a display; therefore it runs in a process of its own
(`python -I harvest.py`), imports nothing of ours, and keeps the modules away from its output. Texts that differ from
run to run (they hold a memory address) are left out. How the texts become training examples is not known here.
"""

from __future__ import annotations

import contextlib
import importlib
import inspect
import json
import os
import pkgutil
import re
import sys
import types
import warnings
from collections.abc import Iterator

LEFT_OUT = frozenset(
    [
        "__main__",
        "antigravity",
        "distutils",
        "idlelib",
        "lib2to3",
        "test",
        "tests",
        "this",
        "tkinter",
        "turtle",
        "turtledemo",
    ]
)
"""They open a browser or a window, print, hold tests, or are setuptools in disguise. Parts of a dotted name."""

_ADDRESS = re.compile(r"\bat 0x[0-9a-f]+", re.IGNORECASE)

Text = tuple[str, str, str]
"""Kind (module, class, function, method, attribute, topic), dotted name, text."""


def module_names() -> list[str]:
    """The public modules of the standard library and those within its packages, sorted."""
    names = []
    for top in sorted(sys.stdlib_module_names - LEFT_OUT):
        if not top.startswith("_"):
            names += [top, *_within(top)]
    return names


def _within(package: str) -> Iterator[str]:
    module = imported(package)
    for found in pkgutil.iter_modules(getattr(module, "__path__", [])):
        if not found.name.startswith("_") and found.name not in LEFT_OUT:
            name = f"{package}.{found.name}"
            yield name
            if found.ispkg:
                yield from _within(name)


def imported(name: str) -> types.ModuleType | None:
    """A module, or None where this machine or system does not have it."""
    with contextlib.suppress(BaseException):  # a module may even exit: nothing in it is our business but its texts
        return importlib.import_module(name)
    return None


def texts_of(name: str, seen: set[int]) -> Iterator[Text]:
    """The texts of a module, of what it offers, and of its classes' own members.

    A class that several modules offer is given under each of its names, its members only the first time; `seen`
    holds the classes whose members have been given.
    """
    module = imported(name)
    if module is None:
        return
    yield "module", name, _text(module)
    for member, value in sorted(vars(module).items()):
        if member.startswith("_"):
            continue
        if inspect.isclass(value):
            yield "class", f"{name}.{member}", _text(value)
            if id(value) not in seen:
                seen.add(id(value))
                yield from _members(value, f"{name}.{member}")
        elif inspect.isroutine(value):
            yield "function", f"{name}.{member}", _text(value)


def _members(owner: type, name: str) -> Iterator[Text]:
    for member, value in sorted(vars(owner).items()):
        if member.startswith("_"):
            continue
        if inspect.isroutine(value) or isinstance(value, staticmethod | classmethod):
            yield "method", f"{name}.{member}", _text(value)
        elif inspect.isdatadescriptor(value):
            yield "attribute", f"{name}.{member}", _text(value)


def topics() -> Iterator[Text]:
    """The chapters on the language itself, which `help("topics")` lists."""
    module = imported("pydoc_data.topics")
    for name, text in sorted(getattr(module, "topics", {}).items()):
        yield "topic", name, text.strip()


def _text(value: object) -> str:
    """The documentation of an object without its indent, or nothing."""
    text = getattr(value, "__doc__", None)
    return inspect.cleandoc(text) if isinstance(text, str) else ""


def harvest() -> Iterator[Text]:
    """Every text there is, each under every name it has, sorted by module."""
    seen: set[int] = set()
    found = (text for name in module_names() for text in texts_of(name, seen))
    for kind, name, text in [*found, *topics()]:
        if text and not _ADDRESS.search(text) and _can_be_written(text):
            yield kind, name, text


def _can_be_written(text: str) -> bool:
    with contextlib.suppress(UnicodeEncodeError):
        return bool(text.encode())
    return False


def main() -> None:
    """Print the texts to the real stdout; whatever the modules print goes nowhere."""
    output = os.fdopen(os.dup(1), "w", encoding="utf-8")
    nowhere = os.open(os.devnull, os.O_RDWR)
    for descriptor in (1, 2):
        os.dup2(nowhere, descriptor)
    warnings.simplefilter("ignore")
    for text in harvest():
        output.write(json.dumps(text) + "\n")
    output.flush()
    os._exit(0)  # modules may have started threads, or registered what should run at exit


if __name__ == "__main__":
    main()
