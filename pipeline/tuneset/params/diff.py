"""The section `diff`: how much two versions of a dataset may differ."""

from __future__ import annotations

from tuneset.params.section import Rate, Section


class DiffParams(Section):
    """Limits of `tuneset diff A B`, each a count of rows by the rows of A; null switches one off."""

    max_added: Rate | None = None
    max_gone: Rate | None = None
    max_moved: Rate | None = None
    max_changed: Rate | None = None
