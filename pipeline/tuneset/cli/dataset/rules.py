"""`tuneset rules`: every code that a finding or a ledger can hold, and what is behind it."""

from __future__ import annotations

from typing import Annotated, Literal

import typer

from tuneset.cli import completion
from tuneset.cli.common import print_json, print_lines
from tuneset.drop_reasons import REASONS
from tuneset.reporting import rules_page
from tuneset.rules.registry import BY_CODE, find_rule, listed
from tuneset.rules.repairs import registry as repairs

Output = Literal["text", "json", "markdown"]


def rules(
    code: Annotated[
        str | None,
        typer.Argument(metavar="CODE", autocompletion=completion.codes, help="A code or a name; without it, all."),
    ] = None,
    output: Annotated[Output, typer.Option("--output", help="How all rules are printed.")] = "text",
) -> None:
    """List the rules of `check`, the reasons for which rows are dropped and the repairs, or explain one of them."""
    others = [reason for reason in REASONS.values() if reason.code not in BY_CODE]
    if code is not None:
        reason = next((one for one in others if code.upper() == one.code or code == one.name), None)
        repair = next((one for one in repairs.REPAIRS if code.upper() == one.code or code == one.name), None)
        if reason is not None:
            lines = rules_page.reason_explanation(reason)
        elif repair is not None:
            lines = rules_page.repair_explanation(repair)
        else:
            lines = rules_page.explanation(find_rule(code))
    elif output == "json":
        print_json(rules_page.document(listed(), others, list(repairs.BY_CODE.values())))
        return
    else:
        show = rules_page.page if output == "markdown" else rules_page.listing
        lines = show(listed(), others, list(repairs.BY_CODE.values()))
    print_lines(lines)
