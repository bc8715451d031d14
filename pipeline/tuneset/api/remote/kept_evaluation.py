"""Leaves an evaluation with the server that made the model, where that is `tuneset serve`: its page shows it.

It is one file of purpose `evals`: the figures of `evaluation.json` in its first line, after it the lines of
`evaluation.jsonl`. Other servers have no use for it and get nothing.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from tuneset import artifacts, json_text
from tuneset.api.remote.evaluate import ROWS
from tuneset.errors import InputError, RemoteError
from tuneset.providers.calls import read
from tuneset.providers.endpoint import Endpoint
from tuneset.providers.files.file_upload import upload

MADE_BY = "tuneset"
"""Whose models are, in the words of `tuneset serve`."""
STEM = "evaluation"
"""What the name of the file begins with; the page looks for it."""
RECEIPTS = "evaluations"
"""A folder beside the receipts of other files: those are pruned when no job needs them, a result is not."""


def leave(
    endpoint: Endpoint,
    document: Mapping[str, Any],
    *,
    folder: Path,
    receipts_folder: Path,
    say: Callable[[str], None],
) -> str | None:
    """Leave an evaluation at the endpoint, once; the id of its file, None where the endpoint is no server of ours.

    `document` is `evaluation.json` and `evaluation.jsonl` lies in `folder`. A server that does not take it is told
    of by `say`: the result stands without it.
    """
    try:
        if not _ours(endpoint, str(document["tuned"])):
            return None
        # Where the questions lie on this machine is no business of whoever looks at the page.
        figures = {**document, "file": Path(document["file"]).name}
        with tempfile.TemporaryDirectory() as own:  # it holds rows: no copy stays where somebody would have to mind it
            sent = Path(own) / ROWS
            artifacts.write_bytes(sent, json_text.dump_line(figures) + (folder / ROWS).read_bytes())
            kept = upload(endpoint, sent, purpose="evals", stem=STEM, receipts_folder=receipts_folder / RECEIPTS)
    except (RemoteError, InputError) as error:
        say(f"the server keeps no copy of the evaluation: {error.message}")
        return None
    return kept.file.id


def _ours(endpoint: Endpoint, model: str) -> bool:
    """Whether the model is one of `tuneset serve`, by whatever address it is reached."""
    listed = read(endpoint, "listing models", lambda provider: provider.models()) or ()
    return any(one.id == model and one.owner == MADE_BY for one in listed)
