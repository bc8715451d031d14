"""What was looked for and what was not, by name: a report that is silent about names must not be taken for none found.

No detection here.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tuneset.cleaning.private_data.detectors import DETECTORS, kinds
from tuneset.cleaning.private_data.kinds import Kind, Policy, Rules
from tuneset.cleaning.private_data.recognisers import RECOGNISED

NOT_LOOKED_FOR = (
    "driving licences",
    "number plates",
    "coordinates",
    "health records",
)
"""Kinds that people expect and that no detector here knows; most have no form by which a pattern could know them."""

_UNRECOGNISED = {"person": "names of people", "location": "places"}
"""What is not looked for unless a detector of others is asked for (`recognisers`)."""


def coverage(rules: Rules) -> Mapping[str, Any]:
    """The policy of each kind, the kinds that are off, and those that nothing here finds.

    >>> told = coverage(Rules({"email": "off"}))
    >>> told["policies"]["email"], told["policies"]["card"], told["off"], "names of people" in told["not_looked_for"]
    ('off', 'redact', ['email', 'mac', 'imei', 'wallet', 'passport', 'user_name', 'postal_address'], True)
    """
    on = {detector.kind for detector in (*DETECTORS, *rules.optional)}
    policies: dict[Kind, Policy] = {kind: rules.policy(kind) if kind in on else "off" for kind in kinds()}
    unrecognised = [kind for kind in RECOGNISED if kind not in on]
    return {
        "policies": policies,
        "off": [kind for kind, policy in policies.items() if policy == "off" and kind not in unrecognised],
        "not_looked_for": [*(_UNRECOGNISED[kind] for kind in unrecognised), *NOT_LOOKED_FOR],
    }
