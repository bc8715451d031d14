"""All repairs in the order in which they run. A new one is a declaration in a file beside this one, and one line here.

The order is such that one pass suffices: names and nulls first, then what is found by them.
"""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from typing import Literal

from tuneset.errors import UsageError
from tuneset.rules.repairs import holders, messages, nulls, tool_calls
from tuneset.rules.repairs.repair import Repair

REPAIRS: tuple[Repair, ...] = (
    holders.OUTPUT_NAME,
    holders.LIST_AS_TEXT,
    holders.MESSAGE_AS_LIST,
    messages.NUL_CHARACTER,
    messages.ROLE_NAME,
    nulls.NULL_VALUE,
    nulls.NULL_FILLED_SCHEMA,
    messages.TRANSPORT_KEY,
    holders.PART_WITHOUT_TYPE,
    messages.NUMBER_AS_CONTENT,
    messages.END_TOKEN,
    messages.WEIGHT,
    tool_calls.INCOMPLETE_CALL,
    tool_calls.ARGUMENTS_AS_OBJECT,
    tool_calls.ARGUMENTS_ENCODED_TWICE,
    tool_calls.ANSWER_WITHOUT_ID,
    tool_calls.NAME_ON_ANSWER,
)
BY_CODE: dict[str, Repair] = {repair.code: repair for repair in sorted(REPAIRS)}
"""By code, in the order in which people read them."""


def wanted(names: Sequence[str] | Literal["all"]) -> tuple[Repair, ...]:
    """The repairs that `clean.repair` asks for, by code or name, in the order in which they run.

    Raises UsageError with the nearest known name.

    >>> [repair.code for repair in wanted(["weight", "rep001"])]
    ['REP001', 'REP009']
    """
    if names == "all":
        return REPAIRS
    chosen = {find_repair(name).code for name in names}
    return tuple(repair for repair in REPAIRS if repair.code in chosen)


def find_repair(code_or_name: str) -> Repair:
    """The repair with that code or name. Raises UsageError with the nearest known one."""
    for repair in REPAIRS:
        if code_or_name.upper() == repair.code or code_or_name == repair.name:
            return repair
    known = [name for repair in REPAIRS for name in (repair.code, repair.name)]
    near = difflib.get_close_matches(code_or_name, known, n=1, cutoff=0.4)
    hint = f"did you mean {near[0]}?" if near else "list them with `tuneset rules`"
    raise UsageError(f"clean.repair: unknown repair {code_or_name}", allowed="all, or a list of codes", hint=hint)
