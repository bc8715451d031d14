"""`tuneset rules`: every code that a finding or a ledger can hold, and what is behind it."""

from __future__ import annotations

from typing import Annotated, Literal

import typer

from tuneset.cli.common import print_json
from tuneset.drop_reasons import REASONS
from tuneset.reporting import rules_page
from tuneset.rules.registry import BY_CODE, find_rule, listed

Output = Literal["text", "json", "markdown"]


def rules(
    code: Annotated[str | None, typer.Argument(metavar="[CODE]", help="A code or a name; without it, all.")] = None,
    output: Annotated[Output, typer.Option("--output", help="How all rules are printed.")] = "text",
) -> None:
    """List the rules of `check` and the reasons for which rows are dropped, or explain one of them."""
    others = [reason for reason in REASONS.values() if reason.code not in BY_CODE]
    if code is not None:
        named = [one for one in others if code.upper() == one.code or code == one.name]
        lines = rules_page.reason_explanation(named[0]) if named else rules_page.explanation(find_rule(code))
    elif output == "json":
        print_json(rules_page.document(listed(), others))
        return
    else:
        lines = (rules_page.page if output == "markdown" else rules_page.listing)(listed(), others)
    for line in lines:
        print(line)
