"""Repairs over one example, in place."""

from __future__ import annotations

from collections.abc import Sequence

from tuneset.rules.repairs.repair import Example, Repair
from tuneset.terms import Format


def repair_example(example: Example, line_format: Format, wanted: Sequence[Repair]) -> list[str]:
    """Run repairs over an example, in their order; the codes of those that changed it.

    >>> from tuneset.rules.repairs.registry import REPAIRS
    >>> line = {"messages": [{"role": "Human", "content": 7}]}
    >>> repair_example(line, "sft", REPAIRS), line
    (['REP008', 'REP011'], {'messages': [{'role': 'user', 'content': '7'}]})
    """
    return [repair.code for repair in wanted if repair.repair(example, line_format)]
