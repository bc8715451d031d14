"""The provider's own tokens and loss mask of the first lines, held against ours, where it shows them before a job.

What differs is told by our line and stops nothing: the provider trains by its own template all the same.
"""

from __future__ import annotations

import itertools

from tuneset.api.masked_lines import MaskedLine, masked_lines, target_model
from tuneset.api.remote.preflight import Check
from tuneset.artifacts import read_json
from tuneset.errors import RemoteError, TunesetError
from tuneset.params import Params
from tuneset.providers.calls import CANNOT_LOOK, read
from tuneset.providers.endpoint import Endpoint
from tuneset.providers.places import Places
from tuneset.providers.provider import PreviewRow, Previews, Provider
from tuneset.targets.masks.recipes import DEFAULT_RECIPE, RECIPES

NAME = "preview"
SHOWN = 3
"""Differences that are named; the others are counted."""


def preview(endpoint: Endpoint, params: Params, places: Places) -> Check | None:
    """How the provider's preview of the training file stands to our tokens and mask; None where it has none."""
    if not isinstance(endpoint.provider, Previews) or params.tune.method != "supervised":
        return None
    if params.target.model is None:
        return Check(NAME, "skipped", "target.model names no vocabulary that its tokens could be held against")
    file_id = read_json(places.upload)["files"]["train"]["file_id"]
    try:
        rows = read(endpoint, "asking for a preview", lambda provider: _asked(provider, params.tune.model, file_id))
        model = target_model(params.target.model, params.target.template or "")
        chosen = params.target.recipe if params.target.recipe != DEFAULT_RECIPE else endpoint.profile.name
        recipe = RECIPES.get(chosen, RECIPES[DEFAULT_RECIPE])
        ours = list(itertools.islice(masked_lines(str(places.dataset("train")), model, recipe), len(rows)))
    except RemoteError as error:
        if error.code not in {*CANNOT_LOOK, "bad_request", "unexpected_answer"}:
            raise
        return Check(NAME, "skipped", error.message)
    except TunesetError as error:
        return Check(NAME, "skipped", error.message)
    found = [
        f"{places.dataset('train')}:{line.line}: {told}"
        for row, line in zip(rows, ours, strict=False)
        if (told := difference(row, line)) is not None
    ]
    if not found:
        return Check(NAME, "ok", f"{endpoint.profile.title} sees our tokens and our mask in {len(rows)} lines")
    more = f"; and {len(found) - SHOWN} more" if len(found) > SHOWN else ""
    what = f"{len(found)} of {len(rows)} lines differ at {endpoint.profile.title}"
    return Check(NAME, "warning", f"{what}: {'; '.join(found[:SHOWN])}{more}")


def _asked(provider: Provider, model: str, file_id: str) -> tuple[PreviewRow, ...]:
    assert isinstance(provider, Previews)
    return provider.preview(model, file_id)


def difference(row: PreviewRow, line: MaskedLine) -> str | None:
    """What differs between the provider's row and our line; None where nothing does.

    Of a row that the provider cuts, what it keeps is compared.
    """
    if line.mask is None:
        return f"cannot be rendered here ({line.reason})"
    count = len(row.token_ids)
    ours = [int(one) for one in line.mask.tokens.ids]
    compared = ours[:count] if row.truncated else ours
    if list(row.token_ids) != compared:
        place = next((n for n, (a, b) in enumerate(zip(row.token_ids, ours, strict=False)) if a != b), None)
        at = "" if place is None else f", the first that differs is number {place + 1}"
        return f"{count} tokens there, {len(ours)} here{at}"
    theirs = {n for first, last in row.trained for n in range(first, last)}
    mine = {n for first, last in line.mask.trained_tokens for n in range(first, min(last, count))}
    if theirs != mine:
        return f"{len(theirs)} tokens are trained there, {len(mine)} here"
    return None
