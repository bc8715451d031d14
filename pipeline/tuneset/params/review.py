"""The section `review`: what people decided about rows."""

from __future__ import annotations

from tuneset.params.section import Section


class ReviewParams(Section):
    """The decisions that are applied.

    Args:
        file: `review.jsonl` as `tuneset view` appends to it; it must be there.
    """

    file: str | None = None
