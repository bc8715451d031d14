"""The export format `kto`: unpaired preferences for TRL's KTO trainer, of such lines or of preference pairs.

A pair becomes two rows: its preferred answer is good, the other one bad.
"""

from __future__ import annotations

import dataclasses

from tuneset import export_reasons as reasons
from tuneset.writing.conversation import Conversation
from tuneset.writing.fitting import refuse, refuse_unasked, tell_names
from tuneset.writing.pairs import labelled
from tuneset.writing.row_files import ExportContext, ExportRow, Written, row_exporter
from tuneset.writing.scripts_of import write_trl


def rows(whole: Conversation, context: ExportContext) -> list[ExportRow]:  # noqa: ARG001  a row says it all
    """The row of an unpaired preference, the two of a pair."""
    refuse(whole, lacks={"images"})
    refuse_unasked(whole)
    tell_names(whole)
    if whole.method == "kto":
        return [labelled(whole)]
    assert whole.chosen is not None
    assert whole.rejected is not None
    whole.changes.add(reasons.SPLIT)
    return [
        labelled(dataclasses.replace(whole, messages=[*whole.messages, answer], label=good))
        for answer, good in ((whole.chosen, True), (whole.rejected, False))
    ]


def _setup(written: Written) -> None:
    context = dataclasses.replace(written.context, survey=written.context.survey._replace(method="kto"))
    write_trl(written._replace(context=context), "Good and bad answers for TRL's KTO trainer")


KTO = row_exporter("kto", "good and bad answers, each by itself, for TRL's KTO", ("kto", "dpo"), rows, _setup)
