"""The rules of redaction that the params ask for (`clean.redact`)."""

from __future__ import annotations

from collections.abc import Mapping

from tuneset.cleaning.private_data.detectors import OPTIONAL_KINDS
from tuneset.cleaning.private_data.kinds import Detector, Kind, Policy, Rules
from tuneset.cleaning.private_data.recognisers import recognised
from tuneset.params import RedactParams


def rules_of(params: RedactParams) -> Rules:
    """Policies and countries, with the detectors of what is off by default and was switched on.

    Raises UsageError where `detectors` names one that is not known.

    >>> [detector.kind for detector in rules_of(RedactParams(mac="flag")).optional]
    ['mac']
    """
    policies: Mapping[Kind, Policy] = params.model_dump(exclude={"regions", "detectors"})

    def is_on(kind: Kind) -> bool:
        return policies[kind] != "off"

    ours: tuple[Detector, ...] = ()
    if any(map(is_on, OPTIONAL_KINDS)):
        from tuneset.cleaning.private_data.optional.detectors import OPTIONAL  # noqa: PLC0415  0.01 s, where such a kind is on

        ours = tuple(detector for detector in OPTIONAL if is_on(detector.kind))
    return Rules(policies, tuple(params.regions), (*ours, *recognised(params.detectors, is_on)))
