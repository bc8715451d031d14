"""A process that runs commands in children of itself: processes of their own, without the second that loading takes.

It has loaded all commands, so a forked child is at work at once. That is safe for the reasons of `killed.py`. Orders
come as JSON lines: `arguments`, `cwd`, `environment`, and files for what is printed, `stdout` and `stderr`. The answer
to each is a line with the exit code of the child. How Tuneset starts is shown by the tests of the wheel and of DVC.
"""

from __future__ import annotations

import json
import os
import sys
from typing import Any

from tests.e2e import killed
from tuneset.cli import main
from tuneset.cli.commands import commands


def serve() -> None:
    """Carry out orders until there are no more."""
    for command in commands():
        command.load()
    killed.load()
    for line in sys.stdin:
        order = json.loads(line)
        child = os.fork()
        if child == 0:
            _become(order)
            main.run()  # exits
        _, status = os.waitpid(child, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)


def _become(order: dict[str, Any]) -> None:
    """Take arguments, folder, environment and output as a process has them that was started so."""
    os.chdir(order["cwd"])
    os.environ.clear()
    os.environ.update(order["environment"])
    sys.argv = ["tuneset", *order["arguments"]]
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    for number, name in enumerate(("stdout", "stderr"), 1):
        os.dup2(os.open(order[name], os.O_WRONLY | os.O_CREAT | os.O_TRUNC), number)


if __name__ == "__main__":
    serve()
