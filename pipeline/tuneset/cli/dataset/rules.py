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
    output: Annotated[
        Output, typer.Option("--output", help="How they are printed; markdown is for all of them.")
    ] = "text",
) -> None:
    """List the rules of `check`, the reasons for which rows are dropped and the repairs, or explain one of them."""
    others = [reason for reason in REASONS.values() if reason.code not in BY_CODE]
    mending = list(repairs.BY_CODE.values())
    if code is None:
        if output == "json":
            print_json(rules_page.document(listed(), others, mending))
            return
        show = rules_page.page if output == "markdown" else rules_page.listing
        print_lines(show(listed(), others, mending))
        return
    reasons = [one for one in others if code.upper() == one.code or code == one.name]
    mended = [] if reasons else [one for one in mending if code.upper() == one.code or code == one.name]
    found = [] if reasons or mended else [find_rule(code)]
    if output == "json":
        print_json(rules_page.document(found, reasons, mended))
        return
    for reason in reasons:
        print_lines(rules_page.reason_explanation(reason))
    for repair in mended:
        print_lines(rules_page.repair_explanation(repair))
    for rule in found:
        print_lines(rules_page.explanation(rule))
