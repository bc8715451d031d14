"""`tuneset.tokens`: how many tokens data has, and what training on it would cost."""

from __future__ import annotations

import dataclasses
import datetime as dt
import functools
from typing import Any

import polars as pl

from tuneset.api.data import Data, raw_files
from tuneset.api.settings import GivenParams, as_params
from tuneset.api.token_count import count_files
from tuneset.execution.progress import Progress, no_progress
from tuneset.execution.target_files import make_ready
from tuneset.reading.rows_file import RowsFile
from tuneset.reporting import token_table


@dataclasses.dataclass(frozen=True, eq=False)
class TokenReport:
    """The tokens of some files; its text is what `tuneset tokens` prints.

    Args:
        files: the counts of each file, and what they were made with.
        today: the day by which models have a price or are shut down.
    """

    files: tuple[token_table.FileTokens, ...]
    today: dt.date

    @property
    def total(self) -> int:
        """The tokens of all examples of all files."""
        return sum(int(file.counts.tokens[:, 1].sum()) for file in self.files)

    @property
    def exact(self) -> bool:
        """Whether these are the model's own tokens, and nothing is an estimate."""
        return not any(file.counts.assumed for file in self.files)

    @functools.cached_property
    def examples(self) -> pl.DataFrame:
        """One row an example: `file`, `line` (physical, from 1), `tokens`."""
        schema = pl.Schema({"file": pl.String, "line": pl.Int64, "tokens": pl.Int64})
        frames = [
            pl.DataFrame({"line": file.counts.tokens[:, 0], "tokens": file.counts.tokens[:, 1]}).select(
                pl.lit(file.path).alias("file"), "line", "tokens"
            )
            for file in self.files
        ]
        return pl.concat([schema.to_frame(), *frames])

    def document(self) -> dict[str, Any]:
        """The same as the JSON document of `tuneset tokens --output json`."""
        return token_table.document(self.files, self.today)

    def __str__(self) -> str:
        return "\n".join(token_table.text(self.files, self.today))


def tokens(
    data: Data,
    *,
    model: str | None = None,
    profile: str | None = None,
    target: str | None = None,
    params: GivenParams = None,
    workers: int | None = None,
    progress: Progress | None = None,
) -> TokenReport:
    """Count the tokens of each example, as `tuneset tokens` does.

    Args:
        data: paths of JSON lines files, a data frame, a datasets.Dataset, or dicts in a provider's line format.
        model: the model to be trained; by default that of params, or the profile's.
        profile: whose model it is; by default that of params.
        target: a model whose files are on this machine: a folder, an installed package, or a hub name in the cache.
        params: whose `endpoint.profile` and `tune.model` hold; by default the defaults.
        workers: processes; by default one a core.
        progress: called with what runs, how many parts are done, and how many there are.

    Raises UsageError for an unknown profile or kind of data, InputError for a file that cannot be read.
    """
    settings = as_params(params)
    make_ready(settings.target, target)
    with raw_files(data) as raw:
        sources = [(given.path, given.source) if isinstance(given, RowsFile) else (given, str(given)) for given in raw]
        counted = count_files(sources, settings, profile, model, workers, progress or no_progress, target)
    return TokenReport(tuple(counted), dt.datetime.now(tz=dt.UTC).date())
