"""What was looked for and what was not, by name: a report that is silent about names must not be taken for none found.

No detection here.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tuneset.cleaning.private_data.detectors import kinds
from tuneset.cleaning.private_data.kinds import Rules

NOT_LOOKED_FOR = (
    "names of people",
    "postal addresses",
    "user names",
    "passport and driving licence numbers",
    "device numbers (MAC, IMEI)",
    "wallets",
    "number plates",
    "places and coordinates",
    "health records",
)
"""Kinds that people expect and that no detector here knows; most have no form by which a pattern could know them."""


def coverage(rules: Rules) -> Mapping[str, Any]:
    """The policy of each kind, the kinds that are off, and those that nothing here finds.

    >>> told = coverage(Rules({"email": "off"}))
    >>> told["policies"]["email"], told["policies"]["card"], told["off"], "postal addresses" in told["not_looked_for"]
    ('off', 'redact', ['email'], True)
    """
    policies = {kind: rules.policy(kind) for kind in kinds()}
    return {
        "policies": policies,
        "off": [kind for kind, policy in policies.items() if policy == "off"],
        "not_looked_for": list(NOT_LOOKED_FOR),
    }
