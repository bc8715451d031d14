"""The section `validate`: which rules hold."""

from __future__ import annotations

from tuneset.params.section import Section
from tuneset.terms import Severity


class ValidateParams(Section):
    """Which rules hold, beyond what the endpoint's profile decides."""

    ignore: list[str] = []
    severity: dict[str, Severity] = {}
